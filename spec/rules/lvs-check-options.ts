// HA055: an option of another type of check has no effect.
import { servicesOf } from '../lvs-services.ts'
import { type Rule, warning } from './rule.ts'

const HTTP = ['path', 'host', 'status']
const ANSWERED = ['port']
const ALL = ['timeoutMs', 'retries', 'retryDelayMs', 'intervalMs']
/** What each type does not look at. */
const IDLE: Readonly<Record<string, readonly string[]>> = {
  connect: HTTP,
  http: [],
  ping: [...HTTP, ...ANSWERED],
  none: [...HTTP, ...ANSWERED, ...ALL],
}

export const lvsCheckOptions: Rule = (spec) =>
  servicesOf(spec).flatMap(({ name, lvs: { check, servers } }) => {
    const type = check?.type ?? 'connect'
    // Checks in extra lines of a server go by the service's pause.
    const own = Object.values(servers).some(({ extra }) => extra !== undefined)
    return Object.keys(check ?? {})
      .filter((key) => IDLE[type]?.includes(key) && !(own && key === 'intervalMs'))
      .map((key) => {
        const message = `check option ${key} has no effect with type ${type}`
        const hint = HTTP.includes(key) ? 'set "type": "http"' : 'remove it, or set another type'
        return warning('HA055', ['lvs', name, 'check', key], message, hint)
      })
  })
