// HA020: a port of an address of a node has one owner.
import { HOST_PREFIX, parseNet } from '../address.ts'
import { PEER_PORT } from '../limits.ts'
import { entries, member } from '../maps.ts'
import { nodesOf } from '../resolve.ts'
import type { Spec } from '../schema.ts'
import { error, type Rule } from './rule.ts'

type Listener = {
  readonly what: string
  readonly keys: readonly string[]
  readonly port: number
  readonly nodes: readonly string[]
  /** '*' is every address. */
  readonly addresses: readonly string[]
}

export const portOwner: Rule = (spec) => {
  const all = listenersOf(spec)
  const taken = all.flatMap((one, at) => {
    const first = all.slice(0, at).find((other) => overlap(one, other))
    return first === undefined ? [] : [twice(one, first)]
  })
  return [...taken, ...balancedTwice(spec)]
}

const twice = (one: Listener, first: Pick<Listener, 'what'>) => {
  const message = `cannot listen on port ${one.port} twice on one node: ${first.what} has it`
  return error('HA020', one.keys, message, 'choose another port, or other addresses')
}

/** IPVS takes the packets of an address and port before any program hears of them; one of protocol udp collides with no proxy. */
function balancedTwice(spec: Spec): ReturnType<Rule> {
  const services = entries(spec.lvs).map(([name, lvs]) => ({
    vip: lvs.vip,
    protocol: lvs.protocol ?? 'tcp',
    what: `virtual service ${name}`,
    keys: ['lvs', name, 'port'],
    port: lvs.port,
    nodes: Object.keys(member(spec.vips, lvs.vip)?.peers ?? {}),
    addresses: (member(spec.vips, lvs.vip)?.addresses ?? []).map(plain),
  }))
  const proxies = entries(spec.proxies).map(([name, proxy]) => ({
    what: `proxy ${name}`,
    port: proxy.port,
    addresses: (proxy.addresses ?? member(spec.vips, proxy.vip)?.addresses ?? []).map(plain),
  }))
  const meets = (a: { port: number; addresses: readonly string[] }, b: typeof a) =>
    a.port === b.port && a.addresses.some((address) => b.addresses.includes(address))
  return services.flatMap((one, at) => {
    const first =
      services.slice(0, at).find((s) => s.protocol === one.protocol && meets(one, s)) ??
      (one.protocol === 'tcp' ? proxies.find((proxy) => meets(one, proxy)) : undefined)
    return first === undefined ? [] : [twice(one, first)]
  })
}

const overlap = (a: Listener, b: Listener): boolean =>
  a.port === b.port &&
  a.nodes.some((node) => b.nodes.includes(node)) &&
  (a.addresses.includes('*') ||
    b.addresses.includes('*') ||
    a.addresses.some((address) => b.addresses.includes(address)))

function listenersOf(spec: Spec): readonly Listener[] {
  const proxies = entries(spec.proxies).map(([name, proxy]): Listener => {
    const vip = proxy.bind === 'vip' ? member(spec.vips, proxy.vip)?.addresses : undefined
    return {
      what: `proxy ${name}`,
      keys: ['proxies', name, 'port'],
      port: proxy.port,
      nodes: nodesOf(spec, proxy),
      addresses: (proxy.addresses ?? vip ?? ['*']).map(plain),
    }
  })
  const nodes = [...new Set(proxies.flatMap((one) => one.nodes))]
  const agent = { what: 'the agent', keys: [], port: PEER_PORT, nodes, addresses: ['*'] }
  const stats = spec.stats && { port: spec.stats.port, nodes, addresses: ['*'] }
  return [
    agent,
    ...proxies,
    ...(stats ? [{ ...stats, what: 'the stats page', keys: ['stats', 'port'] }] : []),
  ]
}

const plain = (text: string): string => parseNet(text, HOST_PREFIX)?.address ?? text
