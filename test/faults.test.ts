// Break every effect of a pass in turn, in four ways; traffic must not stop, and a clean pass must repair what is left.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openMemory, originalPath } from '../agent/memory.ts'
import { type Agent, pass } from '../agent/pass.ts'
import { emptyPassState, type PassState } from '../agent/pass-state.ts'
import type { Facts } from '../agent/plan/types.ts'
import { withoutLive } from '../agent/providers/haproxy/digest.ts'
import { CONFIG_PATH } from '../agent/providers/haproxy/paths.ts'
import { CONFIG_PATH as VRRP_PATH } from '../agent/providers/keepalived/paths.ts'
import { engines } from '../agent/providers/index.ts'
import { createStatus } from '../agent/status.ts'
import { checkSpec } from '../spec/check.ts'
import { summary } from './agent/plan/fixtures.ts'
import type { Fetched } from '../agent/world.ts'
import { fakeClock } from './fakes/clock.ts'
import { loads } from './fakes/daemons.ts'
import { fakeFacts } from './fakes/facts.ts'
import { FAULT_MODES, type FaultMode, InjectedFault } from './fakes/faults.ts'
import { createFakeHost, type FakeHost } from './fakes/host.ts'
import { fakeRandom } from './fakes/random.ts'

const STATE = '/var/lib/hactl'
const EFFECTS_MAX = 400
const SLOW = 50
const spec = JSON.parse(readFileSync('spec/examples/wordpress.json', 'utf8'))

const bodyOf = (change: (s: typeof spec) => void): string => {
  const copy = structuredClone(spec)
  change(copy)
  return JSON.stringify(copy)
}

const facts = (): Facts => fakeFacts('lb1', '172.18.67.13')

/** Reading a spec is the most of a test: what was read once is known to every later agent. */
const parsed: PassState['parsed'] = new Map()
const digests = new Map<string, string>()
const digestOf = (body: string): string => {
  const digest = digests.get(body) ?? checkSpec(body).cluster?.digest ?? ''
  digests.set(body, digest)
  return digest
}

/** A new agent process on the same machine: it knows only what is on disk. The peer has proved the spec. */
async function boot(fake: FakeHost, offer: Fetched): Promise<Agent> {
  const clock = fakeClock()
  // Fewer looks in each wait of the agent: every look is an effect to break, and all are alike.
  const slow = { ...clock, sleep: (ms: number) => clock.sleep(ms * SLOW) }
  const world = { host: fake.host, clock: slow, random: fakeRandom(1) }
  const memory = await openMemory(fake.host, STATE)
  const running = digestOf(offer.body)
  let offered = false
  const peers = new Map([['lb2', summary('lb2', { running })]])
  return {
    world,
    node: 'lb1',
    engines,
    memory,
    status: createStatus(world, memory, 'lb1', 'test'),
    peers: { latest: () => peers, refresh: async () => peers },
    sources: [
      {
        name: 'fake',
        fetch: async () => {
          const now = offered ? undefined : offer
          offered = true
          return now
        },
      },
    ],
    facts: async () => facts(),
    signal: new AbortController().signal,
    proofs: new Map(),
    state: { ...emptyPassState(), parsed },
  }
}

const first: Fetched = { body: JSON.stringify(spec), revision: 1, allow: [] }

/** A node that proved to run revision 1. */
async function converged(): Promise<FakeHost> {
  const fake = createFakeHost()
  const agent = await boot(fake, first)
  await settle(agent, 2)
  assert.equal(agent.status.summary().condition, 'Ready', agent.status.summary().reason)
  return fake
}

const HAND: Readonly<Record<string, string>> = {
  [CONFIG_PATH]: 'global\n    maxconn 100\nlisten app\n    bind :80\n    server a 192.0.2.1:80\n',
  [VRRP_PATH]: `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        172.18.67.33
    }
}
`,
}

/** A node that serves from what a hand wrote. */
async function handMade(): Promise<FakeHost> {
  const fake = createFakeHost()
  for (const [path, body] of Object.entries(HAND)) fake.disk.write(path, body, 0o644)
  fake.daemons.startByHand('haproxy', CONFIG_PATH)
  fake.daemons.startByHand('keepalived', VRRP_PATH)
  return fake
}

type Case = {
  readonly from: () => Promise<FakeHost>
  readonly to: (s: typeof spec) => void
  /** Served before: then it must never stop, but for a power cut. */
  readonly serves: boolean
  /** What stays in service when the new spec is bad; undefined: it is good. */
  readonly stays?: number
  readonly modes?: readonly FaultMode[]
}
const dies = (s: typeof spec) => {
  s.pools.appsrvs.extra = ['http-response set-header X-Test CRASH']
}
/** What kills the proxy when it is loaded cannot be put right where every effect fails from then on. */
const MENDABLE: readonly FaultMode[] = ['transient', 'power', 'full']

const CASES: Readonly<Record<string, Case>> = {
  'a server is added': {
    from: converged,
    serves: true,
    to: (s) => {
      s.pools.appsrvs.servers.wp3 = { node: 'web1', port: 81 }
    },
  },
  'a weight changes': {
    from: converged,
    serves: true,
    to: (s) => {
      s.pools.appsrvs.servers.wp1.weight = 7
    },
  },
  'a route changes': {
    from: converged,
    serves: true,
    to: (s) => {
      s.proxies.web.split.prefixes = ['/assets']
    },
  },
  'a spec dies at load': { from: converged, serves: true, to: dies, stays: 1, modes: MENDABLE },
  'the first install on an empty host': {
    from: async () => createFakeHost(),
    serves: false,
    to: () => undefined,
  },
  'adoption of hand-made files': { from: handMade, serves: true, to: () => undefined },
  'adoption, and the spec dies at load': {
    from: handMade,
    serves: true,
    to: dies,
    stays: 0,
    modes: MENDABLE,
  },
}

/** Passes without faults; time goes on between them, so that retries come due. */
async function settle(agent: Agent, passes: number): Promise<void> {
  for (let i = 0; i < passes; i++) {
    await pass(agent)
    await agent.world.clock.sleep(120_000)
  }
}

const checkServing = (fake: FakeHost, at: string) =>
  assert.equal(fake.serving, true, `serving ${at}`)

const checkDiskLoads = (fake: FakeHost, at: string) => {
  const text = fake.disk.read(CONFIG_PATH)?.body
  assert(text === undefined || loads(text), `disk loads ${at}`)
}

/** Whatever stands in the place of a hand-made text: that text is still on disk, or kept. */
function checkOriginals(fake: FakeHost, at: string): void {
  for (const [path, body] of Object.entries(HAND)) {
    const kept = fake.disk.read(originalPath(STATE, path))?.body
    const there = fake.disk.read(path)?.body === body
    assert(there || kept === body, `the original of ${path} is kept ${at}`)
  }
}

async function checkNeverOlder(fake: FakeHost, atLeast: number, at: string): Promise<void> {
  const seen = (await openMemory(fake.host, STATE)).meta().seenRevision
  assert(seen >= atLeast, `never older ${at}: ${seen} < ${atLeast}`)
}

function checkConverged(agent: Agent, fake: FakeHost, { from, stays }: Case, at: string): void {
  const { condition, reason, runningRevision } = agent.status.summary()
  assert.equal(condition, stays === undefined ? 'Ready' : 'Stalled', `converged ${at}: ${reason}`)
  assert.equal(runningRevision, stays ?? 2, at)
  // Weights and states go over the runtime API: the loaded text may be behind in them, and in nothing else.
  const disk = fake.disk.read(CONFIG_PATH)?.body ?? ''
  assert.equal(withoutLive(fake.daemons.loaded('haproxy') ?? ''), withoutLive(disk), at)
  if (from === handMade && stays !== undefined) assert.equal(disk, HAND[CONFIG_PATH], at)
}

/** One pass with one broken effect, then a restart of the agent and clean passes. True when nothing broke. */
async function broken(name: string, it: Case, n: number, mode: FaultMode): Promise<boolean> {
  const fake = await it.from()
  const offer = { body: bodyOf(it.to), revision: 2, allow: ['blink', 'removals'] }
  const agent = await boot(fake, offer)
  Object.assign(fake.faults, { failAt: n, mode, effects: 0, failures: 0, broken: '' })
  await pass(agent).catch((error: unknown) => {
    if (!(error instanceof InjectedFault)) throw error
  })
  const unbroken = fake.faults.failures === 0
  const at = `${name}, after ${mode} fault at effect ${n}: ${fake.faults.broken}`
  if (mode === 'power') fake.reboot()
  else if (it.serves) checkServing(fake, at)
  fake.faults.failAt = undefined
  // A cut between the write and the load leaves the new text; the next pass tries it, and undoes it.
  if (it.stays === undefined) checkDiskLoads(fake, at)
  if (it.from === handMade) checkOriginals(fake, at)
  await checkNeverOlder(fake, it.from === converged ? 1 : 0, at)
  const again = await boot(fake, offer)
  await settle(again, 3)
  if (it.serves || it.stays === undefined) checkServing(fake, at)
  checkDiskLoads(fake, at)
  if (it.from === handMade) checkOriginals(fake, at)
  checkConverged(again, fake, it, at)
  await checkNeverOlder(fake, 2, at)
  return unbroken
}

for (const [name, it] of Object.entries(CASES)) {
  for (const mode of it.modes ?? FAULT_MODES) {
    test(`${name}: every effect broken, ${mode}`, async () => {
      let n = 0
      while (!(await broken(name, it, n, mode))) {
        n++
        assert(n < EFFECTS_MAX, 'the fault loop does not end')
      }
      assert(n > 10, `a pass with a change has more than ${n} effects`)
    })
  }
}

test('a node that comes back after a power cut starts its daemons without a word of drift', async () => {
  const fake = await converged()
  fake.reboot()
  const agent = await boot(fake, first)
  const said: string[] = []
  agent.status.onEvent(({ kind, text }) => said.push(`${kind}: ${text}`))
  await settle(agent, 3)
  checkServing(fake, 'after the reboot')
  assert.equal(agent.status.summary().condition, 'Ready')
  assert.deepEqual(agent.status.report().drift, [])
  assert.deepEqual(said, ['daemon: nothing ran when the agent started: starts haproxy, keepalived'])
})

test('an interface that has no address yet stops nothing, and is no state to call ready', async () => {
  const fake = await converged()
  const agent = { ...(await boot(fake, first)), facts: async () => ({ ...facts(), addresses: [] }) }
  const before = [fake.daemons.pid('haproxy'), fake.daemons.pid('keepalived')]
  await settle(agent, 3)
  const { condition, reason } = agent.status.summary()
  assert.equal(condition, 'Degraded')
  assert.match(reason, /no interface of lb1 carries its address in vip web/)
  assert.deepEqual([fake.daemons.pid('haproxy'), fake.daemons.pid('keepalived')], before)
  const late = { ...agent, facts: async () => facts() }
  await settle(late, 2)
  assert.equal(late.status.summary().condition, 'Ready')
})
