// The hub as nodes see it: the newest revision, nothing, or a lie.
import type { Fetched, Source } from '../../agent/world.ts'

export const LIES = ['older', 'garbage', 'other'] as const
export type Lie = (typeof LIES)[number]

export type HubModel = {
  up: boolean
  /** Every node's next fetch gets this lie. */
  lie(what: Lie): void
  push(fetched: Fetched): void
  /** As node `name` sees it; `seen` is the highest revision that node accepted. */
  source(name: string, reachable: () => boolean, seen: () => number): Source
}

export function createHub(): HubModel {
  const pushed: Fetched[] = []
  const lies = new Map<string, Lie>()
  const names = new Set<string>()
  const hub: HubModel = {
    up: true,
    lie: (what) => {
      for (const name of names) lies.set(name, what)
    },
    push: (fetched) => void pushed.push(fetched),
    source: (name, reachable, seen) => {
      names.add(name)
      let last = ''
      return {
        name: 'hub',
        fetch: async () => {
          if (!hub.up || !reachable()) throw new Error('connect ECONNREFUSED')
          const newest = pushed.at(-1)
          const lie = lies.get(name)
          lies.delete(name)
          const answer =
            lie === undefined || newest === undefined ? newest : lied(lie, pushed, newest, seen())
          const key = JSON.stringify(answer)
          if (answer === undefined || key === last) return undefined
          last = key
          return answer
        },
      }
    },
  }
  return hub
}

function lied(lie: Lie, pushed: readonly Fetched[], newest: Fetched, seen: number): Fetched {
  const first = pushed[0] ?? newest
  if (lie === 'garbage') return { ...newest, body: newest.body.slice(0, 40) }
  if (lie === 'older') return first
  // Another text for a revision: only what the node has seen already can be told from the truth.
  return { ...first, body: first.body, revision: seen }
}
