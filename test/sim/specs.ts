// Generated specs: the example with seeded changes, good ones and ones that only a daemon can refuse.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import type { Fetched, Random } from '../../agent/world.ts'

export type Mark = 'BROKEN' | 'UNBINDABLE' | 'CRASH' | 'DEAF' | 'SHUT' | 'SHUTVIP'
export type Pushed = Fetched & {
  readonly cluster: Cluster
  readonly bad: Mark | undefined
  /** A guard must refuse it on every node. */
  readonly refused: boolean
}
export const PUSHES = ['good', 'bad', 'wire', 'wire refused', 'emptied', 'again', 'shut'] as const
export type Push = (typeof PUSHES)[number]

const example = readFileSync(
  join(import.meta.dirname, '../../spec/examples/wordpress.json'),
  'utf8',
)
const MARKS: readonly Mark[] = ['BROKEN', 'UNBINDABLE', 'CRASH', 'DEAF']
/** All is well on the node itself: only others see it. */
const SHUT: readonly Mark[] = ['SHUT', 'SHUTVIP']
/** Three times this is longer than a failing pass: a slow peer is not taken for an absent one. */
export const PEER_WAIT_MS = 5_000
export const SECOND_PORT = 8081

type Draft = {
  servers: Map<string, { node: string; port: number; weight: number; state: 'ready' | 'drain' }>
  prefixes: string[]
  timeoutMs: number
  second: boolean
  takeoverMs: number
  /** A wire change was let through once: a node that missed it needs the override again. */
  wired: boolean
}
export type Drafts = {
  /** The next spec: one or two changes away from the last good one, or the last one once more. */
  next(revision: number, push: Push, last: Pushed | undefined): Pushed
}

export function drafts(random: Random, nodes: number): Drafts {
  const draft: Draft = {
    servers: new Map([
      ['wp1', { node: 'web1', port: 80, weight: 100, state: 'ready' }],
      ['wp2', { node: 'web2', port: 80, weight: 100, state: 'ready' }],
    ]),
    prefixes: ['/static'],
    timeoutMs: 30_000,
    second: false,
    takeoverMs: 4_000,
    wired: false,
  }
  return {
    next: (revision, push, last) => {
      if (push === 'again' && last !== undefined) return { ...last, revision }
      for (let n = revision === 1 ? 0 : random.between(1, 2); n > 0; n--) vary(draft, random)
      const marks = push === 'bad' ? MARKS : push === 'shut' ? SHUT : []
      const mark = marks.length === 0 ? undefined : marks[random.between(0, marks.length - 1)]
      const wire = wired(draft, push === 'wire refused')
      if (push === 'wire') Object.assign(draft, wire)
      const refused = push === 'wire refused' || push === 'emptied'
      const now = push === 'wire refused' ? { ...draft, ...wire } : draft
      const body = bodyOf(push === 'emptied' ? emptied(draft) : now, mark, revision, nodes)
      const { cluster, diagnostics } = checkSpec(body)
      assert(cluster !== undefined, `a generated spec is invalid: ${JSON.stringify(diagnostics)}`)
      const blink = draft.wired && push !== 'wire refused' ? ['blink'] : []
      const allow = push === 'emptied' ? blink : ['removals', 'empty', ...blink]
      return { body, revision, allow, cluster, bad: mark, refused }
    },
  }
}

const wired = ({ takeoverMs }: Draft, refused: boolean) => ({
  // Of an own kind, so that no refused spec is ever the text of one that is let through.
  takeoverMs: (takeoverMs > 2_000 ? takeoverMs - 500 : 4_000) - (refused ? 200 : 0),
  wired: true,
})

const emptied = (draft: Draft): Draft => ({
  ...draft,
  servers: new Map([...draft.servers].map(([name, s]) => [name, { ...s, state: 'drain' }])),
})

function vary(draft: Draft, random: Random): void {
  const extra = [...draft.servers.keys()].filter((name) => name !== 'wp1')
  const some = extra[random.between(0, Math.max(0, extra.length - 1))] ?? ''
  const server = draft.servers.get(some)
  const changes = [
    () => {
      const port = random.between(8000, 8999)
      draft.servers.set(`s${port}`, { node: 'web1', port, weight: 100, state: 'ready' })
    },
    () => void draft.servers.delete(some),
    () => server !== undefined && Object.assign(server, { weight: random.between(1, 256) }),
    () =>
      server !== undefined &&
      Object.assign(server, { state: server.state === 'ready' ? 'drain' : 'ready' }),
    () => draft.prefixes.splice(0, 1, `/p${random.between(0, 99)}`),
    () => Object.assign(draft, { timeoutMs: random.between(5, 60) * 1000 }),
    () => Object.assign(draft, { second: !draft.second }),
  ]
  changes[random.between(0, changes.length - 1)]?.()
}

function bodyOf(draft: Draft, mark: Mark | undefined, revision: number, nodes: number): string {
  const spec = JSON.parse(example)
  if (nodes === 3) {
    spec.nodes.lb3 = { address: '172.18.67.15/24' }
    spec.vips.web.peers.lb3 = { priority: 50 }
  }
  spec.vips.web.takeoverMs = draft.takeoverMs
  spec.pools.appsrvs.servers = Object.fromEntries(draft.servers)
  if (mark !== undefined)
    spec.pools.appsrvs.extra = [`http-response set-header X-Test ${mark}-${revision}`]
  spec.proxies.web.split.prefixes = draft.prefixes
  spec.proxies.web.timeouts = { clientMs: draft.timeoutMs }
  if (draft.second) spec.proxies.second = { vip: 'web', port: SECOND_PORT, pool: 'staticsrvs' }
  spec.rollout = { peerWaitMs: PEER_WAIT_MS }
  return JSON.stringify(spec)
}
