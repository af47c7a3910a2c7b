// What the page says in each state: never well without knowledge, faults in words and not by colour alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFleet } from '../../site/fleet.ts'
import { html } from '../../site/html.ts'
import { age, statusHtml } from '../../site/page.ts'
import { clusterOf, reportOf, SPEC, summaryOf, testClock } from './kit.ts'

const HOLD = ['web/172.18.67.33']
function pageAfter(seconds: number, lb1: readonly string[], lb2: readonly string[]): string {
  const clock = testClock()
  const fleet = createFleet(clock, new Map(), new Map())
  fleet.setWanted({ revision: 3, digest: '0123456789abcdef', cluster: clusterOf(SPEC) })
  fleet.join('lb1', 'b1')
  fleet.join('lb2', 'b1')
  for (let n = 0; n < seconds; n++) {
    clock.advance(1000)
    fleet.report('lb1', reportOf(summaryOf('lb1', lb1)))
    fleet.heartbeat('lb2', summaryOf('lb2', lb2))
  }
  return statusHtml(fleet.status(), [])
}

test('a held vip names its holder, with the age of that knowledge', () => {
  const page = pageAfter(5, HOLD, [])
  assert.match(page, /<div class="big">✓ lb1<\/div>/)
  assert.match(page, /holds it, said <span data-age="0">0\.0 s<\/span> ago/)
  assert.match(page, /No alert/)
  assert.match(page, /rev 3 <code>01234567<\/code>/)
  assert.match(page, /appsrvs\/wp1/)
})
test('before anything is known the page does not say that all is well', () => {
  const page = pageAfter(0, [], [])
  assert.match(page, /\? UNKNOWN/)
  assert.match(page, /Listening/)
  assert.doesNotMatch(page, /No alert/)
})
test('split brain and no holder stand in words at the top and on the card', () => {
  const split = pageAfter(5, HOLD, HOLD)
  assert.match(split, /⚠ vip web \(172\.18\.67\.33\): SPLIT BRAIN, lb1 and lb2/)
  assert.match(split, /⚠ SPLIT BRAIN/)
  assert.match(pageAfter(6, [], []), /✕ NOBODY/)
})
test('a hub without a spec says how to send one', () => {
  const fleet = createFleet(testClock(), new Map(), new Map())
  assert.match(statusHtml(fleet.status(), []), /hactl push spec\.json/)
})
test('what the doctor found stands with the command that mends it; notes and old words are not alarms', () => {
  const clock = testClock()
  const fleet = createFleet(clock, new Map(), new Map())
  fleet.setWanted({ revision: 3, digest: '0123456789abcdef', cluster: clusterOf(SPEC) })
  fleet.join('lb1', 'b1')
  const finding = {
    check: 'firewall',
    why: 'two masters',
    hint: '',
    fix: 'nft insert <rule>\nnft list',
  }
  const findings = [
    { ...finding, severity: 'error' as const, what: 'adverts are dropped' },
    { ...finding, severity: 'info' as const, what: 'only a note' },
  ]
  fleet.report('lb1', { ...reportOf(summaryOf('lb1', HOLD)), findings })
  const page = statusHtml(fleet.status(), [])
  assert.match(page, /Doctor: 1 error, 0 warnings/)
  assert.match(page, /<span class="tag bad">✕ error<\/span>/)
  assert.match(page, /adverts are dropped<br><span class="dim">two masters/)
  assert.match(page, /<code>nft insert &lt;rule&gt;<\/code><br><code>nft list<\/code>/)
  assert.doesNotMatch(page, /only a note/)
  clock.advance(60_000)
  assert.match(statusHtml(fleet.status(), []), /<span class="tag">\? error<\/span>/)
})
test('ages and escapes', () => {
  assert.deepEqual([0, 9_999, 61_000, 300_000, 9e6].map(age), [
    '0.0 s',
    '10.0 s',
    '61 s',
    '5 min',
    '3 h',
  ])
  assert.equal(html`<a b="${'"<>&\''}">`.html, '<a b="&quot;&lt;&gt;&amp;&#39;">')
})
test('an event from a node with a mad clock does not break the page', () => {
  const fleet = createFleet(testClock(), new Map(), new Map())
  const event = { seq: 1, id: 'e', node: 'lb1', at: 9e15, kind: 'agent', text: 'mad' }
  assert.match(statusHtml(fleet.status(), [event]), /mad/)
})
