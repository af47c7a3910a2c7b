// HA093: a server that mounts its own export may wait for itself when memory is short, and then for ever.
import { entries, member } from '../maps.ts'
import { serversOf } from '../resolve-storage.ts'
import { warning, type Rule } from './rule.ts'

export const nfsOwnExport: Rule = (spec) =>
  entries(spec.mounts).flatMap(([name, mount]) => {
    const from = member(spec.exports, mount.export)
    if (from === undefined) return []
    const servers = serversOf(spec, from)
    return mount.nodes.flatMap((node, index) => {
      if (!servers.includes(node)) return []
      const message = `${node} mounts ${mount.export}, which it exports itself`
      const hint = `let programs of ${node} use ${from.path} itself: short of memory, client and server wait for each other`
      return [warning('HA093', ['mounts', name, 'nodes', index], message, hint)]
    })
  })
