// HA054: a service on udp does not answer an HTTP request at its own port.
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule } from './rule.ts'

export const lvsUdpCheck: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, lvs: { protocol, check } }) => {
    if (protocol !== 'udp' || check?.type !== 'http' || check.port !== undefined) return []
    const message = 'cannot check a udp service by http at its own port'
    const hint = 'name the tcp "port" that answers, or use "connect" or "ping"'
    return [error('HA054', ['lvs', name, 'check', 'type'], message, hint)]
  })
