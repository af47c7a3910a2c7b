// What the overview says in each state: never well without knowledge, faults in words and not by colour alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFleet } from '../../../site/fleet.ts'
import { html } from '../../../site/page/html.ts'
import { type PageSource, pageHtml, viewOf } from '../../../site/page/index.ts'
import { textOf } from '../../../site/page/part.ts'
import { age } from '../../../site/page/words.ts'
import type { Report } from '../../../spec/report.ts'
import type { HubEvent } from '../../../spec/status.ts'
import { clusterOf, reportOf, SPEC, summaryOf, testClock } from '../kit.ts'

const HOLD = ['web/172.18.67.33']
const source = (events: readonly HubEvent[] = []): PageSource => ({
  cluster: () => clusterOf(SPEC),
  events: () => events,
  revisions: () => [],
  spec: () => undefined,
  results: () => [],
  moves: () => [],
  files: () => undefined,
})
type Fleet = ReturnType<typeof createFleet>
function pageOf(fleet: Fleet, events: readonly HubEvent[] = [], path = '/'): string {
  const status = fleet.status()
  const sections = viewOf(path)?.(source(events), status)
  assert.ok(sections !== undefined)
  return pageHtml({ status, sections, path, version: 'a.1', nonce: 'n', signedIn: '' })
}
function fleetAfter(seconds: number, lb1: readonly string[], lb2: readonly string[]) {
  const clock = testClock()
  const fleet = createFleet(clock, new Map(), new Map())
  fleet.setWanted({ revision: 3, digest: '0123456789abcdef', cluster: clusterOf(SPEC) })
  fleet.join('lb1', 'b1')
  fleet.join('lb2', 'b1')
  const say = (patch: Partial<Report> = {}) => {
    fleet.report('lb1', { ...reportOf(summaryOf('lb1', lb1)), ...patch })
    fleet.heartbeat('lb2', summaryOf('lb2', lb2))
  }
  for (let n = 0; n < seconds; n++) {
    clock.advance(1000)
    say()
  }
  return { fleet, clock, say }
}
const pageAfter = (seconds: number, lb1: readonly string[], lb2: readonly string[]): string =>
  pageOf(fleetAfter(seconds, lb1, lb2).fleet)

test('a held vip names its holder, with the age of that knowledge', () => {
  const page = pageAfter(5, HOLD, [])
  assert.match(page, /<span class="now">✓ lb1<\/span><span class="later">\? UNKNOWN/)
  assert.match(page, /holds it, said <span data-heard="lb1">0 s<\/span> ago/)
  assert.match(page, /No alert/)
  assert.match(page, />web<\/text><text class="says" x="38" y="40">held by lb1</)
  assert.match(page, />Ready · holds web</)
  assert.match(page, /href="\/pools\/appsrvs"/)
})
test('before anything is known the page does not say that all is well', () => {
  const page = pageAfter(0, [], [])
  assert.match(page, /\? UNKNOWN/)
  assert.match(page, /Listening/)
  assert.doesNotMatch(page, /No alert/)
})
test('split brain and no holder stand in words at the top, on the card and in the picture', () => {
  const split = pageAfter(5, HOLD, HOLD)
  assert.match(split, /vip web \(172\.18\.67\.33\): SPLIT BRAIN, lb1 and lb2/)
  assert.match(split, /⚠ SPLIT BRAIN/)
  assert.match(split, /class="says" x="38" y="40">SPLIT BRAIN</)
  const none = pageAfter(6, [], [])
  assert.match(none, /✕ NOBODY/)
  assert.match(none, /class="says" x="38" y="40">NOBODY holds it</)
})
test('a revision that waits for a person says until when, and what happens otherwise', () => {
  const { fleet, clock } = fleetAfter(1, HOLD, [])
  const cluster = clusterOf(SPEC)
  const waits = { at: clock.now(), confirmMs: 60_000 }
  fleet.setWanted({ revision: 4, digest: 'd', cluster, waits })
  const page = pageOf(fleet)
  assert.match(page, /Revision 4 waits for a person.*until 2023-11-14 22:14:21 UTC/)
  assert.match(page, /<span data-left>60 s<\/span> left/)
  assert.match(page, /data-act="confirm" data-revision="4" hidden/)
  clock.advance(61_000)
  assert.match(pageOf(fleet), /Revision 4 was not confirmed in time/)
})
test('a signed revision names its key, and is not sent again without one', () => {
  const { fleet } = fleetAfter(1, HOLD, [])
  const signer = `SHA256:${'k'.repeat(43)}`
  const plain = { revision: 1, digest: 'd', at: 0, author: 'ana', note: '', allow: [] }
  const revisions = [{ ...plain, revision: 2, signer }, plain]
  const status = fleet.status()
  const pages = {
    ...source(),
    revisions: () => revisions,
    spec: () => ({ ...plain, signer, body: '{}' }),
  }
  const all = viewOf('/revisions')?.(pages, status)?.map(textOf).join('') ?? ''
  assert.match(all, /signed <code>SHA256:kkkkkkk…/)
  assert.match(all, /data-act="rollback" data-revision="1"/)
  assert.doesNotMatch(all, /data-act="rollback" data-revision="2"/)
  const one = viewOf('/revisions/1')?.(pages, status)?.map(textOf).join('') ?? ''
  assert.ok(one.includes(`signed by <code>${signer}</code>`))
})
test('the title counts alerts, so that a tab in the background tells', () => {
  assert.match(pageAfter(6, [], []), /<title>\(1\) wordpress · hactl/)
})
test('a hub without a spec says how to send one', () => {
  const fleet = createFleet(testClock(), new Map(), new Map())
  assert.match(pageOf(fleet), /hactl push spec\.json/)
})
test('what the doctor found stands with the command that mends it; notes and old words are not alarms', () => {
  const { fleet, clock, say } = fleetAfter(1, HOLD, [])
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
  say({ findings })
  const page = pageOf(fleet)
  assert.match(page, /Doctor: 1 error, 0 warnings/)
  assert.match(page, /<span class="tag bad">✕ error<\/span>/)
  assert.match(page, /adverts are dropped<br><span class="dim">two masters/)
  assert.match(page, /<code>nft insert &lt;rule&gt;<\/code><br><code>nft list<\/code>/)
  assert.doesNotMatch(page, /only a note/)
  clock.advance(60_000)
  assert.match(pageOf(fleet), /<span class="tag">\? error<\/span>/)
})
test('a node in the middle of a plan shows the step it stands at', () => {
  const { fleet } = fleetAfter(1, HOLD, [])
  const step = '2 of 5: file:/etc/haproxy/haproxy.cfg'
  fleet.heartbeat('lb2', { ...summaryOf('lb2'), condition: 'Reconciling', reason: 'applies', step })
  assert.match(pageOf(fleet), /applies<div class="step">step 2 of 5: file:\/etc\/haproxy/)
})
test('a failover stands in the timeline with the time without a holder', () => {
  const text = 'vip web: moved from lb1 to lb2; no claim was heard for 0.42 s'
  const event = { seq: 7, id: 'e', node: '', at: 0, kind: 'transition', text }
  const { fleet } = fleetAfter(1, HOLD, [])
  assert.match(pageOf(fleet, [event]), /<b>0\.42 s<\/b> without a heard holder/)
  // Only the hub's own sentence is read: a node may say anything.
  assert.doesNotMatch(pageOf(fleet, [{ ...event, node: 'lb1' }]), /class="took"/)
})
test('ages and escapes', () => {
  const ages = [0, 9_999, 61_000, 300_000, 9e6].map(age)
  assert.deepEqual(ages, ['0 s', '9 s', '61 s', '5 min', '2 h'])
  assert.equal(html`<a b="${'"<>&\''}">`.html, '<a b="&quot;&lt;&gt;&amp;&#39;">')
})
test('an event from a node with a mad clock does not break the page', () => {
  const fleet = createFleet(testClock(), new Map(), new Map())
  const event = { seq: 1, id: 'e', node: 'lb1', at: 9e15, kind: 'agent', text: 'mad' }
  assert.match(pageOf(fleet, [event]), /mad/)
})
test('a node has a page with engines, drift and last events; a pool one with each server', () => {
  const { fleet, say } = fleetAfter(3, HOLD, [])
  const haproxy = { name: 'haproxy', version: '2.8.1', running: true, pid: 7, restarts: 1 }
  say({ drift: ['file:/etc/x: content differs'], daemons: [{ ...haproxy, digest: 'abc' }] })
  const event = { seq: 1, id: 'e', at: 0, kind: 'applied', text: 'runs revision 3' }
  const events = [
    { ...event, node: 'lb1' },
    { ...event, seq: 2, node: 'lb2', text: 'of another' },
  ]
  const node = pageOf(fleet, events, '/nodes/lb1')
  for (const text of ['2.8.1', 'content differs', 'runs revision 3', 'web/172.18.67.33'])
    assert.ok(node.includes(text), text)
  assert.equal(node.includes('of another'), false)
  assert.match(pageOf(fleet, [], '/pools/appsrvs'), /id="s-wp1-lb1".*✓<\/span> UP/s)
})
test('what is no page is none', () => {
  const status = fleetAfter(0, [], []).fleet.status()
  const none = ['/x', '/nodes', '/nodes/lb1/x', '/nodes/%00', '/pools/..', '/revisions/0x1']
  for (const path of none) assert.equal(viewOf(path), undefined, path)
  for (const path of ['/nodes/nobody', '/pools/none', '/revisions/9'])
    assert.equal(viewOf(path)?.(source(), status), undefined, path)
})
