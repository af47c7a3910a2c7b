// HA090: a vip alone does not keep the server that lost it from writing: two writers of one store destroy it.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const nfsFenced: Rule = (spec) =>
  entries(spec.exports)
    .filter(([, one]) => one.vip !== undefined && one.write === true && one.fenced !== true)
    .map(([name, one]) => {
      const message = `cannot let clients write to ${name} behind vip ${one.vip}: nothing stops the server that lost it`
      const hint = 'say "fenced": true only where a fencing device does, or export it from one node'
      return error('HA090', ['exports', name, 'write'], message, hint)
    })
