// HA039: without users nobody but the node itself may look at the page.
import { type Rule, warning } from './rule.ts'

export const statsUsers: Rule = ({ stats }) => {
  if (stats === undefined || Object.keys(stats.users ?? {}).length > 0) return []
  const hint = 'add "users" with a passwordHash, for instance of `openssl passwd -5`'
  return [warning('HA039', ['stats'], 'only the node itself sees the stats page', hint)]
}
