// HA060: a unit that hactl drives itself, or that the node needs to live, is no service of the spec.
import { entries } from '../maps.ts'
import { nodesOf } from '../resolve.ts'
import type { Spec } from '../schema.ts'
import { error, type Rule } from './rule.ts'

const OWN = /^(?:haproxy|keepalived|hactl[a-z-]*)\.service$/
const VITAL = /^(?:systemd-[^.]+|dbus(?:-[a-z]+)?)\.(?:service|socket)$/
const LOGIN = /^sshd?\.(?:service|socket)$/

export const serviceUnit: Rule = (spec) =>
  entries(spec.services).flatMap(([name, service]) => {
    const why = reasonOf(spec, service)
    if (why === undefined) return []
    const message = `cannot have ${service.unit} as a service: ${why}`
    return [error('HA060', ['services', name, 'unit'], message, 'leave it out of services')]
  })

function reasonOf(
  spec: Spec,
  { unit, state, nodes }: NonNullable<Spec['services']>[string],
): string | undefined {
  if (OWN.test(unit)) return 'hactl drives it itself'
  if (VITAL.test(unit)) return 'the node needs it to live'
  if (LOGIN.test(unit) && state === 'stopped') return 'nobody could log in any more'
  const nginx = entries(spec.proxies).filter(([, proxy]) => proxy.engine === 'nginx')
  const here = nodes ?? Object.keys(spec.nodes)
  const both = nginx.some(([, proxy]) => nodesOf(spec, proxy).some((node) => here.includes(node)))
  return unit === 'nginx.service' && both
    ? 'hactl drives it on a node with an nginx proxy'
    : undefined
}
