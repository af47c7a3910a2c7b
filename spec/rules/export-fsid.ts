// HA097: on one server an fsid names one file system, and a directory has one fsid (exports(5)).
import { entries } from '../maps.ts'
import { serversOf } from '../resolve-storage.ts'
import { error, type Rule } from './rule.ts'

export const exportFsid: Rule = (spec) => {
  const all = entries(spec.exports).map(([name, one]) => ({
    name,
    one,
    servers: serversOf(spec, one),
  }))
  return all.flatMap(({ name, one, servers }, index) =>
    all.slice(0, index).flatMap((other) => {
      const node = servers.find((server) => other.servers.includes(server))
      if (node === undefined) return []
      if (one.fsid !== undefined && one.fsid === other.one.fsid && one.path !== other.one.path) {
        const message = `cannot give ${name} and ${other.name} the same fsid ${one.fsid} on ${node}`
        const hint = 'clients would get files of the other one; leave "fsid" out'
        return [error('HA097', ['exports', name, 'fsid'], message, hint)]
      }
      if (one.path !== other.one.path) return []
      const message = `cannot export ${one.path} of ${node} twice: as ${other.name} and as ${name}`
      const hint = 'put the clients of both into one export'
      return [error('HA097', ['exports', name, 'path'], message, hint)]
    }),
  )
}
