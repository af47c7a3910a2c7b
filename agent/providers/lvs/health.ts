// How the servers of virtual services are, from the kernel's table: what the report shows. Pure.
import { placeText } from '../../../spec/address.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import type { ServerHealth } from '../../../spec/report.ts'
import type { IpvsReal, IpvsService } from '../../plan/types.ts'
import { directedBy, serviceText, type VirtualReal, type VirtualService } from './services.ts'

/** One line for each server of each virtual service, in haproxy's words; the sorry server only while it stands in. */
export function lvsHealth(
  cluster: Cluster,
  node: string,
  table: readonly IpvsService[],
): readonly ServerHealth[] {
  const services = directedBy(cluster, node)
  return [...Map.groupBy(services, ({ lvs }) => lvs.name)].flatMap(([pool, of]) => {
    const names = [...new Set(of.flatMap(({ servers }) => servers.map(({ name }) => name)))]
    const stands = of.flatMap((service) =>
      service.sorry === undefined ? [] : (rowOf(service, service.sorry, table) ?? []),
    )
    return [
      ...names.map((server) => healthOf(pool, server, of, table)),
      ...(stands.length === 0
        ? []
        : [
            {
              pool,
              server: 'sorry',
              status: 'UP',
              why: 'stands in, no real server is left',
              weight: 1,
              sessions: sum(stands.map(({ active }) => active)),
            },
          ]),
    ]
  })
}

function healthOf(
  pool: string,
  server: string,
  services: readonly VirtualService[],
  table: readonly IpvsService[],
): ServerHealth {
  const seen = services.flatMap((service) => {
    const real = service.servers.find(({ name }) => name === server)
    return real === undefined ? [] : [{ service, real, row: rowOf(service, real, table) }]
  })
  const missing = seen.filter(({ row }) => row === undefined)
  const weight = Math.min(...seen.map(({ real }) => real.weight))
  const sessions = sum(seen.map(({ row }) => row?.active ?? 0))
  if (missing.length > 0) {
    const where = missing.map(({ service }) => serviceText(service)).join(', ')
    return {
      pool,
      server,
      status: 'DOWN',
      why: `not in the table of ${where}`.slice(0, 200),
      weight,
      sessions,
    }
  }
  const unchecked = services.some(({ lvs }) => lvs.check.type === 'none')
  const status = weight === 0 ? 'DRAIN' : unchecked ? 'no check' : 'UP'
  return { pool, server, status, why: '', weight, sessions }
}

const rowOf = (
  { lvs, address }: VirtualService,
  real: VirtualReal,
  table: readonly IpvsService[],
): IpvsReal | undefined =>
  table
    .find((s) => s.protocol === lvs.protocol && s.address === address && s.port === lvs.port)
    ?.reals.find((row) => placeText(row) === placeText(real))

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
