// HA056: what a scheduler needs or ignores.
import { SCHEDULER_SINCE } from '../lvs.ts'
import { servicesOf } from '../lvs-services.ts'
import { info, type Rule, warning } from './rule.ts'

/** They look at a weight only to see whether it is 0 (ip_vs_rr.c, ip_vs_lc.c and the others). */
const BLIND = ['rr', 'lc', 'lblc', 'dh']

export const lvsScheduler: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, lvs }) => {
    const scheduler = lvs.scheduler ?? 'wlc'
    const at = ['lvs', name, 'scheduler']
    const since = SCHEDULER_SINCE[scheduler]
    const weights = Object.values(lvs.servers).map((s) =>
      s.state === 'drain' ? 0 : (s.weight ?? 1),
    )
    const unequal = new Set(weights.filter((weight) => weight > 0)).size > 1
    const distinct = new Set(weights).size
    return [
      ...(since === undefined
        ? []
        : [
            info(
              'HA056',
              at,
              `scheduler ${scheduler} needs Linux ${since.join('.')} on the directors: not CentOS 7`,
              'a director without it refuses the change',
            ),
          ]),
      ...(BLIND.includes(scheduler) && unequal
        ? [
            warning(
              'HA056',
              at,
              `scheduler ${scheduler} does not look at weights, and the servers have different ones`,
              scheduler === 'rr' ? 'use "wrr"' : 'use "wlc"',
            ),
          ]
        : []),
      ...(scheduler === 'fo' && weights.length > 1 && distinct < weights.length
        ? [
            warning(
              'HA056',
              at,
              'fo sends everybody to the server with the highest weight, and two have the same',
              'give each server its own weight, the first one the highest',
            ),
          ]
        : []),
    ]
  })
