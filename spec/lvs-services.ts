// What the rules of virtual services look at together: the addresses of a service and of its servers.
import { HOST_PREFIX, parseNet } from './address.ts'
import type { Net } from './cluster.ts'
import type { Lvs, RealServer } from './lvs.ts'
import { entries, member } from './maps.ts'
import { realNets } from './resolve-lvs.ts'
import type { Spec } from './schema.ts'
import { nodeNets } from './vrid.ts'

type Place = Pick<RealServer, 'node' | 'address' | 'port'>
export type Server = {
  readonly name: string
  readonly keys: readonly string[]
  readonly real: Place
  readonly port: number
  readonly nets: readonly Net[]
}
export type Service = {
  readonly name: string
  readonly lvs: Lvs
  readonly method: 'dr' | 'nat' | 'tun'
  /** The vip's. */
  readonly nets: readonly Net[]
  readonly directors: readonly string[]
  readonly servers: readonly Server[]
  readonly sorry: readonly Server[]
}

export const servicesOf = (spec: Spec): readonly Service[] =>
  entries(spec.lvs).map(([name, lvs]) => {
    const vip = member(spec.vips, lvs.vip)
    const server = (called: string, keys: readonly string[], real: Place): Server => ({
      name: called,
      keys,
      real,
      port: real.port ?? lvs.port,
      nets: realNets(spec, real, lvs),
    })
    return {
      name,
      lvs,
      method: lvs.method ?? 'dr',
      nets: (vip?.addresses ?? []).flatMap((text) => parseNet(text, HOST_PREFIX) ?? []),
      directors: Object.keys(vip?.peers ?? {}),
      servers: entries(lvs.servers).map(([called, real]) =>
        server(called, ['lvs', name, 'servers', called], real),
      ),
      sorry: lvs.sorry ? [server('the sorry server', ['lvs', name, 'sorry'], lvs.sorry)] : [],
    }
  })

export const netsOfNode = (spec: Spec, name: string): readonly Net[] => {
  const node = member(spec.nodes, name)
  return node === undefined ? [] : nodeNets(node)
}
