// A second holder is seen by each side, told once it lasts, and told again when it is over.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { NO_SECRET } from '../../spec/secret.ts'
import { askNodes, placesOf } from '../../agent/peers.ts'
import { lookForSplits, type Splits, splitTurn } from '../../agent/split.ts'
import { openMemory } from '../../agent/memory.ts'
import { createStatus } from '../../agent/status.ts'
import { checkSpec } from '../../spec/check.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { summaryOf } from '../site/kit.ts'

const { cluster } = checkSpec(readFileSync('spec/examples/haproxy-regex.json', 'utf8'))
const HOLD = ['web/192.168.13.144']

/** Each second: what this node holds, and what the peer says; undefined is silence. */
function told(...seconds: readonly (readonly [boolean, boolean | undefined])[]): string[] {
  let splits: Splits = new Map()
  return seconds.flatMap(([mine, theirs], second) => {
    const answers = theirs === undefined ? [] : [summaryOf('backup', theirs ? HOLD : [])]
    const look = lookForSplits(
      splits,
      cluster?.vips ?? [],
      summaryOf('master', mine ? HOLD : []),
      new Map(answers.map((one) => [one.node, one])),
      second * 1_000,
    )
    splits = look.splits
    return look.says.map((say) => `${second} s: ${say}`)
  })
}
const BEGAN = 'split brain: vip web (192.168.13.144) is held here and by backup'
const OVER = 'split brain over: vip web (192.168.13.144) is'

test('a move in which both hold it for a moment is no split', () => {
  assert.deepEqual(
    told([true, false], [true, true], [false, true], [true, true], [true, false]),
    [],
  )
})

test('two holders are told once, after a second; the end by the side that keeps it', () => {
  const both = [true, true] as const
  assert.deepEqual(told(both, both, both, both, [true, false], [true, false], [true, false]), [
    `1 s: ${BEGAN}`,
    `5 s: ${OVER} held by this node alone, after 4 s`,
  ])
})

test('the side that gives it up names who has it, or says that it does not know', () => {
  const both = [true, true] as const
  assert.deepEqual(
    told(both, both, [false, true], [false, true]).at(-1),
    `3 s: ${OVER} held by backup alone, after 2 s`,
  )
  assert.deepEqual(
    told(both, both, [false, undefined], [false, undefined]).at(-1),
    `3 s: ${OVER} no longer held here, after 2 s`,
  )
})

test('silence of the other does not end it', () => {
  const both = [true, true] as const
  assert.deepEqual(told(both, both, [true, undefined], [true, undefined], [true, undefined]), [
    `1 s: ${BEGAN}`,
  ])
})

test('it stands in the report before what the doctor found, and leaves it again', async () => {
  assert.ok(cluster)
  const clock = fakeClock()
  const world = { host: createFakeHost().host, clock, random: fakeRandom(1) }
  const status = createStatus(world, await openMemory(world.host, '/state'), 'master', 'test')
  const events: string[] = []
  status.onEvent((event) => events.push(event.text))
  const asked: (readonly string[])[] = []
  let theirs = HOLD
  const deps = {
    ...{ node: 'master', clock, status, cluster: () => cluster, yields: new Map() },
    askNear: async () => false,
    ask: async (_: unknown, names: readonly string[]) => {
      asked.push(names)
      return new Map([['backup', summaryOf('backup', theirs)]])
    },
  }
  let splits: Splits = new Map()
  const turn = async () => {
    splits = await splitTurn(deps, splits)
    clock.advance(1_000)
  }
  await turn()
  assert.deepEqual(asked, [])
  status.holds(HOLD)
  for (let n = 0; n < 3; n++) await turn()
  assert.deepEqual(asked[0], ['backup'])
  assert.deepEqual(
    status.report().findings?.map((f) => `${f.severity} ${f.check}`),
    ['error split-brain'],
  )
  theirs = []
  for (let n = 0; n < 2; n++) await turn()
  assert.equal(status.report().findings, undefined)
  assert.deepEqual(events, [BEGAN, `${OVER} held by this node alone, after 3 s`])
})

test('a peer is asked over every address, and one that answers is enough', async () => {
  assert.ok(cluster)
  const places = placesOf(cluster, ['backup'])
  assert.deepEqual(places, [{ name: 'backup', addresses: ['192.168.13.129', '10.13.0.129'] }])
  const body = JSON.stringify(summaryOf('backup', HOLD))
  const host = (open: string) => ({
    get: async (url: string) =>
      url.includes(open)
        ? { status: 200, body, headers: {} }
        : { status: 0, body: '', headers: {} },
  })
  const door = { port: 9440, token: NO_SECRET }
  assert.ok((await askNodes(host('10.13.0.129'), door, places)).has('backup'))
  assert.ok((await askNodes(host('192.168.13.129'), door, places)).has('backup'))
  assert.equal((await askNodes(host('192.0.2.1'), door, places)).size, 0)
})
