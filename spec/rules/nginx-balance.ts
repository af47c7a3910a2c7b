// HA071: nginx balances in fewer ways than haproxy.
import { poolsBehind } from '../nginx.ts'
import { error, type Rule } from './rule.ts'

const NEVER = ['first', 'rdp-cookie']

export const nginxBalance: Rule = (spec) =>
  poolsBehind(spec, 'nginx').flatMap(([name, { balance = 'roundrobin', balanceOn = '' }]) => {
    const keys = ['pools', name]
    if (NEVER.includes(balance)) {
      const hint = 'use roundrobin, leastconn, random, source, uri, hdr or url_param'
      return [error('HA071', [...keys, 'balance'], `cannot balance by ${balance} with nginx`, hint)]
    }
    // Headers and arguments are variables there, whose names are letters, digits and underscores.
    const fits = { hdr: /^[A-Za-z0-9-]+$/, url_param: /^[A-Za-z0-9_]+$/ }
    const form = balance === 'hdr' || balance === 'url_param' ? fits[balance] : undefined
    if (form === undefined || balanceOn === '' || form.test(balanceOn)) return []
    const message = `cannot balance by ${balance} ${balanceOn} with nginx: it has no variable of that name`
    const hint = 'letters and digits, a dash only in a header, an underscore only in a parameter'
    return [error('HA071', [...keys, 'balanceOn'], message, hint)]
  })
