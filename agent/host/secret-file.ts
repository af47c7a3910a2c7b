// A secret that lies on this machine, or in the spec encrypted for it: read when it is used, taken out of every text.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { SECRET_MASK, Secret } from '../../spec/secret.ts'
import type { Identity } from './age.ts'

const LINE_BYTES_MAX = 4_096
/** A chain of certificates with its key. */
const SECRET_BYTES_MAX = 64 * 1024
const OTHERS = 0o007

type Environment = Readonly<Record<string, string | undefined>>
export type Places = {
  readonly env?: Environment
  /** The age key of this machine; undefined where it has none. */
  readonly identity?: () => Promise<Identity | undefined>
}
/** What lies at a place of the spec, whole or its first line. */
export type SecretReader = (place: string) => Promise<Secret>

/**
 * The whole of what lies at `place`: `file:/PATH` or a path, `credential:NAME` (LoadCredential= and its kin, systemd.exec(5)),
 * `env:NAME`, or `age:BASE64`; without the line feed at its end.
 * @throws an Error that starts with "cannot" and names the place, never the content.
 */
export async function readSecret(place: string, places: Places = {}): Promise<Secret> {
  const { env = process.env } = places
  const [, kind, name = ''] = /^(credential|env|age|file):(.+)$/.exec(place) ?? []
  if (kind === 'env') return bounded(env[name] ?? '', place)
  if (kind === 'age') return decrypted(name, places)
  if (kind !== 'credential') return readSecretFile(kind === 'file' ? name : place)
  const directory = env['CREDENTIALS_DIRECTORY'] ?? ''
  if (directory === '')
    throw new Error(`cannot read ${place}: this process has no credentials of systemd`)
  return readSecretFile(join(directory, name))
}

/** The first line: what a header or a login can hold. */
export async function readSecretLine(place: string, places: Places = {}): Promise<Secret> {
  const line = (await readSecret(place, places)).reveal().split(/\r?\n/)[0]?.trim() ?? ''
  const name = place.startsWith('age:') ? 'an encrypted secret' : place
  if (Buffer.byteLength(line) > LINE_BYTES_MAX)
    throw new Error(`cannot use ${name}: longer than ${LINE_BYTES_MAX} bytes`)
  if (line === '') throw new Error(`cannot use ${name}: its first line is empty`)
  return new Secret(line)
}

async function decrypted(text: string, { identity }: Places): Promise<Secret> {
  const key = await identity?.()
  if (key === undefined) throw new Error('cannot decrypt it: this machine has no age key')
  const secret = await key.decrypt(text)
  return bounded(secret.reveal(), 'an encrypted secret')
}

function bounded(text: string, place: string): Secret {
  if (Buffer.byteLength(text) > SECRET_BYTES_MAX)
    throw new Error(`cannot use ${place}: longer than ${SECRET_BYTES_MAX} bytes`)
  const value = text.replaceAll('\r\n', '\n').replace(/\n+$/, '')
  if (value === '') throw new Error(`cannot use ${place}: it is empty or not set`)
  return new Secret(value)
}

async function readSecretFile(path: string): Promise<Secret> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${codeOf(cause)}`, { cause })
  }
  try {
    if (((await file.stat()).mode & OTHERS) !== 0)
      throw new Error(`cannot use ${path}: everybody may read or write it; chmod 600 ${path}`)
    // One byte more than may be there is asked for: what is longer is seen.
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SECRET_BYTES_MAX + 1))
    return bounded(buffer.toString('utf8', 0, bytesRead), path)
  } finally {
    await file.close()
  }
}

/** errno name, or the message. */
export const codeOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message
}

/** The text without any of the secrets, on one line of at most 300 characters. */
export function redacted(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
  return (
    forms
      .reduce((rest, form) => rest.replaceAll(form, SECRET_MASK), text)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: other machines wrote this
      .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .slice(0, 300)
  )
}
