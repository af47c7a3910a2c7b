// What an ELF file asks of the machine that runs it: libraries, and the symbol versions it needs of each (LSB core, "Symbol Versioning").

export type Needs = {
  /** DT_NEEDED, in order. Empty for a static program. */
  readonly libraries: readonly string[]
  /** Version names by library, sorted: 'libc.so.6' -> ['GLIBC_2.2.5', 'GLIBC_2.28']. */
  readonly versions: ReadonlyMap<string, readonly string[]>
  /** Program interpreter; undefined for a static program. */
  readonly interpreter: string | undefined
}

type Read = (offset: number, length: number) => Buffer
type Segment = { type: number; offset: number; address: number; size: number }

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT = { needed: 1, strtab: 5, strsz: 10, verneed: 0x6ffffffe, verneednum: 0x6fffffff }
const LIBRARIES_MAX = 100
const VERSIONS_MAX = 1000

function segmentsOf(read: Read): readonly Segment[] {
  const head = read(0, 64)
  if (head.subarray(0, 6).toString('latin1') !== '\x7fELF\x02\x01')
    throw new Error('cannot read: not a 64-bit little-endian ELF file')
  const table = Number(head.readBigUInt64LE(32))
  const size = head.readUInt16LE(54)
  return Array.from({ length: head.readUInt16LE(56) }, (_, i) => {
    const at = read(table + i * size, size)
    return {
      type: at.readUInt32LE(0),
      offset: Number(at.readBigUInt64LE(8)),
      address: Number(at.readBigUInt64LE(16)),
      size: Number(at.readBigUInt64LE(32)),
    }
  })
}

const textAt = (bytes: Buffer, offset: number): string =>
  bytes.subarray(offset, bytes.indexOf(0, offset)).toString('latin1')

/**
 * Reads the dynamic section through the program headers: section headers may have been stripped.
 * @throws when it is not a 64-bit little-endian ELF file
 */
export function needsOf(read: Read): Needs {
  const segments = segmentsOf(read)
  const inFile = (address: number): number => {
    const load = segments.find(
      (s) => s.type === PT_LOAD && address >= s.address && address < s.address + s.size,
    )
    if (load === undefined) throw new Error(`cannot read: address ${address} is not in the file`)
    return address - load.address + load.offset
  }
  const interp = segments.find((s) => s.type === PT_INTERP)
  const interpreter =
    interp === undefined ? undefined : textAt(read(interp.offset, interp.size + 1), 0)
  const dynamic = segments.find((s) => s.type === PT_DYNAMIC)
  if (dynamic === undefined) return { libraries: [], versions: new Map(), interpreter }

  const bytes = read(dynamic.offset, dynamic.size)
  const entries = Array.from({ length: Math.floor(dynamic.size / 16) }, (_, i) => ({
    tag: Number(bytes.readBigUInt64LE(i * 16)),
    value: Number(bytes.readBigUInt64LE(i * 16 + 8)),
  }))
  const value = (tag: number): number => entries.find((e) => e.tag === tag)?.value ?? 0
  const strings = read(inFile(value(DT.strtab)), value(DT.strsz))
  const needed = entries.filter((e) => e.tag === DT.needed).slice(0, LIBRARIES_MAX)
  const verneed = value(DT.verneed)
  return {
    libraries: needed.map((e) => textAt(strings, e.value)),
    versions:
      verneed === 0 ? new Map() : versionsOf(read, inFile(verneed), value(DT.verneednum), strings),
    interpreter,
  }
}

/** Elf64_Verneed: version, count, file, aux, next; Elf64_Vernaux: hash, flags, other, name, next. */
function versionsOf(
  read: Read,
  start: number,
  count: number,
  strings: Buffer,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  let at = start
  for (let i = 0; i < Math.min(count, LIBRARIES_MAX); i++) {
    const need = read(at, 16)
    const names: string[] = []
    let aux = at + need.readUInt32LE(8)
    for (let k = 0; k < Math.min(need.readUInt16LE(2), VERSIONS_MAX); k++) {
      const one = read(aux, 16)
      names.push(textAt(strings, one.readUInt32LE(8)))
      aux += one.readUInt32LE(12)
    }
    found.set(textAt(strings, need.readUInt32LE(4)), names.sort(byVersion))
    at += need.readUInt32LE(12)
  }
  return found
}

const numbers = (name: string): readonly number[] => (name.match(/\d+/g) ?? []).map(Number)

/** 2.9 before 2.28; names of different families by name. */
export function byVersion(a: string, b: string): number {
  const families = a.replace(/_[\d.]+$/, '').localeCompare(b.replace(/_[\d.]+$/, ''))
  if (families !== 0) return families
  const [left, right] = [numbers(a), numbers(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The highest needed version of each numbered family: { GLIBC: '2.28', GLIBCXX: '3.4.21', CXXABI: '1.3.11' }. */
export function highest(needs: Needs): Readonly<Record<string, string>> {
  const all = [...needs.versions.values()].flat().filter((name) => /^[A-Z]+_\d[\d.]*$/.test(name))
  return Object.fromEntries(
    all.sort(byVersion).map((name) => {
      const [family = '', version = ''] = name.split('_')
      return [family, version]
    }),
  )
}
