// Names, numbers and durations of old files in the forms of a spec.
import { NAME_PATTERN } from '../names.ts'
import { hasComment } from '../verbatim.ts'

const NAME_LENGTH_MAX = 31
const NAME = new RegExp(NAME_PATTERN)

/** The nearest legal name: `Web_Servers` -> `web-servers`. */
export function nameOf(text: string, prefix: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  const name = /^[a-z]/.test(plain) ? plain : `${prefix}-${plain}`
  return name.slice(0, NAME_LENGTH_MAX).replace(/-+$/, '')
}

export const isName = (text: string): boolean => NAME.test(text)

/** A name that `taken` does not have yet: the wish itself, or with a number behind it. */
export function freeName(wish: string, taken: { readonly has: (name: string) => boolean }): string {
  if (!taken.has(wish)) return wish
  for (let number = 2; ; number++) {
    const tail = `-${number}`
    const name = `${wish.slice(0, NAME_LENGTH_MAX - tail.length)}${tail}`
    if (!taken.has(name)) return name
  }
}

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** haproxy's time: milliseconds unless a unit stands behind it; undefined when it is none, or no whole number. */
export function haproxyMs(text: string | undefined): number | undefined {
  const found = /^([0-9]{1,12})(us|ms|s|m|h|d)?$/.exec(text ?? '')
  if (found === null) return undefined
  const ms = Number(found[1]) * (UNITS[found[2] ?? 'ms'] ?? Number.NaN)
  return Number.isInteger(ms) ? ms : undefined
}

/** nginx's time: seconds unless units stand behind the numbers ("1h 30m" is one). */
export function nginxMs(text: string | undefined): number | undefined {
  const parts = [...(text ?? '').matchAll(/([0-9]{1,12})(ms|s|m|h|d)?\s*/g)]
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== text) return undefined
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? 's'] ?? 0), 0)
}

/** keepalived's time: seconds with parts. */
export function secondsMs(text: string | undefined): number | undefined {
  return /^[0-9]{1,8}(?:\.[0-9]{1,6})?$/.test(text ?? '')
    ? Math.round(Number(text) * 1_000)
    : undefined
}

/** A whole number within bounds, undefined otherwise. */
export function whole(text: string | undefined, min: number, max: number): number | undefined {
  const value = /^[0-9]{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}

/** `address:port` of any engine: `*:80`, `:80`, `1.2.3.4:80`, `[::1]:80`, `:::80`, `ipv6@::1:80`; no ranges, sockets, variables. */
export function placeOf(
  text: string,
): { readonly address: string; readonly port: number } | undefined {
  const plain = text.replace(/^(?:ipv[46]|tcp[46]?)@/, '')
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|(.*)):([0-9]{1,5})$/.exec(plain)
  const port = whole(found?.[3], 1, 65_535)
  if (found === null || port === undefined) return undefined
  const address = found[1] ?? found[2] ?? ''
  if (!/^[A-Za-z0-9.:*-]*$/.test(address)) return undefined
  return { address: address === '' ? '*' : address, port }
}

/** One line of plain ASCII with single blanks outside quotes, as an extra line must be; undefined when it cannot be one. */
export function extraLine(text: string): string | undefined {
  const line = text.replace(/\t/g, ' ').trim()
  return /^[a-z.][\x20-\x7e]{1,2000}$/.test(line) && !hasComment(line) ? line : undefined
}
