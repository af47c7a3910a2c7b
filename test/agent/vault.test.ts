// Values of secrets go into files and nowhere else: a whole agent on a fake machine, its places of secrets in a map.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openMemory } from '../../agent/memory.ts'
import { type Agent, pass } from '../../agent/pass.ts'
import { emptyPassState } from '../../agent/pass-state.ts'
import { marksIn } from '../../agent/plan/secrets.ts'
import { CONFIG_PATH } from '../../agent/providers/haproxy/paths.ts'
import { engines } from '../../agent/providers/index.ts'
import { createStatus } from '../../agent/status.ts'
import { openVault } from '../../agent/vault.ts'
import { Secret } from '../../spec/secret.ts'
import { fakeClock } from '../fakes/clock.ts'
import { fakeFacts } from '../fakes/facts.ts'
import { createFakeHost, type FakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { summary } from './plan/fixtures.ts'

const STATE = '/var/lib/hactl'
const VAULT = `${STATE}/vault.json`
const VALUE = 'canary-4711-first'
const OTHER = 'canary-4712-second'
const HASH = '$5$canarysalt$abcdefghijklmnopqrstuvwxyz'

const ref = (name: string): string => `\${secret:${name}}`

const spec = JSON.parse(readFileSync('spec/examples/wordpress.json', 'utf8'))
spec.secrets = { api: { from: 'file:/etc/hactl/api' }, ops: { from: 'credential:ops' } }
spec.stats = { port: 9000, users: { ops: { passwordHash: ref('ops') } } }
const [proxy = ''] = Object.keys(spec.proxies)
spec.proxies[proxy].extra = [`http-request set-header X-Api-Key "${ref('api')}"`]
const BODY = JSON.stringify(spec)

type Node = {
  readonly fake: FakeHost
  readonly agent: Agent
  readonly places: Map<string, string>
  /** Everything the agent said, to anybody. */
  readonly said: string[]
}

async function boot(fake: FakeHost, places: Map<string, string>, body = BODY, revision = 1) {
  const clock = fakeClock()
  const memory = await openMemory(fake.host, STATE)
  const vault = await openVault(VAULT, {
    host: fake.host,
    good: memory.good,
    read: async (place) => {
      const value = places.get(place)
      if (value === undefined) throw new Error(`cannot read ${place}: ENOENT`)
      return new Secret(value)
    },
  })
  const world = { host: vault.sealed(fake.host), clock, random: fakeRandom(1) }
  const status = createStatus(world, memory, 'lb1', 'test', vault.redact)
  const said: string[] = []
  status.onEvent((event) => said.push(JSON.stringify(event)))
  status.onChange(() => said.push(JSON.stringify(status.report())))
  let offered = false
  const fetch = async () => {
    const now = offered ? undefined : { body, revision, allow: [] }
    offered = true
    return now
  }
  const peer = () => new Map([['lb2', summary('lb2', { running: memory.meta().wantedDigest })]])
  const agent: Agent = {
    ...{ world, node: 'lb1', engines, memory, vault, status },
    peers: { latest: peer, refresh: async () => peer() },
    sources: [{ name: 'fake', fetch }],
    facts: async () => fakeFacts('lb1', '172.18.67.13'),
    signal: new AbortController().signal,
    proofs: new Map(),
    state: emptyPassState(),
  }
  return { fake, agent, places, said }
}

const known = () =>
  new Map([
    ['file:/etc/hactl/api', VALUE],
    ['credential:ops', HASH],
  ])

async function passes({ agent }: Node, times = 2) {
  for (let n = 0; n < times; n++) await pass(agent)
  return agent.status.summary()
}

async function ready(body = BODY): Promise<Node> {
  const node = await boot(createFakeHost(), known(), body)
  const { condition, reason } = await passes(node)
  assert.equal(`${condition} ${reason}`, 'Ready ')
  return node
}

const holding = ({ fake }: Node, text: string): readonly string[] =>
  fake.disk.paths().filter((path) => fake.disk.read(path)?.body.includes(text))

test('a value stands in the file that needs it, in the vault, and nowhere else', async () => {
  const node = await ready()
  const file = node.fake.disk.read(CONFIG_PATH)
  assert.match(file?.body ?? '', new RegExp(`X-Api-Key "${VALUE}"`))
  assert.ok(file?.body.includes(`user ops password ${HASH}`))
  assert.equal(file?.mode, 0o600)
  for (const text of [VALUE, HASH]) assert.deepEqual(holding(node, text), [CONFIG_PATH, VAULT])
  assert.equal(node.fake.disk.read(VAULT)?.mode, 0o600)
  assert.doesNotMatch(node.said.join('\n'), /canary/)
  // Nor do the texts that the agent works with hold it.
  const read = await node.agent.world.host.read(CONFIG_PATH)
  assert.deepEqual(
    marksIn(read?.body ?? '').map(({ name }) => name),
    ['ops', 'api'],
  )
})

test('the password of a vip goes into keepalived.conf, which nobody else reads', async () => {
  const next = structuredClone(spec)
  next.secrets.vrrp = { from: 'credential:vrrp' }
  const auth = { type: 'pass', password: ref('vrrp') }
  Object.assign(next.vips.web, { vrrpVersion: 2, takeoverMs: 4_000, auth })
  const places = known().set('credential:vrrp', 'canary-v')
  const node = await boot(createFakeHost(), places, JSON.stringify(next))
  assert.equal((await passes(node)).reason, '')
  const file = node.fake.disk.read('/etc/keepalived/keepalived.conf')
  assert.match(file?.body ?? '', /auth_type PASS\n\s+auth_pass canary-v\n/)
  assert.equal(file?.mode, 0o600)
  // What keepalived would read as a definition is not written.
  places.set('credential:vrrp', 'canary$v')
  assert.match((await passes(node)).reason, /secret vrrp does not fit into .*keepalived.conf/)
  assert.doesNotMatch(node.said.join('\n'), /canary/)
})

test('another value is another configuration: loaded, proved, said by name; the old one is forgotten', async () => {
  const node = await ready()
  const before = node.fake.daemons.loaded('haproxy') ?? ''
  node.places.set('file:/etc/hactl/api', OTHER)
  assert.equal((await passes(node)).condition, 'Ready')
  const after = node.fake.daemons.loaded('haproxy') ?? ''
  assert.ok(before.includes(VALUE) && after.includes(OTHER) && !after.includes(VALUE))
  assert.notEqual(/hactl:(\w+)/.exec(before)?.[1], /hactl:(\w+)/.exec(after)?.[1])
  assert.match(node.said.join('\n'), /has another value of secret api/)
  assert.doesNotMatch(node.said.join('\n'), /canary/)
  await passes(node, 1)
  assert.deepEqual(holding(node, VALUE), [])
})

test('a value that the daemon cannot load is taken back to the one before, and not repeated by anybody', async () => {
  for (const bad of ['canary-BROKEN-1', 'canary-CRASH-22']) {
    const node = await ready()
    node.places.set('file:/etc/hactl/api', bad)
    const { reason } = await passes(node, 1)
    assert.notEqual(reason, '', bad)
    assert.ok(node.fake.daemons.loaded('haproxy')?.includes(VALUE), bad)
    assert.ok(node.fake.disk.read(CONFIG_PATH)?.body.includes(VALUE), bad)
    // Also for an agent that is killed now: the way back stands on disk.
    assert.ok(holding(node, VALUE).includes(VAULT), bad)
    assert.doesNotMatch(node.said.join('\n'), /canary/)
    assert.doesNotMatch(node.fake.disk.read(`${STATE}/meta.json`)?.body ?? '', /canary/)
  }
})

test('a new spec that a value breaks is quarantined, and the reason on disk does not hold it', async () => {
  const node = await ready()
  const next = structuredClone(spec)
  next.secrets.bad = { from: 'file:/etc/hactl/bad' }
  next.proxies[proxy].extra.push(`http-request ${ref('bad')}`)
  node.places.set('file:/etc/hactl/bad', 'canary-BROKEN-9')
  const again = await boot(node.fake, node.places, JSON.stringify(next), 2)
  const { condition, reason } = await passes(again)
  assert.equal(condition, 'Stalled')
  assert.match(reason, /haproxy refuses the configuration: .*unknown keyword '\[secret\]'/)
  const meta = node.fake.disk.read(`${STATE}/meta.json`)?.body ?? ''
  assert.match(meta, /unknown keyword '\[secret\]'/)
  assert.doesNotMatch(`${meta}${again.said.join()}`, /canary/)
  assert.ok(node.fake.serving)
})

test('a file is for root alone for no other reason than the value in it', async () => {
  const plain = structuredClone(spec)
  delete plain.stats
  const node = await ready(JSON.stringify(plain))
  assert.equal(node.fake.disk.read(CONFIG_PATH)?.mode, 0o600)
  delete plain.proxies[proxy].extra
  delete plain.secrets
  const open = await ready(JSON.stringify(plain))
  assert.equal(open.fake.disk.read(CONFIG_PATH)?.mode, 0o644)
})

test('a secret that cannot be had stalls the node: nothing is changed, and it goes on by itself later', async () => {
  const node = await boot(createFakeHost(), new Map([['credential:ops', HASH]]))
  const { condition, reason } = await passes(node)
  assert.equal(condition, 'Stalled')
  assert.match(reason, /nothing is changed: secret api: cannot read file:\/etc\/hactl\/api: ENOENT/)
  assert.equal(node.fake.disk.read(CONFIG_PATH), undefined)
  node.places.set('file:/etc/hactl/api', VALUE)
  assert.equal((await passes(node)).condition, 'Ready')
})

test('one that goes away later takes nothing down', async () => {
  const node = await ready()
  node.places.clear()
  assert.equal((await passes(node)).condition, 'Stalled')
  assert.ok(node.fake.daemons.loaded('haproxy')?.includes(VALUE))
  assert.ok(node.fake.serving)
})

test('no value breaks out of its place', async () => {
  const bad = [
    'two words',
    'a"b',
    "a'b",
    'a\\b',
    'a#b',
    'a$b',
    'a{b',
    'a;b',
    'x\nbackend y',
    'a%b',
    '\u0000abc',
  ]
  for (const value of bad) {
    const node = await boot(createFakeHost(), known().set('file:/etc/hactl/api', value))
    const { condition, reason } = await passes(node)
    assert.equal(condition, 'Stalled', value)
    assert.match(reason, /secret api does not fit into \/etc\/haproxy\/haproxy.cfg/)
    assert.equal(reason.includes(value), false)
    assert.equal(node.fake.disk.read(CONFIG_PATH), undefined)
  }
})

test('a restart knows what it wrote; a vault that is gone costs a reload and no service', async () => {
  const node = await ready()
  const again = await boot(node.fake, node.places)
  await passes(again, 1)
  assert.equal(again.agent.status.report().steps.length, 0)
  node.fake.disk.remove(VAULT)
  const late = await boot(node.fake, node.places)
  assert.equal((await passes(late)).condition, 'Ready')
  assert.ok(node.fake.serving)
  assert.doesNotMatch(late.said.join('\n'), /canary/)
})

test('what a hand wrote beside a value is drift, and is never shown with it', async () => {
  const node = await ready()
  const file = node.fake.disk.read(CONFIG_PATH)
  node.fake.disk.write(CONFIG_PATH, `${file?.body}# by hand, key ${VALUE}\n`, 0o600)
  assert.equal((await passes(node)).condition, 'Ready')
  assert.equal(node.fake.disk.read(CONFIG_PATH)?.body, file?.body)
  assert.doesNotMatch(node.said.join('\n'), /canary/)
})

test('an original with the same value in it comes back byte for byte', async () => {
  const fake = createFakeHost()
  const original = `global\n    # key ${VALUE}\nlisten app\n    bind :80\n`
  fake.disk.write(CONFIG_PATH, original, 0o644)
  const node = await boot(fake, known())
  assert.equal((await passes(node)).reason, '')
  const kept = fake.disk.paths().find((path) => path.startsWith(`${STATE}/originals/`)) ?? ''
  assert.equal(fake.disk.read(kept)?.body, original)
})

test('a fingerprint tells a change to this node and nothing to anybody else', async () => {
  const prints = async () => {
    const node = await ready()
    const file = await node.agent.world.host.read(CONFIG_PATH)
    return marksIn(file?.body ?? '').map(({ print }) => print)
  }
  const [one, two] = [await prints(), await prints()]
  assert.equal(one.length, 2)
  assert.ok(one.every((print) => !two.includes(print)))
})

test('a short value changes nothing that the agent reads, and is masked in what it says', async () => {
  const node = await boot(createFakeHost(), known().set('file:/etc/hactl/api', '8080'))
  assert.equal((await passes(node)).reason, '')
  node.fake.disk.write('/proc/here', 'port 8080', 0o444)
  assert.equal((await node.agent.world.host.read('/proc/here'))?.body, 'port 8080')
  node.agent.status.event('agent', 'got 8080')
  assert.match(node.said.at(-1) ?? '', /got \[secret\]/)
})

test('whatever a file holds, what is read of it is written back as it was', async () => {
  const node = await ready()
  const { host } = node.agent.world
  for (const body of [
    VALUE,
    `${VALUE}${VALUE}`,
    `x ${HASH} ${VALUE}\n`,
    'nothing',
    `${ref('api')} ${VALUE}`,
  ]) {
    node.fake.disk.write('/tmp/there', body, 0o644)
    const read = await host.read('/tmp/there')
    assert.doesNotMatch(read?.body ?? '', /canary/)
    await host.write('/tmp/back', read?.body ?? '', 0o644)
    assert.equal(node.fake.disk.read('/tmp/back')?.body, body)
  }
  assert.equal(node.fake.disk.read('/tmp/back')?.mode, 0o600)
})
