// Exports of a node: package, one file, the unit. Turns the spec into wants, nothing else.
import type { Cluster, ClusterExport } from '../../../spec/cluster.ts'
import type { ExportRow, Facts, Provider, Want } from '../../plan/types.ts'

export const EXPORTS_PATH = '/etc/exports.d/hactl.exports'
const UNIT = 'nfs-server.service'
const PACKAGES = { apt: ['nfs-kernel-server'], dnf: ['nfs-utils'] } as const

export const nfsServer = {
  name: 'nfs-server',
  compile(cluster: Cluster, facts: Facts) {
    const mine = cluster.exports.filter((one) => one.nodes.includes(facts.node))
    if (mine.length === 0) return { wants: [], notes: [] }
    if (facts.supervisor !== 'systemd') {
      const notes = mine.map(({ name }) => `export ${name}: left out, systemd does not run here`)
      return { wants: [], notes }
    }
    const packages: readonly Want[] =
      facts.packager === 'none'
        ? []
        : [{ kind: 'packages', name: 'nfs-server', names: PACKAGES[facts.packager] }]
    return { wants: [...packages, exportsOf(mine), ...unitOf(cluster, facts)], notes: [] }
  },
} satisfies Provider

/** Options that are always written, so that the defaults of two releases cannot differ (exports(5)). */
const written = (one: ClusterExport): readonly string[] => [
  one.write ? 'rw' : 'ro',
  one.sync ? 'sync' : 'async',
  { root: 'root_squash', all: 'all_squash', none: 'no_root_squash' }[one.squash],
  ...(one.squash === 'all' ? [] : ['no_all_squash']),
  // Checking the subtree of each file handle breaks files that are renamed while open.
  'no_subtree_check',
  `fsid=${one.fsid}`,
  ...(one.anonUid === undefined ? [] : [`anonuid=${one.anonUid}`]),
  ...(one.anonGid === undefined ? [] : [`anongid=${one.anonGid}`]),
]

function exportsOf(mine: readonly ClusterExport[]): Want {
  const all = mine
    .flatMap((one) =>
      one.clients.map((client) => ({
        row: { path: one.path, client, options: written(one) } satisfies ExportRow,
        more: one.options,
      })),
    )
    .sort(({ row: a }, { row: b }) => (`${a.path} ${a.client}` < `${b.path} ${b.client}` ? -1 : 1))
  const rows = all.map(({ row }) => row)
  // exportfs(8) writes what we write in words of its own for the options of the spec: these are in the file alone.
  const lines = all.map(
    ({ row: { path, client, options }, more }) =>
      `${path} ${client}(${[...options, ...more].join(',')})`,
  )
  const head = '# Written by hactl; changes are undone by the next pass. Change the spec instead.'
  return {
    kind: 'exports',
    file: { path: EXPORTS_PATH, body: `${[head, ...lines].join('\n')}\n`, mode: 0o644 },
    rows,
    vips: [...new Set(mine.flatMap(({ vip }) => (vip === undefined ? [] : [vip])))],
  }
}

/** Also where the operator names the unit as a service: then that one counts. */
function unitOf(cluster: Cluster, { node }: Facts): readonly Want[] {
  if (cluster.services.some((one) => one.unit === UNIT && one.nodes.includes(node))) return []
  return [
    {
      kind: 'unit',
      unit: UNIT,
      state: 'running',
      boot: true,
      change: 'reload',
      files: [],
      why: 'this node exports directories',
    },
  ]
}
