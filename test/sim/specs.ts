// Generated specs: the example with seeded changes, good ones and ones that only a daemon can refuse.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import type { Fetched, Random } from '../../agent/world.ts'

export type Mark = 'BROKEN' | 'UNBINDABLE' | 'CRASH' | 'DEAF'
export type Pushed = Fetched & { readonly cluster: Cluster; readonly bad: Mark | undefined }

const example = readFileSync(
  join(import.meta.dirname, '../../spec/examples/wordpress.json'),
  'utf8',
)
const MARKS: readonly Mark[] = ['BROKEN', 'UNBINDABLE', 'CRASH', 'DEAF']
/** Three times this is longer than a failing pass: a slow peer is not taken for an absent one. */
const PEER_WAIT_MS = 5_000
export const SECOND_PORT = 8081

type Draft = {
  servers: Map<string, { node: string; port: number; weight: number; state: 'ready' | 'drain' }>
  prefixes: string[]
  timeoutMs: number
  second: boolean
}
export type Drafts = {
  /** The next spec: one or two changes away from the last good one. */
  next(revision: number, bad: boolean): Pushed
}

export function drafts(random: Random): Drafts {
  const draft: Draft = {
    servers: new Map([
      ['wp1', { node: 'web1', port: 80, weight: 100, state: 'ready' }],
      ['wp2', { node: 'web2', port: 80, weight: 100, state: 'ready' }],
    ]),
    prefixes: ['/static'],
    timeoutMs: 30_000,
    second: false,
  }
  return {
    next: (revision, bad) => {
      for (let n = revision === 1 ? 0 : random.between(1, 2); n > 0; n--) vary(draft, random)
      const mark = bad ? MARKS[random.between(0, MARKS.length - 1)] : undefined
      const body = bodyOf(draft, mark, revision)
      const { cluster, diagnostics } = checkSpec(body)
      assert(cluster !== undefined, `a generated spec is invalid: ${JSON.stringify(diagnostics)}`)
      return { body, revision, allow: ['removals', 'empty'], cluster, bad: mark }
    },
  }
}

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

function bodyOf(draft: Draft, mark: Mark | undefined, revision: number): string {
  const spec = JSON.parse(example)
  spec.pools.appsrvs.servers = Object.fromEntries(draft.servers)
  if (mark !== undefined)
    spec.pools.appsrvs.extra = [`http-response set-header X-Test ${mark}-${revision}`]
  spec.proxies.web.split.prefixes = draft.prefixes
  spec.proxies.web.timeouts = { clientMs: draft.timeoutMs }
  if (draft.second) spec.proxies.second = { vip: 'web', port: SECOND_PORT, pool: 'staticsrvs' }
  spec.rollout = { peerWaitMs: PEER_WAIT_MS }
  return JSON.stringify(spec)
}
