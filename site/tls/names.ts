// The names by which a hub may be asked: what its own certificate must hold. Pure.
import { isIP } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { isLoopback } from '../../spec/tls/loopback.ts'
import type { Name } from '../../spec/tls/x509.ts'

const ANY = ['0.0.0.0', '::']
const DNS =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Host of 'host:port' and '[v6]:port'; undefined for a unix socket. */
export function hostOf(listen: string): string | undefined {
  if (listen.startsWith('unix:')) return undefined
  const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  return host === '' ? '0.0.0.0' : host
}

/** Whether others can reach it. */
export const isOpenToOthers = (listen: string): boolean => {
  const host = hostOf(listen)
  return host !== undefined && !isLoopback(host)
}

/** As a certificate holds it. @throws for what is neither a host name nor an address. */
export function nameOf(text: string): Name {
  if (isIP(text) !== 0) return { type: 'ip', value: text }
  if (!DNS.test(text))
    throw new Error(`cannot name the hub '${text}': give a host name or an address`)
  return { type: 'dns', value: text.toLowerCase() }
}

/** Sorted, each once. `given` are the operator's; of an address that stands for all, those of the machine. */
export function namesOf(of: {
  readonly listen: readonly string[]
  readonly given: readonly string[]
  readonly host: string
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>
}): readonly Name[] {
  const hosts = of.listen.map(hostOf).filter((host) => host !== undefined)
  const wide = hosts.some((host) => ANY.includes(host))
  // fe80:: needs a zone, which no certificate holds.
  const own = Object.values(of.interfaces)
    .flatMap((all) => all ?? [])
    .map(({ address }) => address)
    .filter((address) => !/^fe80:/i.test(address))
  const all = [
    ...['localhost', '127.0.0.1', '::1'],
    ...(DNS.test(of.host) ? [of.host] : []),
    ...hosts.filter((host) => !ANY.includes(host)),
    ...(wide ? own : []),
    ...of.given,
  ]
  return [...new Set(all)].sort().map(nameOf)
}
