// The kernel's IPVS table as /proc/net/ip_vs shows it: readable by everybody, without ipvsadm.
import { parseAddress } from '../../../spec/address.ts'
import type { IpvsReal, IpvsService } from '../../plan/types.ts'

export const IPVS_PATH = '/proc/net/ip_vs'

/** Forwarding methods in the kernel's words (ip_vs_fwd_name). Local: the server's address is the director's own. */
const METHODS: Readonly<Record<string, IpvsReal['method']>> = {
  Route: 'dr',
  Masq: 'nat',
  Tunnel: 'tun',
  Local: 'local',
  Bypass: 'bypass',
}

/**
 * Pure. Services by firewall mark are left out: nobody here makes them. Lines that cannot be read are too, so that a
 * newer kernel's additions harm nothing.
 */
export function parseIpvs(text: string): readonly IpvsService[] {
  const services: (Omit<IpvsService, 'reals'> & { reals: IpvsReal[] })[] = []
  let current: (typeof services)[number] | undefined
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '->') {
      const real = realOf(words)
      if (real !== undefined) current?.reals.push(real)
      continue
    }
    const service = serviceOf(words)
    current = service === undefined ? undefined : { ...service, reals: [] }
    if (current !== undefined) services.push(current)
  }
  return services
}

/** `TCP AC1101A0:0050 rr persistent 6000 FFFFFFFF`: a minute where HZ is 100. */
function serviceOf(words: readonly string[]): Omit<IpvsService, 'reals'> | undefined {
  const [name, place = '', scheduler = ''] = words
  const at = placeOf(place)
  if ((name !== 'TCP' && name !== 'UDP') || at === undefined || scheduler === '') return undefined
  const sticky = words.indexOf('persistent')
  const ticks = Number(words[sticky + 1])
  return {
    protocol: name === 'TCP' ? 'tcp' : 'udp',
    ...at,
    scheduler,
    ...(sticky > 0 && {
      persistence: { ticks, prefix: prefixOf(words[sticky + 2] ?? '', at.address.includes(':')) },
    }),
  }
}

/** `-> AC110199:0050 Route 1 0 0`. */
function realOf(words: readonly string[]): IpvsReal | undefined {
  const [, place = '', forward = '', weight, active, inactive] = words
  const at = placeOf(place)
  const method = METHODS[forward]
  if (at === undefined || method === undefined) return undefined
  return {
    ...at,
    method,
    weight: Number(weight),
    active: Number(active),
    inactive: Number(inactive),
  }
}

/** `AC1101A0:0050` or `[2001:0db8:0000:0000:0000:0000:0000:0001]:0050`; ports are hexadecimal too. */
function placeOf(text: string): { address: string; port: number } | undefined {
  const six = /^\[([0-9a-f:]+)\]:([0-9A-F]{4})$/i.exec(text)
  const four = /^([0-9A-F]{8}):([0-9A-F]{4})$/i.exec(text)
  const port = Number.parseInt(six?.[2] ?? four?.[2] ?? '', 16)
  const literal = six?.[1] ?? (four?.[1] === undefined ? '' : dotted(four[1]))
  const address = parseAddress(literal)?.address
  return address === undefined || Number.isNaN(port) ? undefined : { address, port }
}

const dotted = (hex: string): string =>
  [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')

/** A netmask for IPv4. For IPv6 the kernel prints a number of bits in the byte order of the network: 40000000 is 64. */
function prefixOf(hex: string, six: boolean): number {
  const value = Number.parseInt(hex, 16)
  if (Number.isNaN(value)) return six ? 128 : 32
  if (six) return value > 128 ? value >>> 24 : value
  return [...value.toString(2)].filter((bit) => bit === '1').length
}
