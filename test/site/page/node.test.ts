// The page of one node: who looked at it from outside, when, and what they found.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFleet } from '../../../site/fleet.ts'
import { nodePage } from '../../../site/page/node.ts'
import { textOf } from '../../../site/page/part.ts'
import type { Summary } from '../../../spec/report.ts'
import { clusterOf, SPEC, summaryOf, testClock } from '../kit.ts'

function pageOf(outside: Summary['outside']): string {
  const fleet = createFleet(testClock(), new Map(), new Map())
  fleet.join('lb1', 'b1')
  fleet.heartbeat('lb1', { ...summaryOf('lb1'), ...(outside === undefined ? {} : { outside }) })
  const input = { cluster: clusterOf(SPEC), status: fleet.status(), events: [], files: undefined }
  const found = { ...input, status: { ...input.status, nodes: input.status.strangers } }
  return (nodePage(found, 'lb1') ?? assert.fail()).map(textOf).join('')
}
const at = Date.UTC(2026, 0, 2, 3, 4, 5)

test('who looked from outside, when, and what they found; a word for each verdict, not a colour alone', () => {
  const by = ['lb2', 'the hub']
  const ok = pageOf({ digest: 'd', verdict: 'ok', by, at, why: '3 of 3 questions' })
  assert.match(ok, /as before<\/span>, asked by lb2 and the hub, .*03:04:05.*: 3 of 3 questions/s)
  const bad = pageOf({ digest: 'd', verdict: 'failed', by, of: 'lb2', at, why: '<b>' })
  assert.match(bad, /failed<\/span> on lb2, asked by .*: &lt;b&gt;/s)
  const unknown = pageOf({ digest: 'd', verdict: 'unknown', by: [], at, why: 'nobody could ask' })
  assert.match(unknown, /not verified<\/span>, .*: nobody could ask/s)
  assert.match(pageOf(undefined), /no change was verified/)
})
