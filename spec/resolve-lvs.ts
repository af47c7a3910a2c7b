// IPVS virtual services in normal form.
import { HOST_PREFIX, NODE_PREFIX } from './address.ts'
import type { ClusterLvs, ClusterReal, Family } from './cluster.ts'
import { known, netOf } from './known.ts'
import type { Lvs, RealServer } from './lvs.ts'
import { entries } from './maps.ts'
import type { Spec } from './schema.ts'
import { nodeNets } from './vrid.ts'

/** Needs a checked spec. Every default of spec/lvs.ts has its home here. */
export const resolveLvs = (spec: Spec): readonly ClusterLvs[] =>
  entries(spec.lvs).map(([name, lvs]) => lvsOf(spec, name, lvs))

function lvsOf(spec: Spec, name: string, lvs: Lvs): ClusterLvs {
  const vip = known(spec.vips, lvs.vip)
  const addresses = vip.addresses.map((text) => netOf(text, HOST_PREFIX))
  const family = addresses[0]?.family ?? 4
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
    servers: entries(lvs.servers).map(([server, real]) => realOf(spec, server, real, lvs, family)),
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
    ...(lvs.sorry && { sorry: realOf(spec, 'sorry', lvs.sorry, lvs, family) }),
  }
}

type Real = Pick<RealServer, 'node' | 'address' | 'port' | 'weight' | 'state'>

function realOf(spec: Spec, name: string, real: Real, lvs: Lvs, family: Family): ClusterReal {
  const node = real.node === undefined ? undefined : known(spec.nodes, real.node)
  const nets = node === undefined ? [] : nodeNets(node)
  // The node's address of the vip's family; where it has none (a lint error for DR), its first.
  const net =
    nets.find((n) => n.family === family) ?? nets[0] ?? netOf(real.address ?? '', NODE_PREFIX)
  return {
    name,
    address: net.address,
    family: net.family,
    port: real.port ?? lvs.port,
    ...(real.node !== undefined && { node: real.node }),
    weight: real.state === 'drain' ? 0 : (real.weight ?? 1),
  }
}
