// An interface that a kernel module brought: up, so that what arrives through it is taken. Pure diff.
import type { Action } from '../action.ts'
import type { Diffed, Observed, WantLink } from '../plan/types.ts'
import { quiet } from './quiet.ts'

const IP_TIMEOUT_MS = 5_000

const set = (name: string, to: 'up' | 'down') =>
  ({
    do: 'run',
    argv: ['ip', 'link', 'set', 'dev', name, to],
    timeoutMs: IP_TIMEOUT_MS,
    next: 'retry',
  }) satisfies Action

/** The agent sets it up again after a boot: there is no file in which every distribution would find it. */
export function diffLink(want: WantLink, observed: Observed): Diffed {
  const name = want.interface
  const id = `link:${name}`
  const have = observed.links.find((link) => link.name === name)
  if (have?.up === true) return { kept: { id, why: 'is up' } }
  return {
    step: {
      ...quiet,
      id,
      why: have === undefined ? 'is not here yet' : 'is down',
      says: `${name} goes up: ${want.why}`,
      commit: [set(name, 'up')],
      undo: [set(name, 'down')],
      owns: [{ id, says: `${name} goes down`, remove: [set(name, 'down')] }],
    },
  }
}
