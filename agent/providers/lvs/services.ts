// Virtual services as IPVS knows them: one for each address of the vip, with the servers of that address family.
import { placeText } from '../../../spec/address.ts'
import type { Cluster, ClusterLvs, ClusterReal, Family } from '../../../spec/cluster.ts'

export type VirtualReal = {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly node?: string
  readonly extra: readonly string[]
}
export type VirtualService = {
  readonly lvs: ClusterLvs
  readonly address: string
  readonly family: Family
  readonly servers: readonly VirtualReal[]
  readonly sorry?: VirtualReal
}

/** Of all virtual services of the cluster, in the order of their names and of the vip's addresses. */
export const virtualServices = (cluster: Cluster): readonly VirtualService[] =>
  cluster.lvs.flatMap(servicesOf)

/** Those that a node is a director of. */
export const directedBy = (cluster: Cluster, node: string): readonly VirtualService[] =>
  virtualServices(cluster).filter(({ lvs }) => lvs.directors.includes(node))

function servicesOf(lvs: ClusterLvs): readonly VirtualService[] {
  return lvs.addresses.map(({ address, family }) => {
    const sorry = lvs.sorry === undefined ? undefined : realIn(lvs.sorry, family)
    return {
      lvs,
      address,
      family,
      servers: lvs.servers.flatMap((server) => realIn(server, family) ?? []),
      ...(sorry && { sorry }),
    }
  })
}

function realIn(real: ClusterReal, family: Family): VirtualReal | undefined {
  const { name, port, weight, node, addresses, extra } = real
  const address = addresses.find((one) => one.family === family)?.address
  return address === undefined
    ? undefined
    : { name, address, port, weight, ...(node !== undefined && { node }), extra }
}

/** `tcp 172.17.1.160:80`: what makes a virtual service one and the same. */
export const serviceText = ({ lvs, address }: VirtualService): string =>
  `${lvs.protocol} ${placeText({ address, port: lvs.port })}`
