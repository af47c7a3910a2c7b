// IPVS virtual services in normal form.
import { contains, HOST_PREFIX, parseNet, sameSubnet } from './address.ts'
import type { ClusterLvs, ClusterReal, Net } from './cluster.ts'
import { known, netOf } from './known.ts'
import type { Lvs, RealServer } from './lvs.ts'
import { entries, member } from './maps.ts'
import type { Spec } from './schema.ts'
import { nodeNets } from './vrid.ts'

/** Needs a checked spec. Every default of spec/lvs.ts has its home here. */
export const resolveLvs = (spec: Spec): readonly ClusterLvs[] =>
  entries(spec.lvs).map(([name, lvs]) => lvsOf(spec, name, lvs))

function lvsOf(spec: Spec, name: string, lvs: Lvs): ClusterLvs {
  const vip = known(spec.vips, lvs.vip)
  const addresses = vip.addresses.map((text) => netOf(text, HOST_PREFIX))
  const { check } = lvs
  return {
    name,
    vip: lvs.vip,
    directors: Object.keys(vip.peers).sort(),
    addresses,
    port: lvs.port,
    protocol: lvs.protocol ?? 'tcp',
    method: lvs.method ?? 'dr',
    scheduler: lvs.scheduler ?? 'wlc',
    ...(lvs.persistenceMs !== undefined && {
      persistenceS: Math.ceil(lvs.persistenceMs / 1000),
    }),
    ...(lvs.persistencePrefix !== undefined && { persistencePrefix: lvs.persistencePrefix }),
    servers: entries(lvs.servers).map(([server, real]) => realOf(spec, server, real, lvs)),
    check: {
      ...check,
      type: check?.type ?? 'connect',
      intervalMs: check?.intervalMs ?? 2_000,
      timeoutMs: check?.timeoutMs ?? 1_000,
      retries: check?.retries ?? 0,
      retryDelayMs: check?.retryDelayMs ?? 500,
      path: check?.path ?? '/',
      status: check?.status ?? 200,
    },
    ...(lvs.sorry && { sorry: realOf(spec, 'sorry', lvs.sorry, lvs) }),
    extra: lvs.extra ?? [],
  }
}

type Real = Pick<RealServer, 'node' | 'address' | 'port' | 'weight' | 'state' | 'extra'>

function realOf(spec: Spec, name: string, real: Real, lvs: Lvs): ClusterReal {
  return {
    name,
    addresses: realNets(spec, real, lvs).map(({ address, family }) => ({ address, family })),
    port: real.port ?? lvs.port,
    ...(real.node !== undefined && { node: real.node }),
    weight: real.state === 'drain' ? 0 : (real.weight ?? 1),
    extra: real.extra ?? [],
  }
}

/**
 * Where a director reaches a real server: for each family of the vip the node's address on the vip's segment, else
 * on one of the directors' segments (the inner network of NAT), else its first. Empty where the spec does not say.
 */
export function realNets(
  spec: Spec,
  { node, address }: Pick<RealServer, 'node' | 'address'>,
  lvs: Lvs,
): readonly Net[] {
  const own = member(spec.nodes, node)
  const literal = parseNet(address ?? '', HOST_PREFIX)
  if (own === undefined) return literal === undefined ? [] : [literal]
  const vip = member(spec.vips, lvs.vip)
  const vips = (vip?.addresses ?? []).flatMap((text) => parseNet(text, HOST_PREFIX) ?? [])
  const directors = Object.keys(vip?.peers ?? {}).flatMap((name) => {
    const found = member(spec.nodes, name)
    return found === undefined ? [] : nodeNets(found)
  })
  return [...new Set(vips.map(({ family }) => family))].flatMap((family) => {
    const nets = nodeNets(own).filter((net) => net.family === family)
    return (
      nets.find((net) => vips.some((one) => contains(net, one))) ??
      nets.find((net) => directors.some((one) => sameSubnet(net, one))) ??
      nets[0] ??
      []
    )
  })
}
