// Each cluster event is one message, each fault one with its end: on time that only moves when told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Notice,
  type NodeSeen,
  TOLD_NOTHING,
  type Told,
  type VipSeen,
} from '../../spec/notice.ts'
import { createNotices, type Policy } from '../../spec/notices.ts'
import { TOPICS } from '../../spec/notify.ts'

const WALL = 1_700_000_000_000
const ALL: Policy = { on: TOPICS, repeatMs: 600_000, messagesMax: 3 }

const held = (...holders: string[]): VipSeen => vip('held', holders)
const split = vip('split', ['lb1', 'lb2'])
const none = vip('none', [])
const unknown = vip('unknown', [])
function vip(state: VipSeen['state'], holders: readonly string[]): VipSeen {
  return { vip: 'web', addresses: ['192.0.2.100'], state, holders, takeoverMs: 400 }
}
const well = (node: string): NodeSeen => ({
  ...{ node, stale: false, ready: true, failing: false, failed: '' },
  ...{ wanted: 'd'.repeat(64), revision: 7, reason: '' },
})
const silent = (node: string): NodeSeen => ({ ...well(node), stale: true, ready: false })
const refused = (node: string, digest = 'a'.repeat(64)): NodeSeen => ({
  ...well(node),
  ...{ ready: false, failing: true, failed: digest, reason: 'no such certificate' },
})

/** A sender that is shown a view every 250 ms. */
function sender(told: Told = TOLD_NOTHING, startMs = 0) {
  let mono = startMs
  const notices = createNotices(told, { mono, wall: WALL + mono })
  const see = (
    seconds: number,
    what: { vips?: readonly VipSeen[]; nodes?: readonly NodeSeen[] },
    policy = ALL,
    gaps: ReadonlyMap<string, number> = new Map(),
  ): readonly Notice[] => {
    const said: Notice[] = []
    for (let n = 0; n < seconds * 4; n++) {
      mono += 250
      const view = {
        self: '',
        mono,
        wall: WALL + mono,
        vips: what.vips ?? [],
        nodes: what.nodes ?? [],
      }
      said.push(...notices.step(view, policy, n === 0 ? gaps : new Map()))
    }
    return said
  }
  return { see, told: notices.told, now: () => mono }
}
const titles = (said: readonly Notice[]) => said.map((notice) => notice.title)

test('the first holder is no message; a move is one, with the measured gap', () => {
  const { see } = sender()
  assert.deepEqual(titles(see(10, { vips: [held('lb1')] })), [])
  const said = see(10, { vips: [held('lb2')] }, ALL, new Map([['web', 420.4]]))
  assert.deepEqual(titles(said), ['vip web (192.0.2.100) moved from lb1 to lb2'])
  assert.equal(said[0]?.gapMs, 420)
  assert.deepEqual(said[0]?.details, ['No node claimed it for 0.42 s, as far as was heard.'])
  assert.deepEqual(titles(see(60, { vips: [held('lb2')] })), [])
})

test('uncertainty between two holders is part of the move', () => {
  const { see } = sender()
  see(5, { vips: [held('lb1')] })
  assert.deepEqual(titles(see(3, { vips: [unknown] })), [])
  assert.deepEqual(titles(see(5, { vips: [held('lb2')] })), [
    'vip web (192.0.2.100) moved from lb1 to lb2',
  ])
})

test('there and back within 1.5 s is no message', () => {
  const { see } = sender()
  see(5, { vips: [held('lb1')] })
  assert.deepEqual(
    titles([...see(1, { vips: [held('lb2')] }), ...see(9, { vips: [held('lb1')] })]),
    [],
  )
})

test('a split brain is opened and closed once, with its length and the holder after it', () => {
  const { see } = sender()
  see(5, { vips: [held('lb1')] })
  assert.deepEqual(titles(see(1, { vips: [held('lb2')] })), [])
  assert.deepEqual(titles(see(60, { vips: [split] })), [
    'split brain on vip web (192.0.2.100): lb1 and lb2 hold the same address',
  ])
  const said = see(30, { vips: [held('lb2')] })
  assert.deepEqual(titles(said), ['split brain on vip web is over, after 1 min'])
  assert.deepEqual(said[0]?.details, ['lb2 holds it now; before all this it was lb1.'])
  assert.equal(said[0]?.lastedMs, 60_000)
})

test('a fault and its end share a thread, and no two messages an id', () => {
  const { see } = sender()
  const said = [...see(5, { vips: [split] }), ...see(5, { vips: [held('lb1')] })]
  assert.equal(said.length, 2)
  assert.equal(said[0]?.thread, said[1]?.thread)
  assert.notEqual(said[0]?.id, said[1]?.id)
})

test('a moment of two holders, as in any unplanned move, is no split brain', () => {
  const { see } = sender()
  see(5, { vips: [held('lb1')] })
  assert.deepEqual(titles(see(0.75, { vips: [split] })), [])
  assert.deepEqual(titles(see(5, { vips: [held('lb1')] })), [])
})

test('nobody holds: told after the takeover time and a second, closed with the new holder', () => {
  const { see } = sender()
  see(5, { vips: [held('lb1')] })
  assert.deepEqual(titles(see(1.25, { vips: [none] })), [])
  assert.deepEqual(titles(see(5, { vips: [none] })), ['nobody holds vip web (192.0.2.100)'])
  assert.deepEqual(titles(see(20, { vips: [unknown] })), [])
  const said = see(5, { vips: [held('lb2')] })
  assert.deepEqual(titles(said), ['vip web is held again, after 26 s'])
  assert.deepEqual(said[0]?.details, ['lb2 holds it now; before all this it was lb1.'])
})

test('a vip that is just being set up has a minute to find its first holder', () => {
  const { see } = sender()
  assert.deepEqual(titles(see(59, { vips: [none] })), [])
  assert.deepEqual(titles(see(3, { vips: [none] })), ['nobody holds vip web (192.0.2.100)'])
})

test('where the fault is not wanted, the move it hid is still told', () => {
  const { see } = sender()
  const policy = { ...ALL, on: ['transition'] as const }
  see(5, { vips: [held('lb1')] }, policy)
  assert.deepEqual(titles(see(5, { vips: [split] }, policy)), [])
  assert.deepEqual(titles(see(5, { vips: [held('lb2')] }, policy)), [
    'vip web (192.0.2.100) moved from lb1 to lb2',
  ])
})

test('a failed spec is told once per node and digest, closed when the node is ready', () => {
  const { see } = sender()
  const said = see(5, { nodes: [refused('lb1'), well('lb2')] })
  assert.deepEqual(titles(said), ['node lb1 does not take the spec aaaaaaaaaaaa'])
  assert.ok(said[0]?.details.includes('reason: no such certificate'))
  // Its retries look like progress for a moment: nothing new, and not the end.
  const trying = { ...well('lb1'), ready: false }
  assert.deepEqual(titles(see(5, { nodes: [trying] })), [])
  assert.deepEqual(titles(see(5, { nodes: [refused('lb1')] })), [])
  assert.deepEqual(titles(see(5, { nodes: [refused('lb1', 'b'.repeat(64))] })), [
    'node lb1 does not take the spec bbbbbbbbbbbb',
  ])
  assert.deepEqual(titles(see(5, { nodes: [well('lb1')] })), [
    'node lb1 is as the spec says, after 5 s',
  ])
})

test('a node that only waits is told when that lasts', () => {
  const { see } = sender()
  const waiting = { ...refused('lb1', ''), reason: 'peer lb2 is not reachable' }
  assert.deepEqual(titles(see(14, { nodes: [waiting] })), [])
  assert.equal(see(2, { nodes: [waiting] }).length, 1)
})

test('silence is told after 12 s more, several nodes as one message, and so is their return', () => {
  const { see } = sender()
  const one = [silent('lb1'), well('lb2'), well('web1')]
  const all = [silent('lb1'), silent('lb2'), silent('web1')]
  assert.deepEqual(titles(see(1, { nodes: one })), [])
  const said = see(30, { nodes: all })
  assert.deepEqual(titles(said), ['3 nodes are not heard: lb1, lb2, web1'])
  assert.deepEqual(said[0]?.details, [
    'No node is heard at all: the sender may be cut off, not they.',
  ])
  see(1, { nodes: [silent('lb1'), well('lb2'), silent('web1')] })
  const back = see(10, { nodes: [well('lb1'), well('lb2'), well('web1')] })
  assert.deepEqual(back.flatMap((notice) => notice.about).sort(), ['lb1', 'lb2', 'web1'])
  assert.ok(back.length <= 2)
})

test('an agent that restarts within the hold is nobody’s business', () => {
  const { see } = sender()
  assert.deepEqual(titles(see(11, { nodes: [silent('lb1')] })), [])
  assert.deepEqual(titles(see(20, { nodes: [well('lb1')] })), [])
})

test('what left the spec is neither open nor over', () => {
  const { see, told } = sender()
  assert.equal(see(5, { vips: [split] }).length, 1)
  assert.deepEqual(titles(see(5, {})), [])
  assert.deepEqual(told(), { open: [], holders: {} })
})

test('a flood is three messages and one summary for each window, and it ends', () => {
  const { see } = sender()
  const said: Notice[] = []
  see(5, { vips: [held('lb1')] })
  for (let n = 0; n < 20; n++) said.push(...see(5, { vips: [held(n % 2 === 0 ? 'lb2' : 'lb1')] }))
  assert.equal(said.length, 3)
  const quiet = see(600, { vips: [held('lb1')] })
  assert.deepEqual(titles(quiet), [
    '17 more like this in the last 10 minutes: vip web (192.0.2.100) moved from lb2 to lb1',
  ])
  assert.equal(quiet[0]?.more, 17)
  see(5, { vips: [held('lb2')] })
  const still = see(600, { vips: [held('lb2')] })
  assert.deepEqual(
    still.map((notice) => notice.more),
    [1],
  )
  see(1_201, { vips: [held('lb2')] })
  assert.equal(see(5, { vips: [held('lb1')] }).length, 1)
})

test('one flood does not silence another matter', () => {
  const { see } = sender()
  see(5, { vips: [held('lb1')] })
  for (let n = 0; n < 10; n++) see(5, { vips: [held(n % 2 === 0 ? 'lb2' : 'lb1')] })
  assert.equal(see(5, { vips: [split] }).length, 1)
})

test('the end of what the rate held back is not told, unless the summary told of it', () => {
  const { see } = sender()
  const flap = () => [...see(3, { vips: [split] }), ...see(3, { vips: [held('lb1')] })]
  assert.equal([...flap(), ...flap(), ...flap()].length, 6)
  assert.equal(flap().length, 0)
  see(3, { vips: [split] })
  const summary = see(600, { vips: [split] })
  assert.equal(summary[0]?.more, 2)
  assert.match(summary[0]?.details[0] ?? '', /^Still so: split brain on vip web/)
  assert.equal(see(3, { vips: [held('lb1')] })[0]?.phase, 'closed')
})

test('50 nodes refusing one spec are not 50 mails', () => {
  const { see } = sender()
  const nodes = Array.from({ length: 50 }, (_, n) => refused(`n${n}`))
  const said = [...see(5, { nodes }), ...see(600, { nodes })]
  assert.deepEqual(
    said.map((notice) => notice.phase),
    ['opened', 'opened', 'opened', 'summary'],
  )
  assert.equal(said[3]?.more, 47)
})

test('after a restart nothing open is told again, its end says the whole length, a move is still seen', () => {
  const before = sender()
  before.see(5, { vips: [held('lb1')], nodes: [well('lb1')] })
  assert.equal(before.see(60, { vips: [held('lb1')], nodes: [silent('lb1')] }).length, 1)
  const kept: Told = JSON.parse(JSON.stringify(before.told()))
  const after = sender(kept, before.now() + 40_000)
  assert.deepEqual(titles(after.see(30, { vips: [held('lb1')], nodes: [silent('lb1')] })), [])
  assert.deepEqual(titles(after.see(10, { vips: [held('lb2')], nodes: [well('lb1')] })), [
    'vip web (192.0.2.100) moved from lb1 to lb2',
    'node lb1 is heard again, after 2 min 10 s',
  ])
})

test('what must survive a restart changes only when something happened', () => {
  const { see, told } = sender()
  see(5, { vips: [split] })
  const first = JSON.stringify(told())
  see(100, { vips: [split] })
  assert.equal(JSON.stringify(told()), first)
})
