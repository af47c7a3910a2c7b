// Giving way: only to a higher priority that is proved to serve, only while it does, and back without flapping.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { healthTargets, splitTargets } from '../../agent/health-targets.ts'
import { openMemory } from '../../agent/memory.ts'
import { type Splits, splitTurn } from '../../agent/split.ts'
import { createStatus } from '../../agent/status.ts'
import { type Yielding, yieldTurn } from '../../agent/yield.ts'
import { checkSpec } from '../../spec/check.ts'
import type { ClusterVip } from '../../spec/cluster.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { summaryOf } from '../site/kit.ts'

const text = readFileSync('spec/examples/haproxy-regex.json', 'utf8')
const { cluster } = checkSpec(text.replace('"vrid"', '"onSplit": "yield", "vrid"'))
assert.ok(cluster)
const [web] = cluster.vips
assert.ok(web?.onSplit === 'yield')
const HOLD = ['web/192.168.13.144']
const LOSER = web.peers.at(-1)?.node ?? ''
const WINNER = web.peers[0]?.node ?? ''

type Word = {
  readonly holds?: boolean
  readonly ready?: boolean
  readonly silent?: boolean
  readonly near?: boolean
  readonly split?: boolean
}
/** Half a second each: what the winner says. */
function looks(vip: ClusterVip, node: string, other: string, words: readonly Word[]) {
  let was: Yielding | undefined
  return words.map((word, at) => {
    const said = { ...summaryOf(other, word.holds === false ? [] : HOLD) }
    const condition = word.ready === false ? ('Degraded' as const) : said.condition
    const { next } = yieldTurn(vip, was, {
      node,
      answers: new Map(word.silent === true ? [] : [[other, { ...said, condition }]]),
      near: new Set(word.near === true ? [other] : []),
      others: word.split === false ? [] : [other],
      nowMs: at * 500,
    })
    was = next
    return next.to
  })
}

test('the lower priority gives way to a peer that holds it and is Ready; the higher never', () => {
  assert.deepEqual(looks(web, LOSER, WINNER, [{}]), [WINNER])
  assert.deepEqual(looks(web, WINNER, LOSER, [{}]), [''])
  assert.deepEqual(looks({ ...web, onSplit: 'report' }, LOSER, WINNER, [{}]), [''])
})

test('not to one that is silent, does not hold it, or is not in order', () => {
  for (const word of [{ silent: true }, { holds: false }, { ready: false }, { split: false }])
    assert.deepEqual(looks(web, LOSER, WINNER, [word]), [''])
})

test('it takes the vip back as soon as the other does not say that it serves', () => {
  for (const word of [{ silent: true }, { holds: false }, { ready: false }])
    assert.deepEqual(looks(web, LOSER, WINNER, [{}, { split: false }, { split: false, ...word }]), [
      WINNER,
      WINNER,
      '',
    ])
})

test("it listens again once the vip's own network has carried the other's word for a while, longer each time", () => {
  const near = { near: true, split: false }
  const cut = { split: false }
  assert.deepEqual(looks(web, LOSER, WINNER, [{}, near, near, cut, near, near, near, near]), [
    ...Array(7).fill(WINNER),
    '',
  ])
  // Still two masters: the network carries TCP and no VRRP.
  const again = looks(web, LOSER, WINNER, [{}, ...Array(4).fill(near), {}, ...Array(7).fill(near)])
  assert.equal(again.indexOf(''), 4)
  assert.equal(again.lastIndexOf(''), 12)
})

test('the health file of a vip that may be given up is its own target', () => {
  assert.deepEqual(splitTargets(cluster, LOSER), [{ vip: 'web', url: 'split:web' }])
  assert.ok(healthTargets(cluster, LOSER).every(({ url }) => !url.startsWith('split:')))
})

test('a look of the agent: the vip is given up after the split has lasted, and the winner is asked near', async () => {
  const clock = fakeClock()
  const world = { host: createFakeHost().host, clock, random: fakeRandom(1) }
  const status = createStatus(world, await openMemory(world.host, '/state'), LOSER, 'test')
  const events: string[] = []
  status.onEvent((event) => events.push(event.text))
  const yields = new Map<string, Yielding>()
  let near = false
  const deps = {
    ...{ node: LOSER, clock, status, cluster: () => cluster, yields },
    ask: async () => new Map([[WINNER, summaryOf(WINNER, HOLD)]]),
    askNear: async () => near,
  }
  let splits: Splits = new Map()
  const turns = async (count: number) => {
    for (let n = 0; n < count; n++) {
      splits = await splitTurn(deps, splits)
      clock.advance(500)
    }
  }
  status.holds(HOLD)
  await turns(2)
  assert.equal(yields.get('web')?.to ?? '', '')
  await turns(1)
  assert.equal(yields.get('web')?.to, WINNER)
  status.holds([])
  await turns(10)
  assert.equal(yields.get('web')?.to, WINNER)
  near = true
  await turns(4)
  assert.equal(yields.get('web')?.to, '')
  assert.deepEqual(
    events.filter((text) => text.includes('gives way') || text.includes('no longer gives')),
    [
      `vip web: gives way to ${WINNER}, which has the higher priority and serves it`,
      `vip web: no longer gives way, ${WINNER} answers on the vip's own network again`,
    ],
  )
})
