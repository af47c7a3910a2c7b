// How many connections one address may hold: a single machine cannot take all that the hub has. Pure.
import { isIPv6 } from 'node:net'

/** Viewers behind one router fit; agents do not count, for they have shown a token. */
export const CONNECTIONS_PER_ADDRESS_MAX = 256

/** An IPv6 host has a whole /64 of addresses, so that counts as one; IPv4 inside IPv6 is IPv4. */
export function addressKey(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (v4 !== undefined) return v4
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === '' ? [] : tail.split(':')
  const gap = address.includes('::') ? 8 - front.length - back.length : 0
  const groups = [...front, ...Array<string>(Math.max(0, gap)).fill('0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

export type Gate = {
  /** undefined when the address holds too many; otherwise what gives the place back, once. */
  enter(address: string): (() => void) | undefined
  /** Addresses that hold a connection now. */
  size(): number
}

/** A unix socket has no address and no limit: who may open it is said by its mode. */
export function createGate(max = CONNECTIONS_PER_ADDRESS_MAX): Gate {
  const held = new Map<string, number>()
  return {
    size: () => held.size,
    enter(address) {
      if (address === '') return () => undefined
      const key = addressKey(address)
      const count = held.get(key) ?? 0
      if (count >= max) return undefined
      held.set(key, count + 1)
      let here = true
      return () => {
        if (!here) return
        here = false
        const left = (held.get(key) ?? 1) - 1
        if (left > 0) held.set(key, left)
        else held.delete(key)
      }
    },
  }
}
