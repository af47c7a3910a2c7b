// A reader gets what differs from what it has: a row alone when a row changed, the section when its frame or order did.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { raw } from '../../../site/page/html.ts'
import { createLive } from '../../../site/page/live.ts'
import { createVersions, type Section } from '../../../site/page/part.ts'
import { createFleet } from '../../../site/fleet.ts'
import { clusterOf, SPEC, summaryOf, testClock } from '../kit.ts'

const section = (rows: Readonly<Record<string, string>>, head = 'h'): Section => ({
  id: 's',
  open: raw(`<s id="s">${head}`),
  rows: Object.entries(rows).map(([id, text]) => ({ id, html: raw(text) })),
  close: raw('</s>'),
})

test('a row that differs is sent alone', () => {
  const versions = createVersions()
  versions.update([section({ a: '1', b: '2' })])
  const had = versions.version()
  assert.deepEqual(versions.since(0), [['s', '<s id="s">h12</s>']])
  versions.update([section({ a: '1', b: '2' })])
  assert.equal(versions.version(), had)
  versions.update([section({ a: '1', b: '3' })])
  assert.deepEqual(versions.since(had), [['b', '3']])
  assert.deepEqual(versions.since(versions.version()), [])
})
test('a new row, another order or another frame sends the section', () => {
  const versions = createVersions()
  versions.update([section({ a: '1', b: '2' })])
  for (const next of [section({ a: '1' }), section({ b: '2', a: '1' }), section({ a: '1' }, 'x')]) {
    const had = versions.version()
    versions.update([next])
    assert.deepEqual(
      versions.since(had).map(([id]) => id),
      ['s'],
    )
  }
})

function liveHub() {
  const clock = testClock()
  const fleet = createFleet(clock, new Map(), new Map())
  fleet.setWanted({ revision: 1, digest: 'd', cluster: clusterOf(SPEC) })
  for (const node of ['lb1', 'lb2']) {
    fleet.join(node, 'b1')
    fleet.heartbeat(node, summaryOf(node))
  }
  const none = () => []
  const nothing = {
    revisions: none,
    results: none,
    moves: none,
    spec: () => undefined,
    files: () => undefined,
  }
  let lives = 0
  const live = createLive(
    { ...nothing, events: none, cluster: () => clusterOf(SPEC) },
    () => `L${++lives}`,
  )
  return { live, fleet, clock }
}
const partsOf = (text: string | undefined): readonly string[] => {
  const data = /^data: (.*)$/m.exec(text ?? '')?.[1] ?? '{"parts":[]}'
  return [...JSON.parse(data).parts].map(([id]: readonly string[]) => id ?? '')
}

test('a reader that has the page gets only what changed since; a heartbeat alone is no change', () => {
  const { live, fleet } = liveHub()
  const page = live.page('/', fleet.status(), { nonce: 'n', signedIn: '' }) ?? ''
  const version = /data-version="([^"]+)"/.exec(page)?.[1] ?? ''
  const watch = live.watch('/', version)
  assert.deepEqual(partsOf(watch?.next(fleet.status(), true)), [])
  fleet.heartbeat('lb2', summaryOf('lb2'))
  assert.equal(watch?.next(fleet.status(), false), undefined)
  fleet.heartbeat('lb2', { ...summaryOf('lb2'), condition: 'Paused', reason: 'drift' })
  const parts = partsOf(watch?.next(fleet.status(), false))
  assert.deepEqual(parts, ['t-node:lb2', 'node-lb2'])
  assert.equal(watch?.next(fleet.status(), false), undefined)
})
test('a reader of before a restart of the hub gets everything', () => {
  const { live, fleet } = liveHub()
  for (const since of ['', 'L99.3', 'nonsense', '..'])
    assert.ok(partsOf(live.watch('/', since)?.next(fleet.status(), true)).includes('nodes'), since)
  assert.equal(live.watch('/nothing', ''), undefined)
})
test('a page that is read stays, whatever others look at meanwhile', () => {
  const { live, fleet } = liveHub()
  const watch = live.watch('/', '')
  watch?.next(fleet.status(), true)
  for (let n = 1; n < 60; n++)
    live.page(`/events?before=${n}`, fleet.status(), { nonce: 'n', signedIn: '' })
  assert.equal(watch?.next(fleet.status(), false), undefined)
  fleet.heartbeat('lb2', { ...summaryOf('lb2'), condition: 'Paused', reason: 'drift' })
  assert.deepEqual(partsOf(watch?.next(fleet.status(), false)), ['t-node:lb2', 'node-lb2'])
})
