// What `hactl sign` and `hactl verify` do.
import { applyEdits, modify } from 'jsonc-parser'
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import { SERIAL_MAX } from '../spec/limits.ts'
import { isOneOf, signSpec, specSigner } from '../spec/trust/statement.ts'
import { TrustError } from '../spec/trust/wire.ts'
import { EXIT, Exit } from './exit.ts'
import { readText, writeText } from './files.ts'
import type { Io } from './io.ts'
import { keyPath, publicOf, readKey } from './keys.ts'
import { jsonOut } from './print.ts'
import { invalid, needSpec } from './spec-text.ts'

export type SignFlags = {
  readonly key?: string
  readonly serial?: number
  readonly keepSerial?: boolean
}
export type VerifyFlags = {
  readonly key: readonly string[]
  readonly signature?: string
}

/** The text with a serial above the one it has: the time in seconds, or one more. Nothing else of it changes. */
export function raised(text: string, least: number, nowMs: number): string {
  const serial = Math.max(Math.floor(nowMs / 1_000), least + 1)
  return withSerial(text, Math.min(serial, SERIAL_MAX))
}

const withSerial = (text: string, serial: number): string => {
  const formattingOptions = { insertSpaces: true, tabSize: 2 }
  // After the name of the cluster, where a reader looks for it.
  const getInsertionIndex = (keys: string[]) => keys.indexOf('cluster') + 1
  return applyEdits(
    text,
    modify(text, ['serial'], serial, { formattingOptions, getInsertionIndex }),
  )
}

export type Signed = {
  readonly text: string
  readonly cluster: Cluster
  readonly signature: string
  readonly serial: number
}

/** Signs a text that has its serial. */
export async function signed(
  io: Io,
  file: string,
  text: string,
  flags: Pick<SignFlags, 'key'> & { readonly allow: readonly string[] },
): Promise<Signed> {
  const { cluster, diagnostics } = checkSpec(text)
  if (cluster === undefined) throw invalid(io, file, text, diagnostics)
  const { serial, name } = cluster
  if (serial === undefined)
    throw new Exit(
      EXIT.invalid,
      'cannot sign a spec without a serial',
      'leave --keep-serial away, or add "serial" to the spec',
    )
  const sign = await readKey(io, keyPath(io, flags.key))
  const scope = { cluster: name, serial, allow: flags.allow }
  return { text, cluster, serial, signature: await signSpec(sign, text, scope) }
}

export async function sign(io: Io, file: string, flags: SignFlags): Promise<void> {
  if (file === '-') throw new Exit(EXIT.usage, 'cannot sign standard input', 'name a file')
  const { text, cluster } = await needSpec(io, file)
  const before = cluster.serial ?? 0
  const next = () =>
    flags.serial === undefined
      ? raised(text, before, io.clock.now())
      : withSerial(text, flags.serial)
  const done = await signed(io, file, flags.keepSerial === true ? text : next(), {
    ...flags,
    allow: [],
  })
  if (done.text !== text) await writeText(io, file, done.text)
  await writeText(io, `${file}.sig`, done.signature)
  const { fingerprint } = specSigner(done.signature, done.text)
  const { serial } = done
  if (io.json) jsonOut(io, { ok: true, file, signature: `${file}.sig`, serial, fingerprint })
  else
    io.out(`${file}.sig: serial ${serial} of cluster ${cluster.name}, signed by ${fingerprint}\n`)
}

export async function verify(io: Io, file: string, flags: VerifyFlags): Promise<void> {
  const keys = await Promise.all(flags.key.map((key) => publicOf(io, keyPath(io, key))))
  const { text, cluster } = await needSpec(io, file)
  const signature = await readText(io, flags.signature ?? `${file}.sig`)
  const no = (why: string) =>
    new Exit(EXIT.no, `cannot trust ${file}: ${why}`, 'agents with trust.keys refuse it')
  try {
    const who = specSigner(signature, text)
    if (!isOneOf(who, keys))
      throw no(`it is signed by ${who.fingerprint}, which is none of the keys`)
    if (cluster.serial === undefined) throw no('it has no serial')
    const { name, serial } = cluster
    if (io.json) jsonOut(io, { ok: true, file, serial, fingerprint: who.fingerprint })
    else io.out(`${file}: serial ${serial} of cluster ${name}, signed by ${who.fingerprint}\n`)
  } catch (error) {
    throw error instanceof TrustError ? no(error.message) : error
  }
}
