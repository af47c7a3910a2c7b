// IPv4 and IPv6 literals: read strictly, written in one way, compared by subnet.
import { isIPv4, isIPv6 } from 'node:net'
import type { Family, Net } from './cluster.ts'

type Prefixes = { readonly 4: number; readonly 6: number }
/** A node whose prefix is not written: what the spec's schema promises. */
export const NODE_PREFIX: Prefixes = { 4: 24, 6: 64 }
/** A vip whose prefix is not written is a host route. */
export const HOST_PREFIX: Prefixes = { 4: 32, 6: 128 }
const BITS: Prefixes = { 4: 32, 6: 128 }

/** Normal text of a literal (RFC 5952 for IPv6), undefined when it is not one. No zone, no prefix. */
export function parseAddress(text: string): { address: string; family: Family } | undefined {
  if (isIPv4(text)) return { address: text, family: 4 }
  if (!isIPv6(text) || text.includes('%')) return undefined
  return { address: ipv6Text(groupsOf(text)), family: 6 }
}

/** `address` or `address/prefix`; undefined when either part is wrong (prefix 1 to 32 or 128). */
export function parseNet(text: string, absent: Prefixes): Net | undefined {
  const [literal = '', prefixText, rest] = text.split('/')
  const parsed = parseAddress(literal)
  if (parsed === undefined || rest !== undefined) return undefined
  if (prefixText === undefined) return { ...parsed, prefix: absent[parsed.family] }
  if (!/^[1-9][0-9]{0,2}$/.test(prefixText)) return undefined
  const prefix = Number(prefixText)
  return prefix > BITS[parsed.family] ? undefined : { ...parsed, prefix }
}

export const netText = (net: Net): string => `${net.address}/${net.prefix}`

/** `192.0.2.1:80` and `[2001:db8::1]:80`, as ipvsadm(8) and URLs write them. */
export const placeText = ({
  address,
  port,
}: {
  readonly address: string
  readonly port: number
}) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)

/** The first address of the subnet: 192.0.2.0 for 192.0.2.7/24. */
export function netAddress(net: Net): string {
  const low = BigInt(BITS[net.family] - net.prefix)
  return addressText((addressBits(net.address) >> low) << low, net.family)
}

/** True when `address` lies in the subnet of `net`, by the prefix of `net` alone. */
export const contains = (net: Net, address: Pick<Net, 'address' | 'family'>): boolean =>
  net.family === address.family &&
  netAddress(net) === netAddress({ ...net, address: address.address })

/** True when each sees the other as a neighbour: unicast between them needs no router. */
export const sameSubnet = (a: Net, b: Net): boolean => contains(a, b) && contains(b, a)

/** Loopback, unspecified and multicast addresses can be neither a node nor a vip. */
export function isUsableAddress(address: string, family: Family): boolean {
  const high = Number(addressBits(address) >> BigInt(BITS[family] - 8))
  if (family === 4) return high !== 0 && high !== 127 && high < 224
  return high !== 0xff && addressBits(address) > 1n
}

function groupsOf(text: string): number[] {
  const tail = text.slice(text.lastIndexOf(':') + 1)
  const hex = tail.includes('.') ? text.slice(0, -tail.length) + ipv4AsGroups(tail) : text
  const [left = '', right] = hex.split('::')
  const groups = (side: string) => side.split(':').filter((g) => g !== '')
  const head = groups(left)
  const foot = groups(right ?? '')
  const zeros = Array.from({ length: 8 - head.length - foot.length }, () => '0')
  return [...head, ...zeros, ...foot].map((group) => Number.parseInt(group, 16))
}

function ipv4AsGroups(text: string): string {
  const bits = Number(addressBits(text))
  return `${Math.floor(bits / 65_536).toString(16)}:${(bits % 65_536).toString(16)}`
}

/** RFC 5952 section 4: lower case, no leading zeros, the first longest run of zeros as `::`. */
function ipv6Text(groups: readonly number[]): string {
  const words = groups.map((group) => group.toString(16))
  const runs = groups.map((_, at) => {
    const end = groups.findIndex((group, index) => index >= at && group !== 0)
    return (end < 0 ? groups.length : end) - at
  })
  const longest = Math.max(...runs)
  if (longest < 2) return words.join(':')
  const at = runs.indexOf(longest)
  return `${words.slice(0, at).join(':')}::${words.slice(at + longest).join(':')}`
}

function addressBits(address: string): bigint {
  if (isIPv4(address)) {
    return address.split('.').reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n)
  }
  return groupsOf(address).reduce((bits, group) => (bits << 16n) | BigInt(group), 0n)
}

function addressText(bits: bigint, family: Family): string {
  const [parts, width] = family === 4 ? [4, 8n] : [8, 16n]
  const groups = Array.from({ length: parts }, (_, index) =>
    Number((bits >> (width * BigInt(parts - 1 - index))) & ((1n << width) - 1n)),
  )
  return family === 4 ? groups.join('.') : ipv6Text(groups)
}
