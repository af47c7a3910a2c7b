// A node with keys takes what they signed for its cluster, never older: whatever is offered, and whatever its disk forgot.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accept } from '../../agent/accept.ts'
import { openMemory } from '../../agent/memory.ts'
import { type Agent, pass } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { engines } from '../../agent/providers/index.ts'
import { createStatus } from '../../agent/status.ts'
import { openTrust, trustPath, type TrustPolicy } from '../../agent/trust.ts'
import type { Fetched, Source } from '../../agent/world.ts'
import { SPEC_BYTES_MAX } from '../../spec/limits.ts'
import { parsePrivateKey, privateKeyText } from '../../spec/trust/ssh-key.ts'
import { signSsh } from '../../spec/trust/sshsig.ts'
import { signer, signSpec } from '../../spec/trust/statement.ts'
import { fakeClock } from '../fakes/clock.ts'
import { fakeFacts } from '../fakes/facts.ts'
import { createFakeHost, type FakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { summary } from './plan/fixtures.ts'

const STATE = '/var/lib/hactl'
const made = (byte: number) =>
  parsePrivateKey(privateKeyText({ seed: Buffer.alloc(32, byte), check: 1, comment: '' }))
const ada = made(1)
const eve = made(2)

const EXAMPLE: Record<string, unknown> = JSON.parse(
  readFileSync('spec/examples/wordpress.json', 'utf8'),
)
const CLUSTER = String(EXAMPLE['cluster'])
const specOf = (serial: number | undefined, change: object = {}) =>
  JSON.stringify({ ...EXAMPLE, ...(serial !== undefined && { serial }), ...change })
const policy: TrustPolicy = { cluster: CLUSTER, keys: [ada.public] }

/** The hub makes up the revision: it may be anything. */
const offer = async (
  body: string,
  { by = ada, allow = [], revision = 1, scope = {} }: Partial<OfferChange> = {},
): Promise<Fetched> => ({
  body,
  revision,
  allow,
  signature: await signSpec(signer(by), body, { cluster: CLUSTER, serial: 5, allow, ...scope }),
})
type OfferChange = {
  by: typeof ada
  allow: readonly string[]
  revision: number
  scope: object
}

async function node(fake: FakeHost = createFakeHost(), change: Partial<TrustPolicy> = {}) {
  const memory = await openMemory(fake.host, STATE)
  const trust = await openTrust(fake.host, memory, { ...policy, ...change })
  return { fake, memory, trust, take: (fetched: Fetched) => accept(memory, fetched, trust) }
}
const diskOf = ({ disk }: FakeHost, which: (path: string) => boolean = () => true) =>
  JSON.stringify(
    disk
      .paths()
      .filter(which)
      .map((path) => [path, disk.read(path)]),
  )

async function why(taking: ReturnType<typeof accept>): Promise<string> {
  const accepted = await taking
  return accepted.kind === 'refused' ? accepted.why : accepted.kind
}

const attacks: readonly [string, (good: string) => Promise<Fetched>, RegExp][] = [
  ['unsigned', async (body) => ({ body, revision: 9, allow: [] }), /it is not signed/],
  ['empty signature', async (body) => ({ ...(await offer(body)), signature: '' }), /not signed/],
  ['a key of somebody else', (body) => offer(body, { by: eve }), /none of trust\.keys/],
  [
    'made for another purpose',
    async (body) => ({ ...(await offer(body)), signature: signSsh(ada, 'git', body) }),
    /another purpose/,
  ],
  [
    'one byte of the text changed',
    async (body) => ({ ...(await offer(body)), body: body.replace('"port":80', '"port":81') }),
    /does not fit the text/,
  ],
  [
    'cut short',
    async (body) => ({ ...(await offer(body)), body: body.slice(0, -1) }),
    /does not fit the text/,
  ],
  [
    'the signature cut short',
    async (body) => {
      const { signature = '', ...rest } = await offer(body)
      return { ...rest, signature: signature.slice(0, 150) }
    },
    /has no -----BEGIN/,
  ],
  ['signed, of another cluster', () => offer(specOf(9, { cluster: 'bank' })), /of cluster bank/],
  ['signed, without a serial', () => offer(specOf(undefined)), /no serial/],
  ['signed, and no JSON', () => offer('{ "version": 1, '), /invalid spec: HA001/],
  ['signed, nested deeply', () => offer('['.repeat(100_000)), /invalid spec: HA003/],
  [
    'unsigned, nested deeply',
    async () => ({ body: '['.repeat(500_000), revision: 9, allow: [] }),
    /not signed/,
  ],
  [
    '100 MB',
    async (body) => ({ ...(await offer(body)), body: ' '.repeat(100e6) }),
    /over \d+ bytes/,
  ],
]
for (const [name, make, says] of attacks)
  test(`refused, and nothing is written: ${name}`, async () => {
    const { fake, memory, take } = await node()
    assert.equal(await why(take(await offer(specOf(5)))), 'new')
    const disk = diskOf(fake)
    assert.match(await why(take(await make(specOf(9)))), says)
    assert.equal(diskOf(fake), disk)
    assert.equal(memory.spec('wanted'), specOf(5))
  })

test('the limit that refuses 100 MB is that of any spec', () => assert.ok(SPEC_BYTES_MAX < 100e6))

test('an older one is refused whatever revision the hub claims, also after a restart', async () => {
  const { fake, take } = await node()
  const old = await offer(specOf(4))
  assert.equal(await why(take(old)), 'new')
  assert.equal(await why(take(await offer(specOf(5, { rollout: { removalsMax: 2 } })))), 'new')
  for (const revision of [0, 1, 2, 1e12]) {
    const again = await node(fake)
    assert.match(await why(again.take({ ...old, revision })), /serial 4 is older than 5/)
  }
})

test('a revision that the hub made up keeps no later spec out', async () => {
  const { take } = await node()
  assert.equal(await why(take(await offer(specOf(5), { revision: 1e12 }))), 'new')
  assert.equal(await why(take(await offer(specOf(6, { rollout: {} }), { revision: 2 }))), 'new')
})

test('two texts with one serial: the first that was taken stays', async () => {
  const { take } = await node()
  assert.equal(await why(take(await offer(specOf(5)))), 'new')
  const other = await offer(specOf(5, { rollout: { removalsMax: 2 } }))
  assert.match(await why(take(other)), /serial 5 was taken with another text/)
})

test('the same signed text again under a new revision lifts no quarantine', async () => {
  const { memory, take } = await node()
  await take(await offer(specOf(5)))
  await memory.update({ failedDigest: memory.meta().wantedDigest, failedReason: 'broken' })
  assert.equal(await why(take(await offer(specOf(5), { revision: 8 }))), 'same')
  assert.equal(memory.meta().failedReason, 'broken')
  assert.equal(memory.meta().wantedRevision, 8)
  assert.equal(await why(take(await offer(specOf(6), { revision: 9 }))), 'new')
  assert.equal(memory.meta().failedDigest, '')
})

test('only overrides that were signed with the spec count', async () => {
  const allow = ['removals']
  const allowedBy = async (fetched: Fetched) => {
    const { memory, take } = await node()
    assert.equal(await why(take(fetched)), 'new')
    return memory.meta().allow
  }
  const good = await offer(specOf(5), { allow })
  assert.deepEqual(await allowedBy(good), allow)
  assert.deepEqual(await allowedBy({ ...good, allow: ['empty', 'removals'] }), [])
  assert.deepEqual(await allowedBy({ ...(await offer(specOf(5))), allow }), [])
  const other = await offer(specOf(5), { allow, scope: { serial: 4 } })
  assert.deepEqual(await allowedBy(other), [])
})

test('a damaged record falls back on the wanted spec on disk', async () => {
  for (const damage of ['', '{"serial":', '{}', '{"serial":1,"text":"x"}', undefined]) {
    const { fake, take } = await node()
    await take(await offer(specOf(5)))
    if (damage === undefined) await fake.host.remove(trustPath(STATE))
    else await fake.host.write(trustPath(STATE), damage, 0o600)
    const again = await node(fake)
    assert.match(await why(again.take(await offer(specOf(4)))), /older than 5/)
    assert.equal(await why(again.take(await offer(specOf(5)))), 'new')
  }
})

test('where the wanted spec is gone too, nothing is taken until the operator says from where on', async () => {
  for (const lost of ['meta.json', 'spec-wanted.json']) {
    const { fake, take } = await node()
    await take(await offer(specOf(5)))
    await fake.host.write(trustPath(STATE), '', 0o600)
    await fake.host.write(`${STATE}/spec-wanted.json`, '{', 0o600)
    await fake.host.write(`${STATE}/${lost}`, '{', 0o600)
    const again = await node(fake)
    assert.match(
      await why(again.take(await offer(specOf(9)))),
      /set trust\.serialMin in agent\.json/,
    )
    const told = await node(fake, { serialMin: 6 })
    assert.match(await why(told.take(await offer(specOf(5)))), /below trust\.serialMin 6/)
    assert.equal(await why(told.take(await offer(specOf(6)))), 'new')
  }
})

test('a new node takes none below serialMin', async () => {
  const { take } = await node(createFakeHost(), { serialMin: 8 })
  assert.match(await why(take(await offer(specOf(7)))), /below trust\.serialMin 8/)
  assert.equal(await why(take(await offer(specOf(8)))), 'new')
})

/** A whole agent, with a source that says what it is told to. */
async function agentOf(fake: FakeHost, next: () => Fetched | undefined, trusting = true) {
  const world = { host: fake.host, clock: fakeClock(), random: fakeRandom(1) }
  const memory = await openMemory(fake.host, STATE)
  const trust = trusting ? await openTrust(fake.host, memory, policy) : undefined
  const source: Source = { name: 'hub', fetch: async () => next() }
  const peers = new Map([['lb2', summary('lb2', {})]])
  const agent: Agent = {
    world,
    node: 'lb1',
    engines,
    memory,
    trust,
    status: createStatus(world, memory, 'lb1', 'test'),
    peers: { latest: () => peers, refresh: async () => peers },
    sources: [source],
    facts: async () => fakeFacts('lb1', '172.18.67.13'),
    signal: new AbortController().signal,
    proofs: new Map(),
    state: emptyPassState(trust?.doubt()),
  }
  return agent
}
async function passes(agent: Agent, count = 8) {
  for (let n = 0; n < count; n++) await pass(agent)
  return agent.status.summary()
}
/** Everything of the machine that is not the agent's own memory. */
const machine = (fake: FakeHost) =>
  JSON.stringify([
    diskOf(fake, (path) => !path.startsWith(STATE) && !path.startsWith('/proc')),
    ['haproxy', 'keepalived'].map((name) => [fake.daemons.pid(name), fake.daemons.loaded(name)]),
    [...fake.sysctls],
    fake.addresses,
  ])

test('a stolen hub: nothing that it makes up changes the node, and the reason stands in the status', async () => {
  const fake = createFakeHost()
  let next: Fetched | undefined = await offer(specOf(5))
  const agent = await agentOf(fake, () => next)
  const ready = await passes(agent)
  assert.equal(ready.condition, 'Ready', ready.reason)
  const before = machine(fake)
  assert.match(before, /haproxy/)
  for (const [name, make] of attacks) {
    next = await make(specOf(9, { rollout: { drift: 'report' }, pools: {} }))
    // What is signed and for now is no attack.
    const now = await passes(agent, 3)
    assert.equal(now.condition, 'Stalled', name)
    assert.match(now.reason, /the source offers/, name)
    assert.equal(machine(fake), before, name)
    assert.equal(now.running, ready.running, name)
  }
  next = await offer(specOf(5), { revision: 77 })
  assert.equal((await passes(agent)).condition, 'Ready')
})

test('keys that come to a running node: an unsigned spec stays where it runs, one that does not run is not tried', async () => {
  const fake = createFakeHost()
  const unsigned: Fetched = { body: specOf(undefined), revision: 1, allow: [] }
  assert.equal((await passes(await agentOf(fake, () => unsigned, false))).condition, 'Ready')
  const before = machine(fake)
  const now = await passes(await agentOf(fake, () => undefined))
  assert.equal(now.condition, 'Stalled')
  assert.match(now.reason, /stays at what it proved/)
  assert.equal(machine(fake), before)
  const fresh = createFakeHost()
  const memory = await openMemory(fresh.host, STATE)
  await accept(memory, unsigned)
  const empty = machine(fresh)
  assert.equal((await passes(await agentOf(fresh, () => undefined))).condition, 'Stalled')
  assert.equal(machine(fresh), empty)
})

test('a wait for a confirmation goes on when the hub offers the same again under another number', async () => {
  const { memory, take } = await node()
  await take(await offer(specOf(5)))
  await memory.keepSpec('proven', specOf(5))
  const next = specOf(6, { rollout: { removalsMax: 2 } })
  const waiting = { ...(await offer(next, { revision: 2 })), confirmMs: 60_000 }
  assert.equal(await why(take(waiting)), 'new')
  assert.deepEqual(memory.meta().confirm, { revision: 2, leftMs: 60_000 })
  assert.equal(await why(take({ ...waiting, revision: 3, confirmMs: 3_600_000 })), 'same')
  assert.deepEqual(memory.meta().confirm, { revision: 3, leftMs: 60_000 })
  assert.equal(await why(take(await offer(next, { revision: 4 }))), 'same')
  assert.equal(memory.meta().confirm, undefined)
})
