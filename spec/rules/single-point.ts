// HA092: one NFS server or one database behind everything: no balancer helps when it dies. Vips and pools have HA017 and the hub's list.
import { singlePoints } from '../spof.ts'
import { info, type Rule } from './rule.ts'

export const singlePoint: Rule = (spec) =>
  singlePoints(spec)
    .filter(({ kind }) => kind === 'export' || kind === 'database')
    .map(({ keys, text }) =>
      info(
        'HA092',
        keys,
        `single point of failure: ${text}`,
        'no balancer helps when it dies: plan for it, or give it a second machine',
      ),
    )
