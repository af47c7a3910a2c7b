// HA040: a proxy runs on the peers of its vip or on the nodes it names.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const proxyPlace: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) => {
    const say = (keys: readonly string[], message: string, hint: string) => [
      error('HA040', ['proxies', name, ...keys], `cannot place proxy ${name}: ${message}`, hint),
    ]
    const { vip, nodes } = proxy
    if (vip === undefined && nodes === undefined) {
      return say([], 'it has neither vip nor nodes', 'add "vip"')
    }
    if (vip !== undefined && nodes !== undefined) {
      return say(['nodes'], 'it has a vip and nodes', 'the peers of the vip run it: remove "nodes"')
    }
    if (proxy.bind !== 'vip') return []
    if (vip === undefined) return say(['bind'], 'it has no vip to bind to', 'remove "bind"')
    if (proxy.addresses === undefined) return []
    return say(['addresses'], 'it binds to the vip and to addresses', 'remove one of the two')
  })
