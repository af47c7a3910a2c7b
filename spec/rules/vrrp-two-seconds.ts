// HA016: VRRP version 2 sends adverts in whole seconds (RFC 3768 section 5.3.7).
import { TAKEOVER_MS_DEFAULT } from '../limits.ts'
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const vrrpTwoSeconds: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, vip]) => {
    const takeoverMs = vip.takeoverMs ?? TAKEOVER_MS_DEFAULT
    if (vip.vrrpVersion !== 2 || takeoverMs % 4000 === 0) return []
    const key = vip.takeoverMs === undefined ? 'vrrpVersion' : 'takeoverMs'
    const message = `cannot take over in ${takeoverMs} ms with VRRP version 2: it counts whole seconds`
    return [
      error('HA016', ['vips', name, key], message, 'use takeoverMs 4000, 8000, ... or version 3'),
    ]
  })
