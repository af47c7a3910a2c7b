// What takes the service down alone: one server behind everything, one database, one balancer. Pure.
import { entries } from './maps.ts'
import { serversOf } from './resolve-storage.ts'
import type { Spec } from './schema.ts'

export type SinglePoint = {
  /** Where it stands in the spec. */
  readonly keys: readonly string[]
  readonly kind: 'export' | 'database' | 'vip' | 'pool'
  /** For people: what, and what dies with it. */
  readonly text: string
}

/** Units of databases as Debian, EL and their makers name them. */
const DATABASE =
  /^(?:mariadb|mysqld?|postgresql(?:@[^.]+|-\d+)?|mongod|redis(?:-server)?)\.service$/

/** By kind, then by name. Trusts no reference: lint calls it before they are checked. */
export const singlePoints = (spec: Spec): readonly SinglePoint[] => [
  ...exportsOf(spec),
  ...databasesOf(spec),
  ...vipsOf(spec),
  ...poolsOf(spec),
]

function exportsOf(spec: Spec): readonly SinglePoint[] {
  return entries(spec.exports).flatMap(([name, one]) => {
    const [server, ...others] = serversOf(spec, one)
    const users = new Set(
      entries(spec.mounts).flatMap(([, mount]) => (mount.export === name ? mount.nodes : [])),
    )
    if (server === undefined || others.length > 0 || users.size === 0) return []
    const text = `NFS export ${name}: ${server} alone serves ${[...users].sort().join(', ')}`
    return [{ keys: ['exports', name], kind: 'export', text } as const]
  })
}

function databasesOf(spec: Spec): readonly SinglePoint[] {
  return entries(spec.services).flatMap(([name, { unit, nodes, state }]) => {
    const [node, ...others] = nodes ?? Object.keys(spec.nodes)
    if (!DATABASE.test(unit) || state === 'stopped') return []
    if (node === undefined || others.length > 0) return []
    const text = `database ${name} (${unit}): it runs on ${node} alone`
    return [{ keys: ['services', name], kind: 'database', text } as const]
  })
}

function vipsOf(spec: Spec): readonly SinglePoint[] {
  return entries(spec.vips).flatMap(([name, vip]) => {
    const [node, ...others] = Object.keys(vip.peers)
    if (node === undefined || others.length > 0) return []
    return [{ keys: ['vips', name], kind: 'vip', text: `vip ${name}: ${node} is its only peer` }]
  })
}

function poolsOf(spec: Spec): readonly SinglePoint[] {
  return entries(spec.pools).flatMap(([name, pool]) => {
    const ready = entries(pool.servers).filter(([, { state }]) => (state ?? 'ready') === 'ready')
    const [only, ...others] = ready
    if (only === undefined || others.length > 0) return []
    const [server, { node, address }] = only
    const where = node ?? address ?? server
    const text = `pool ${name}: ${server} (${where}) is its only server`
    return [{ keys: ['pools', name], kind: 'pool', text }]
  })
}
