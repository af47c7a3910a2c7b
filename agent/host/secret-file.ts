// A secret that lies in a file on this machine: read when it is used, never kept, taken out of every text.
import { open } from 'node:fs/promises'

const SECRET_BYTES_MAX = 4_096

/**
 * First line of the file.
 * @throws an Error that starts with "cannot" and names the path, never the content.
 */
export async function readSecret(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${codeOf(cause)}`, { cause })
  }
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SECRET_BYTES_MAX + 1))
    if (bytesRead > SECRET_BYTES_MAX)
      throw new Error(`cannot use ${path}: longer than ${SECRET_BYTES_MAX} bytes`)
    const line = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/)[0]?.trim() ?? ''
    if (line === '') throw new Error(`cannot use ${path}: its first line is empty`)
    return line
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
