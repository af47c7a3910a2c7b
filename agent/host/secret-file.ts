// A secret that lies on this machine, in a file, a credential of systemd or a variable: read when it is used, never kept, taken out of every text.
import { open } from 'node:fs/promises'
import { join } from 'node:path'

const SECRET_BYTES_MAX = 4_096

type Environment = Readonly<Record<string, string | undefined>>

/**
 * First line of what lies at `place`: a path, `credential:NAME` (LoadCredential= and its kin, systemd.exec(5)) or
 * `env:NAME`.
 * @throws an Error that starts with "cannot" and names the place, never the content.
 */
export async function readSecret(place: string, env: Environment = process.env): Promise<string> {
  const [, kind, name = ''] = /^(credential|env):(.+)$/.exec(place) ?? []
  if (kind === 'env') return firstLine(env[name] ?? '', place)
  if (kind === undefined) return readSecretFile(place)
  const directory = env['CREDENTIALS_DIRECTORY'] ?? ''
  if (directory === '')
    throw new Error(`cannot read ${place}: this process has no credentials of systemd`)
  return readSecretFile(join(directory, name))
}

function firstLine(text: string, place: string): string {
  if (Buffer.byteLength(text) > SECRET_BYTES_MAX)
    throw new Error(`cannot use ${place}: longer than ${SECRET_BYTES_MAX} bytes`)
  const line = text.split(/\r?\n/)[0]?.trim() ?? ''
  if (line === '') throw new Error(`cannot use ${place}: its first line is empty`)
  return line
}

async function readSecretFile(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${codeOf(cause)}`, { cause })
  }
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SECRET_BYTES_MAX + 1))
    // One byte more than may be there was asked for: what is longer is seen.
    return firstLine(buffer.toString('utf8', 0, bytesRead), path)
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
      .reduce((rest, form) => rest.replaceAll(form, '***'), text)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: other machines wrote this
      .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .slice(0, 300)
  )
}
