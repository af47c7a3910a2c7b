// What the hub looks for beyond vips and silence: each fault with its own key, none from a node that is not heard.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { othersOf } from '../../site/watch.ts'
import { CERTIFICATE_MS } from '../../spec/node-faults.ts'
import type { Report } from '../../spec/report.ts'
import type { ClusterStatus } from '../../spec/status.ts'
import { reportOf, summaryOf } from './kit.ts'

const NOW = 1_700_000_000_000
const DIGEST = 'd'.repeat(64)

type Said = {
  readonly report?: Partial<Report>
  readonly summary?: Partial<Report['summary']>
  readonly stale?: boolean
}
function statusOf({ report = {}, summary = {}, stale = false }: Said): ClusterStatus {
  const words = { ...summaryOf('lb1'), running: DIGEST, wanted: DIGEST, ...summary }
  return {
    ...{ now: NOW, hubStartedAt: 0, revision: 7, digest: DIGEST, cluster: 'wordpress' },
    nodes: [
      {
        ...{ node: 'lb1', connected: true, ageMs: 1, stale, summary: words },
        condition: words.condition,
        report: { ...reportOf(words), ...report },
      },
    ],
    ...{ strangers: [], vips: [], alerts: [] },
  }
}
const keys = (said: Said) => othersOf(statusOf(said), '').map(({ key }) => key)
const certificate = (notAfter: number) => ({
  report: { certificates: [{ path: '/c.pem', subject: 'CN=a', notAfter, why: '' }] },
})
const foreign = (check: string) => ({
  report: {
    findings: [
      { check, severity: 'error' as const, what: 'a router', why: 'w', fix: '', hint: '' },
    ],
  },
})

const CASES: Readonly<Record<string, readonly [Said, readonly string[]]>> = {
  'a node in order': [{}, []],
  'one that waits': [{ summary: { condition: 'Reconciling' } }, ['stuck:lb1']],
  'one that is Ready with an older spec': [{ summary: { running: 'old' } }, ['stuck:lb1']],
  'one that failed is told as such': [{ summary: { running: 'old', failed: DIGEST } }, []],
  'one that is paused by a person': [{ summary: { condition: 'Paused', running: 'old' } }, []],
  drift: [{ report: { drift: ['file:/etc/x: content differs'] } }, ['drift:lb1']],
  'a certificate with time': [certificate(NOW + CERTIFICATE_MS + 1), []],
  'a certificate that expires soon': [
    certificate(NOW + CERTIFICATE_MS),
    ['certificate:lb1:/c.pem'],
  ],
  'a certificate that expired': [certificate(NOW), ['expired:lb1:/c.pem']],
  'a certificate that cannot be read': [certificate(0), ['expired:lb1:/c.pem']],
  'a foreign router with our number': [foreign('foreign-vrid'), ['foreign-vrid:lb1']],
  'a foreign router with another number': [foreign('adverts'), []],
  'a silent node says nothing': [{ stale: true, report: { drift: ['x'] } }, []],
}
for (const [name, [said, expected]] of Object.entries(CASES))
  test(name, () => assert.deepEqual(keys(said), expected))

test('a second holder that only a node sees is an alert, unless two are heard anyway', () => {
  const what = 'vip web (172.18.67.33) is held here, and 02:aa:bb:cc:dd:ee answers ARP for it too'
  const finding = {
    check: 'split-brain',
    severity: 'error' as const,
    what,
    why: '',
    fix: '',
    hint: 'h',
  }
  const status = statusOf({ report: { findings: [finding] } })
  const vip = { vip: 'web', addresses: ['172.18.67.33'], holders: [], lastKnown: [] }
  const keysWith = (state: 'held' | 'split', name = 'web') =>
    othersOf({ ...status, vips: [{ ...vip, vip: name, state }] }, '').map(({ key }) => key)
  assert.deepEqual(keysWith('held'), ['split-brain:web:lb1'])
  assert.deepEqual(keysWith('split'), [])
  assert.deepEqual(keysWith('held', 'we'), [])
})

test('single points are what the spec says', () => {
  const [one] = othersOf(
    { ...statusOf({}), singlePoints: ['pool app: a (b) is its only server'] },
    '',
  )
  assert.equal(one?.topic, 'single-point')
  assert.equal(one?.words, 'single point of failure: pool app: a (b) is its only server')
})

test('a store that cannot write is a fault of the hub itself', () => {
  const [one] = othersOf(statusOf({}), 'cannot store events: database or disk is full')
  assert.equal(one?.key, 'store:hub')
  assert.match(one.words, /^the hub cannot write: cannot store events: /)
})

test("the hub's own certificate is told two weeks before its end, and when it is over", () => {
  const status = statusOf({})
  const shown = (until: number) => othersOf(status, '', until).map(({ key }) => key)
  const before = shown(Number.POSITIVE_INFINITY)
  assert.deepEqual(shown(NOW + CERTIFICATE_MS + 1), before)
  assert.deepEqual(shown(NOW + CERTIFICATE_MS), [...before, 'certificate:hub'])
  assert.deepEqual(shown(NOW), [...before, 'expired:hub'])
})
