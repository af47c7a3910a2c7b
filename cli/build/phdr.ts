// Would a kernel without the AT_PHDR fix start this ELF file? Injection moves the program headers, and old kernels guess where they are.
// Kernels before 5.18 (RHEL 8's 4.18 among them) tell the loader AT_PHDR = bias of the first LOAD segment + e_phoff;
// the loader crashes unless that is where the headers are really mapped.

export type PhdrVerdict = {
  readonly ok: boolean
  readonly told: bigint
  readonly mapped: bigint | undefined
}

const LOAD = 1

/**
 * @param head the beginning of a file with its 64 byte ELF header
 * @param table reads `length` bytes of the file at `offset`
 * @throws when it is not a 64-bit little-endian ELF file with a LOAD segment
 */
export function phdrCheck(
  head: Buffer,
  table: (offset: number, length: number) => Buffer,
): PhdrVerdict {
  const magic = head.subarray(0, 6).toString('latin1')
  if (magic !== '\x7fELF\x02\x01')
    throw new Error('cannot check: not a 64-bit little-endian ELF file')
  const offset = head.readBigUInt64LE(32)
  const size = head.readUInt16LE(54)
  const count = head.readUInt16LE(56)
  const headers = table(Number(offset), size * count)
  let bias: bigint | undefined
  let mapped: bigint | undefined
  for (let i = 0; i < count; i++) {
    const header = headers.subarray(i * size, (i + 1) * size)
    if (header.readUInt32LE(0) !== LOAD) continue
    const fileOffset = header.readBigUInt64LE(8)
    const address = header.readBigUInt64LE(16)
    const fileSize = header.readBigUInt64LE(32)
    bias ??= address - fileOffset
    if (offset >= fileOffset && offset < fileOffset + fileSize)
      mapped = address + offset - fileOffset
  }
  if (bias === undefined) throw new Error('cannot check: no LOAD segment')
  const told = bias + offset
  return { ok: told === mapped, told, mapped }
}
