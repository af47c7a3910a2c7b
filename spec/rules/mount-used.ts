// HA099: what waits for a mount, or leaves a node without it, is on a node that has it.
import { entries, member } from '../maps.ts'
import { serversOf } from '../resolve-storage.ts'
import type { Spec } from '../schema.ts'
import { error, warning, type Rule } from './rule.ts'

export const mountUsed: Rule = (spec) => [...ofServices(spec), ...ofVips(spec)]

const ofServices: Rule = (spec) =>
  entries(spec.services).flatMap(([name, { after, nodes }]) =>
    (after ?? []).flatMap((text, index) => {
      const mount = member(spec.mounts, text)
      const without = (nodes ?? Object.keys(spec.nodes)).find(
        (n) => mount?.nodes.includes(n) === false,
      )
      if (without === undefined) return []
      const message = `cannot start ${name} on ${without} after mount ${text}: it is not mounted there`
      const hint = `add ${without} to /mounts/${text}/nodes, or give the service "nodes"`
      return [error('HA099', ['services', name, 'after', index], message, hint)]
    }),
  )

const ofVips: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) =>
    (vip.trackMounts ?? []).flatMap((text, index) => {
      const mount = member(spec.mounts, text)
      if (mount === undefined) return []
      const at = ['vips', name, 'trackMounts', index]
      const peers = Object.keys(vip.peers)
      const without = peers.find((node) => !mount.nodes.includes(node))
      if (without !== undefined) {
        const message = `cannot hold ${name} on ${without} while mount ${text} answers: it is not mounted there`
        return [error('HA099', at, message, `add ${without} to /mounts/${text}/nodes`)]
      }
      if (!isAlone(spec, mount) || peers.length < 2) return []
      const message = `vip ${name} leaves every peer at once when the server of mount ${text} dies`
      return [warning('HA099', at, message, 'a vip that moves does not bring a dead server back')]
    }),
  )

/** One address of one server behind it, whichever node looks. */
function isAlone(spec: Spec, mount: NonNullable<Spec['mounts']>[string]): boolean {
  const from = member(spec.exports, mount.export)
  return from === undefined || serversOf(spec, from).length === 1
}
