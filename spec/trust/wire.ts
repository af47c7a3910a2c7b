// The binary form in which OpenSSH writes keys and signatures: RFC 4251 section 5, bounded and never past its end.

/** A fault of the text, in words for people; never a secret. */
export class TrustError extends Error {
  override name = 'TrustError'
}

/** uint32 length, then the bytes. */
export function wireString(bytes: Uint8Array | string): Buffer {
  const body = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

export const wireNumber = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export type WireReader = {
  bytes(length: number): Buffer
  number(): number
  string(): Buffer
  rest(): Buffer
  /** Throws when something is left. */
  end(): void
}

/** Throws TrustError where the text ends too early or goes on after its end. */
export function wireReader(buffer: Buffer, what: string): WireReader {
  let at = 0
  const bytes = (length: number): Buffer => {
    if (length > buffer.length - at) throw new TrustError(`${what} is cut short`)
    at += length
    return buffer.subarray(at - length, at)
  }
  const number = () => bytes(4).readUInt32BE()
  return {
    bytes,
    number,
    string: () => bytes(number()),
    rest: () => bytes(buffer.length - at),
    end: () => {
      if (at !== buffer.length) throw new TrustError(`${what} has bytes after its end`)
    },
  }
}

/** Bytes between the first pair of `-----BEGIN label-----` and its END; strict base64, lines of any length. */
export function unarmored(text: string, label: string, what: string): Buffer {
  const begin = `-----BEGIN ${label}-----`
  const end = `-----END ${label}-----`
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from + begin.length)
  if (from < 0 || to < 0) throw new TrustError(`${what} has no ${begin} ... ${end}`)
  const body = text.slice(from + begin.length, to).replace(/[\r\n]/g, '')
  return base64(body, what)
}

export function base64(body: string, what: string): Buffer {
  const bytes = Buffer.from(body, 'base64')
  if (body === '' || bytes.toString('base64') !== body)
    throw new TrustError(`${what} is not base64`)
  return bytes
}

/** As ssh-keygen writes it: lines of 70 characters. */
export const armored = (bytes: Uint8Array, label: string): string => {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,70}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
