// Proves that a listener can be bound: `haproxy -c` never tries, and a failed bind at reload is an outage.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Bind } from '../world.ts'
import { parseListeners } from './facts/listeners.ts'
import { codeOf, reasonOf } from './host-error.ts'
import { commandName, descendsFrom, holdersOf } from './processes.ts'

/** errno name, '' when it could be bound. Node sets SO_REUSEADDR and not SO_REUSEPORT, so a live listener refuses us. */
function tryBind(host: string, port: number): Promise<{ code: string; reason: string }> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.on('error', (error) => resolve({ code: codeOf(error), reason: reasonOf(error) }))
    server.listen({ host, port, exclusive: true, backlog: 1 }, () => {
      server.close(() => resolve({ code: '', reason: '' }))
    })
  })
}

const ANY: readonly string[] = ['*', '::', '0.0.0.0']

/** Address in the form of facts/listeners.ts: hexadecimal, network order, '' for any. Pure. */
export function hexAddress(address: string): string {
  if (ANY.includes(address)) return ''
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((n) => Number(n).toString(16).padStart(2, '0'))
      .join('')
  }
  // The URL parser gives the canonical form, also of addresses with a dotted tail.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')
}

async function rivals(bind: Bind): Promise<ReadonlySet<string>> {
  const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
  const texts = await Promise.all(tables.map((t) => readFile(t, 'utf8').catch(() => '')))
  const mine = hexAddress(bind.address)
  const meets = (other: string): boolean => mine === '' || /^0+$/.test(other) || other === mine
  const found = texts
    .flatMap((text) => parseListeners(text))
    .filter(({ address, port }) => port === bind.port && meets(address))
  return new Set(found.map(({ inode }) => inode))
}

async function heldByOthers(
  bind: Bind,
  ours: ReadonlySet<number>,
  reason: string,
): Promise<string | undefined> {
  const holders = holdersOf(await rivals(bind))
  const strangers = holders.filter((pid) => !descendsFrom(pid, ours))
  const [first] = strangers
  if (first !== undefined) {
    return `port ${bind.port} is held by ${commandName(first)} (pid ${first})`
  }
  // Nobody found: the holder is in another pid namespace, or hidden from us. It is not ours.
  return holders.length > 0 ? undefined : `port ${bind.port} is in use: ${reason}`
}

/**
 * undefined when a listener could be bound now, or when the daemons whose pids are given (or their
 * workers) hold it: they hand it over at reload. '*' is any address of both families.
 */
export async function cannotBind(
  bind: Bind,
  ourPids: () => Promise<ReadonlySet<number>>,
): Promise<string | undefined> {
  const any = ANY.includes(bind.address) && bind.address !== '0.0.0.0'
  let { code, reason } = await tryBind(any ? '::' : bind.address, bind.port)
  // No IPv6 in this kernel: any means any IPv4.
  if (any && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) {
    ;({ code, reason } = await tryBind('0.0.0.0', bind.port))
  }
  if (code === '') return undefined
  if (code === 'EADDRINUSE') return heldByOthers(bind, await ourPids(), reason)
  if (code === 'EADDRNOTAVAIL') {
    const family = bind.address.includes(':') ? 'ipv6' : 'ipv4'
    return `${bind.address} is not an address of this host and net.${family}.ip_nonlocal_bind is 0`
  }
  return `cannot bind ${bind.address}:${bind.port}: ${reason}`
}
