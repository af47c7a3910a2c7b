// HA091: an export has its servers from one place, a mount its server.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const nfsPlace: Rule = (spec) => [
  ...entries(spec.exports).flatMap(([name, { nodes, vip }]) => {
    if ((nodes === undefined) !== (vip === undefined)) return []
    const why = nodes === undefined ? 'it names no server' : 'it names nodes and a vip'
    const message = `cannot place export ${name}: ${why}`
    return [error('HA091', ['exports', name], message, 'give it either "nodes" or "vip"')]
  }),
  ...entries(spec.mounts).flatMap(([name, { export: from, server, source }]) => {
    const outside = server !== undefined && source !== undefined
    const half = (server === undefined) !== (source === undefined)
    if (!half && (from === undefined) === outside) return []
    const message = `cannot place mount ${name}: ${from === undefined ? 'it says not what to mount' : 'it names an export and a server'}`
    const hint = 'give it either "export", or "server" and "source"'
    return [error('HA091', ['mounts', name], message, hint)]
  }),
]
