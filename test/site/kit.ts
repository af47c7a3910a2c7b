// What the hub's tests share: a clock that only moves when told, a spec, summaries, a hub without a port.
import { Secret } from '../../spec/secret.ts'
import { summary } from '../agent/plan/fixtures.ts'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../site/deps.ts'
import { createHub } from '../../site/hub.ts'
import { openStore, type Store } from '../../site/store.ts'
import { type Grants, loadTokens, type Tokens } from '../../site/token-file.ts'
import { createTokenBook, type Who } from '../../site/tokens.ts'
import type { Look } from '../../site/verify.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import type { Courier, Delivery, Notice, Sender } from '../../spec/notice.ts'
import type { Report, Summary } from '../../spec/report.ts'

export const SPEC = readFileSync(
  new URL('../../spec/examples/wordpress.json', import.meta.url),
  'utf8',
)
export const specWith = (cookie: number) =>
  SPEC.replace('"port": 10086', `"port": ${10_000 + cookie}`)
export const check = (text: string) => {
  const { cluster, diagnostics } = checkSpec(text)
  return cluster === undefined
    ? ({ ok: false, diagnostics } as const)
    : ({ ok: true, value: cluster, diagnostics } as const)
}
export function clusterOf(text: string): Cluster {
  const parsed = check(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  return parsed.value
}

export type TestClock = Clock & { advance(ms: number): void }
/** Sleepers wake, in order, when advance() passes their time. */
export function testClock(): TestClock {
  let now = 0
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  return {
    now: () => 1_700_000_000_000 + now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    advance(ms) {
      now += ms
      for (const sleeper of [...sleepers].sort((a, b) => a.at - b.at)) {
        if (sleeper.at > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}

export const tokens = {
  viewer: 'viewer-viewer-viewer-viewer',
  operator: 'operator-operator-operator',
  agent: 'agent-agent-agent-agent-agent',
}
/** The same as the hub holds them. */
export const shared: Tokens = {
  viewer: new Secret(tokens.viewer),
  operator: new Secret(tokens.operator),
  agent: new Secret(tokens.agent),
}
/** Of a hub's directory, as who uses them types them. */
export function tokensIn(state: string) {
  const { viewer, operator, agent } = loadTokens(state)
  return { viewer: viewer.reveal(), operator: operator.reveal(), agent: agent.reveal() }
}
const AGENT: Who = { role: 'agent', name: 'shared-agent', id: 'shared-agent' }
export const HOOK_SECRET = 'hook-secret-hook-secret'
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export const summaryOf = (node: string, holds: readonly string[] = [], boot = 'b1'): Summary =>
  summary(node, { boot, holds: [...holds] })
export const reportOf = (summary: Summary): Report => ({
  summary,
  daemons: [],
  servers: [{ pool: 'appsrvs', server: 'wp1', status: 'UP', why: '', weight: 1, sessions: 0 }],
  drift: [],
  steps: [],
  passMs: 1,
  agentVersion: 'test',
})

export type Sent = {
  readonly notice: Notice
  readonly sender: Sender
  readonly told: (delivery: Delivery) => void
}
/** Keeps what it is given. */
export function fakeCourier(): Courier & { readonly sent: Sent[] } {
  const sent: Sent[] = []
  return {
    sent,
    send: (notice, sender, _notify, told) => sent.push({ notice, sender, told }),
    close: () => undefined,
  }
}

export function testHub({
  store = openStore(':memory:'),
  open = false,
  clock = testClock(),
  look,
}: {
  store?: Store
  open?: boolean
  clock?: TestClock
  look?: Look
} = {}) {
  const courier = fakeCourier()
  const logs: string[] = []
  let ids = 0
  const saved: Grants[] = []
  const book = createTokenBook({
    shared,
    grants: { version: 1, grants: [], retired: [] },
    save: (grants) => saved.push(grants),
    now: clock.now,
    random: () => `random-random-random-${++ids}`,
  })
  const hub = createHub({
    hookSecret: new Secret(HOOK_SECRET),
    store,
    book,
    open,
    clock,
    log: (line) => logs.push(line),
    id: () => `id${++ids}`,
    courier,
    look,
    check,
  })
  const push = (body: string, parent: number, headers: Readonly<Record<string, string>> = {}) =>
    hub.app.request('/v1/specs', {
      method: 'POST',
      body,
      headers: { ...bearer(tokens.operator), 'if-match': String(parent), ...headers },
    })
  const get = (
    path: string,
    token = tokens.operator,
    headers: Readonly<Record<string, string>> = {},
  ) => hub.app.request(path, { headers: { ...bearer(token), ...headers } })
  return { hub, clock, store, logs, push, get, courier, book, saved }
}

/** A fake wire and its session, past its hello when `node` is given. */
export function join(
  hub: ReturnType<typeof testHub>['hub'],
  node?: string,
  boot = 'b1',
  who: Who = AGENT,
) {
  const sent: string[] = []
  const closes: { code: number; reason: string }[] = []
  const wire = {
    send: (text: string) => sent.push(text),
    close: (code: number, reason: string) => closes.push({ code, reason }),
  }
  const session = hub.onSocket(wire, who)
  const say = (message: unknown) => session.receive(JSON.stringify(message), false)
  if (node !== undefined)
    say({ type: 'hello', protocol: 1, cluster: 'wordpress', node, boot, agentVersion: 't' })
  return { session, sent, closes, say }
}
