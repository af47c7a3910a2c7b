// HA031: algorithms that look at one thing of the request are told which.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

const NEEDED = ['hdr', 'url_param']
const ALLOWED = [...NEEDED, 'rdp-cookie']

export const balanceOn: Rule = (spec) =>
  entries(spec.pools).flatMap(([name, pool]) => {
    const balance = pool.balance ?? 'roundrobin'
    if (NEEDED.includes(balance) && pool.balanceOn === undefined) {
      const message = `cannot balance by ${balance} without a name`
      const hint = 'add "balanceOn": the header for hdr, the parameter for url_param'
      return [error('HA031', ['pools', name, 'balance'], message, hint)]
    }
    if (pool.balanceOn === undefined || ALLOWED.includes(balance)) return []
    const message = `cannot use balanceOn with balance ${balance}`
    const hint = `it belongs to ${ALLOWED.join(', ')}`
    return [error('HA031', ['pools', name, 'balanceOn'], message, hint)]
  })
