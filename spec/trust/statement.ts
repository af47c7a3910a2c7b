// What a signer says: "this text is the spec of its cluster from its serial on", and which guards he lets it pass.
import type { PrivateKey, PublicKey } from './ssh-key.ts'
import { signSsh, verifySsh } from './sshsig.ts'
import { TrustError } from './wire.ts'

/** ssh-keygen -Y sign -n hactl-spec */
const SPEC_NAMESPACE = 'hactl-spec'
/** A signature for one can never be used as the other. */
const ALLOW_NAMESPACE = 'hactl-allow'
const END = '-----END SSH SIGNATURE-----'

export type AllowScope = {
  readonly cluster: string
  readonly serial: number
  readonly allow: readonly string[]
}

const allowText = ({ cluster, serial, allow }: AllowScope): string =>
  `${JSON.stringify({ cluster, serial, allow: [...allow].sort() })}\n`

/** Makes one SSHSIG: with a key in the clear, or by asking a program that has it. */
export type SignWith = (namespace: string, text: string) => Promise<string>
export const signer =
  (key: PrivateKey): SignWith =>
  async (namespace, text) =>
    signSsh(key, namespace, text)

/** Signature of a spec's text; where guards are overridden a second one for that follows it. */
export async function signSpec(sign: SignWith, text: string, scope: AllowScope): Promise<string> {
  const first = await sign(SPEC_NAMESPACE, text)
  return scope.allow.length === 0
    ? first
    : `${first}${await sign(ALLOW_NAMESPACE, allowText(scope))}`
}

/** Who signed the text. Throws TrustError. */
export const specSigner = (signature: string, text: string): PublicKey =>
  verifySsh(signature, SPEC_NAMESPACE, text)

/** Who let the spec pass guards; undefined when nobody did. */
export function allowSigner(signature: string, scope: AllowScope): PublicKey | undefined {
  const second = signature.slice(signature.indexOf(END) + END.length)
  try {
    return verifySsh(second, ALLOW_NAMESPACE, allowText(scope))
  } catch (error) {
    if (error instanceof TrustError) return undefined
    throw error
  }
}

export const isOneOf = (who: PublicKey, keys: readonly PublicKey[]): boolean =>
  keys.some((key) => key.point.equals(who.point))
