// HA052: a prefix of clients means something only with persistence, and within the vip's address family.
import { servicesOf } from '../lvs-services.ts'
import { error, type Rule, warning } from './rule.ts'

export const lvsPersistence: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, lvs, nets }) => {
    const { persistenceMs, persistencePrefix } = lvs
    const at = (key: string) => ['lvs', name, key]
    const whole =
      persistenceMs !== undefined && persistenceMs % 1000 !== 0
        ? [
            warning(
              'HA052',
              at('persistenceMs'),
              `persistence of ${persistenceMs} ms is rounded up to whole seconds`,
              'IPVS counts seconds',
            ),
          ]
        : []
    if (persistencePrefix === undefined) return whole
    if (persistenceMs === undefined) {
      const message = 'cannot group clients by prefix without persistence'
      return [error('HA052', at('persistencePrefix'), message, 'set "persistenceMs" as well')]
    }
    const mixed = new Set(nets.map(({ family }) => family)).size > 1
    const wide = nets.some(({ family }) => family === 4) && persistencePrefix > 32
    if (!mixed && !wide) return whole
    const message = mixed
      ? 'cannot use one prefix for IPv4 and IPv6 clients'
      : `cannot use prefix ${persistencePrefix} for IPv4 clients`
    const hint = mixed ? 'make a vip of each family' : 'at most 32, for instance 24'
    return [...whole, error('HA052', at('persistencePrefix'), message, hint)]
  })
