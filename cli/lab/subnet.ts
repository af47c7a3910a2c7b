// Address arithmetic of the lab's networks: which subnet an address is in, and which addresses are free.

export type Inet = {
  readonly address: string
  readonly family: 4 | 6
  readonly value: bigint
  readonly prefix: number
}

const BITS = { 4: 32, 6: 128 } as const
/** Where a spec gives no prefix: the usual size of one layer 2 network. */
const PREFIX_DEFAULT = { 4: 24, 6: 64 } as const

function valueOf4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((p) => /^[0-9]{1,3}$/.test(p) && Number(p) < 256)) return
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function valueOf6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const zeros = 8 - head.length - tail.length
  if (halves.length === 1 ? zeros !== 0 : zeros < 1) return
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail]
  if (!groups.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

/** Reads `address` or `address/prefix`; undefined for anything else (a host name, an impossible prefix). */
export function parseInet(text: string): Inet | undefined {
  const [address = '', length] = text.split('/')
  const family = address.includes(':') ? 6 : 4
  const value = family === 6 ? valueOf6(address) : valueOf4(address)
  const prefix = length === undefined ? PREFIX_DEFAULT[family] : Number(length)
  if (value === undefined || !Number.isInteger(prefix) || prefix > BITS[family]) return
  return { address, family, value, prefix }
}

const sizeOf = ({ family, prefix }: Inet): bigint => 1n << BigInt(BITS[family] - prefix)
const baseOf = (inet: Inet): bigint => (inet.value / sizeOf(inet)) * sizeOf(inet)

/** Text of an address; IPv6 in its full form, which every program reads. */
export function textOf(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((s) => String((value >> s) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 65_535n)
  return groups.map((group) => group.toString(16)).join(':')
}

/** The network as `base/prefix`: equal for all its members. */
export const subnetOf = (inet: Inet): string =>
  `${textOf(baseOf(inet), inet.family)}/${inet.prefix}`

export const contains = (subnet: string, inet: Inet): boolean => {
  const net = parseInet(subnet)
  return (
    net !== undefined &&
    net.family === inet.family &&
    baseOf({ ...inet, prefix: net.prefix }) === baseOf(net)
  )
}

const TRIES_MAX = 4096

/** Highest usable address of the subnet that nobody has: people number hosts from below. */
export function freeAddress(subnet: string, used: ReadonlySet<bigint>): string | undefined {
  const net = parseInet(subnet)
  if (net === undefined) return
  const last = baseOf(net) + sizeOf(net) - (net.family === 4 ? 2n : 1n)
  for (let value = last, tries = 0; value > baseOf(net) && tries < TRIES_MAX; value--, tries++)
    if (!used.has(value)) return textOf(value, net.family)
  return
}
