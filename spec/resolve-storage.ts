// NFS exports and mounts in normal form.
import { HOST_PREFIX, NODE_PREFIX } from './address.ts'
import type { ClusterExport, ClusterMount } from './cluster.ts'
import { sha256 } from './hash.ts'
import { known, netOf } from './known.ts'
import { entries, member } from './maps.ts'
import type { Spec } from './schema.ts'
import type { Export, Mount } from './storage.ts'
import { nodeNets } from './vrid.ts'

/** Needs a checked spec. Every default of spec/storage.ts has its home here. */
export const resolveExports = (spec: Spec): readonly ClusterExport[] =>
  entries(spec.exports).map(([name, one]) => exportOf(spec, name, one))

export const resolveMounts = (spec: Spec): readonly ClusterMount[] =>
  entries(spec.mounts).map(([name, mount]) => mountOf(spec, name, mount))

/** Servers of an export, by name: the peers of its vip, or the nodes it names. */
export function serversOf(spec: Spec, one: Export): readonly string[] {
  const vip = member(spec.vips, one.vip)
  return (vip === undefined ? [...(one.nodes ?? [])] : Object.keys(vip.peers)).sort()
}

/** Same on every server: after a move of the vip, file handles stay valid (exports(5), fsid=). */
const fsidOf = (cluster: string, name: string) =>
  1 + (Number.parseInt(sha256(`${cluster}/export/${name}`).slice(0, 8), 16) % 2_147_483_646)

function exportOf(spec: Spec, name: string, one: Export): ClusterExport {
  const fromNodes = (one.clients.nodes ?? []).flatMap((node) =>
    nodeNets(known(spec.nodes, node)).map((net) => net.address),
  )
  const { anonUid, anonGid } = one
  return {
    name,
    nodes: serversOf(spec, one),
    ...(one.vip !== undefined && { vip: one.vip }),
    path: one.path,
    clients: [
      ...new Set([...fromNodes, ...(one.clients.networks ?? []), ...(one.clients.hosts ?? [])]),
    ].sort(),
    write: one.write ?? false,
    squash: one.squash ?? 'root',
    ...(anonUid !== undefined && { anonUid }),
    ...(anonGid !== undefined && { anonGid }),
    sync: one.sync ?? true,
    fsid: one.fsid ?? fsidOf(spec.cluster, name),
    options: one.options ?? [],
    fenced: one.fenced ?? false,
  }
}

/** Where clients reach an export: its vip, else its first server. */
function addressOf(spec: Spec, one: Export): string {
  const vip = member(spec.vips, one.vip)
  if (vip !== undefined) return netOf(vip.addresses[0] ?? '', HOST_PREFIX).address
  return netOf(known(spec.nodes, serversOf(spec, one)[0] ?? '').address, NODE_PREFIX).address
}

function mountOf(spec: Spec, name: string, mount: Mount): ClusterMount {
  const from = mount.export === undefined ? undefined : known(spec.exports, mount.export)
  return {
    name,
    nodes: [...mount.nodes].sort(),
    server: from === undefined ? (mount.server ?? '') : addressOf(spec, from),
    source: from === undefined ? (mount.source ?? '/') : from.path,
    path: mount.path,
    version: mount.version ?? '4.2',
    write: mount.write ?? (from === undefined ? true : (from.write ?? false)),
    hard: mount.hard ?? true,
    mountTimeoutMs: mount.mountTimeoutMs ?? 10_000,
    automount: mount.automount ?? true,
    options: mount.options ?? [],
  }
}
