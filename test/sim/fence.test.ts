// Two nodes that may fence each other, on virtual time: links that come and go, specs that disagree, agents that die. Never a shot at each other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFencing } from '../../agent/fencing.ts'
import { splitTurn, type SplitDeps, type Splits } from '../../agent/split.ts'
import { holdsOf } from '../../agent/status.ts'
import type { Exec, Random } from '../../agent/world.ts'
import type { Summary } from '../../spec/report.ts'
import { cluster, summary } from '../agent/plan/fixtures.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { clockOf, createTimeline, type Timeline } from './timeline.ts'

const STEP_MS = 250
const STEPS = 400
const CONFIRM_MS = 1_500
const SEEDS = 40
const NO_PROGRAM = { code: 127, signal: null, stdout: '', stderr: '' }
/** Two specs, in which the other one has the higher priority. */
const fence = (text: string) => text.replace('"peers"', '"onSplit": "fence", "peers"')
const SPECS = [
  cluster(fence),
  cluster((text) => fence(text).replace('"priority": 150', '"priority": 50')),
]
const VIP = '172.18.67.33'

type Node = {
  readonly name: string
  readonly fake: ReturnType<typeof createFakeHost>
  on: boolean
  agent: number
  spec: number
}

type Net = {
  readonly timeline: Timeline
  readonly random: Random
  readonly links: { readonly talk: boolean }
  readonly said: (node: Node) => Summary
  readonly other: (node: Node) => Node
  readonly shoot: (by: Node) => Promise<Exec>
}

/** One life of the agent's look for a second holder. */
async function live(net: Net, node: Node): Promise<void> {
  const { timeline, random, links, said, other, shoot } = net
  const life = ++node.agent
  const clock = clockOf(timeline, () => 0)
  const ask = async () => {
    await timeline.sleep(random.between(0, 100))
    const to = other(node)
    return new Map(links.talk && to.on && node.on ? [[to.name, said(to)]] : [])
  }
  const status = { summary: () => said(node), details: () => undefined, event: () => undefined }
  const fencing = await openFencing({
    ...{ node: node.name, directory: '/s', clock, status, ask },
    config: { command: ['/off'], confirmMs: CONFIRM_MS },
    host: {
      ...node.fake.host,
      run: async ([program]) => (program === '/off' ? shoot(node) : NO_PROGRAM),
    },
  })
  const deps: SplitDeps = {
    ...{ node: node.name, clock, status, ask, fencing, yields: new Map() },
    cluster: () => SPECS[node.spec],
    askNear: async () => false,
  }
  let splits: Splits = new Map()
  while (node.agent === life && node.on) {
    splits = await splitTurn(deps, splits)
    await timeline.sleep(500)
  }
}

function scenario(seed: number) {
  const timeline = createTimeline()
  const random = fakeRandom(seed)
  const nodes: readonly Node[] = ['lb1', 'lb2'].map((name) => ({
    ...{ name, fake: createFakeHost(), on: true, agent: 0, spec: 0 },
  }))
  const links = { talk: true, vrrp: true }
  const shots: string[] = []
  const inFlight = new Set<string>()
  const other = (node: Node): Node => nodes.find((one) => one !== node) ?? assert.fail()
  const said = (node: Node) => {
    const spec = SPECS[node.spec]
    const { digest } = spec ?? assert.fail()
    const holds = holdsOf(spec, node.fake.addresses)
    return summary(node.name, { running: digest, wanted: digest, holds })
  }
  /** Takes a while, and the node is off only then. */
  const shoot = async (by: Node) => {
    const victim = other(by)
    assert(by.on, `seed ${seed}: a node that is off shoots`)
    assert.equal(inFlight.size, 0, `seed ${seed}: ${by.name} shoots while ${[...inFlight]} does`)
    shots.push(by.name)
    inFlight.add(by.name)
    await timeline.sleep(random.between(0, 2_000))
    inFlight.delete(by.name)
    const works = random.between(0, 3) > 0
    if (works) Object.assign(victim, { on: false, agent: victim.agent + 1 })
    return { code: works ? 0 : 1, signal: null, stdout: '', stderr: '' }
  }
  const start = (node: Node) => live({ timeline, random, links, said, other, shoot }, node)
  /** Without VRRP both hold it; with it, the higher one of those that are on. */
  const elect = (): void => {
    for (const node of nodes) {
      const alone = !links.vrrp || !other(node).on
      const holds = node.on && (alone || node.name === 'lb1')
      node.fake.addresses.length = 0
      if (holds) node.fake.addresses.push({ interface: 'eth0', address: VIP, prefix: 32 })
    }
  }
  const happen = (): void => {
    const node = nodes[random.between(0, 1)] ?? assert.fail()
    const events = [
      () => (links.talk = !links.talk),
      () => (links.vrrp = !links.vrrp),
      () => (links.vrrp = !links.vrrp),
      () => (node.spec = 1 - node.spec),
      () => (other(node).spec = node.spec),
      () => void (node.on && start(node)),
      () => {
        if (node.on) return
        node.on = true
        void start(node)
      },
    ]
    events[random.between(0, events.length - 1)]?.()
  }
  const run = async () => {
    for (const node of nodes) void start(node)
    for (let step = 0; step < STEPS; step++) {
      if (random.between(0, 11) === 0) happen()
      elect()
      await timeline.advance(STEP_MS)
    }
    for (const node of nodes) node.agent++
    return shots
  }
  return run()
}

test('over many cuts, kills and specs that disagree: shots are fired, and never two at a time', async () => {
  let fired = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const shots = await scenario(seed)
    fired += shots.length
    // One incident each, ten minutes apart at least, unless the other one had its turn in a spec of its own.
    for (const name of ['lb1', 'lb2'])
      assert(shots.filter((by) => by === name).length <= 1, `seed ${seed}: ${shots.join()}`)
  }
  assert(fired >= SEEDS / 4, `${fired} shots in ${SEEDS} seeds`)
})
