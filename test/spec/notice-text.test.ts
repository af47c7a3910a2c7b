// What a message looks like on each way, with words that try to be more than words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import type { Notice, Sender } from '../../spec/notice.ts'
import {
  jsonBody,
  lasting,
  messageId,
  slackBody,
  subjectOf,
  textOf,
  WebhookBody,
} from '../../spec/notice-text.ts'

const notice: Notice = {
  ...{ id: 'opened:failed:lb1:aaaa:17', thread: 'failed:lb1:aaaa:17', topic: 'failed' },
  ...{ phase: 'opened', about: ['lb1'], at: Date.UTC(2026, 0, 2, 3, 4, 5) },
  title: 'node lb1 does not take the spec aaaa',
  details: ['reason: <!channel> & "bad"\r\nBcc: x@example.org \u001b[31m'],
  lastedMs: 12.4,
}
const sender: Sender = { cluster: 'shop', by: 'hub', because: '', hubUrl: 'http://192.0.2.9:9400' }

test('mail: one printable line per detail, no header can be added', () => {
  assert.equal(subjectOf(notice, sender), '[hactl shop] node lb1 does not take the spec aaaa')
  assert.equal(
    textOf(notice, sender),
    [
      'node lb1 does not take the spec aaaa.',
      'reason: <!channel> & "bad" Bcc: x@example.org  [31m',
      '',
      'Cluster shop, 2026-01-02T03:04:05Z.',
      'Sent by hub.',
      'Status: http://192.0.2.9:9400/',
      '',
    ].join('\n'),
  )
  const evil = { ...notice, title: 'a\r\nBcc: x@example.org' }
  assert.doesNotMatch(subjectOf(evil, sender), /[\r\n]/)
  assert.match(messageId(notice.id, 'shop'), /^<[A-Za-z0-9.-]+@shop\.hactl>$/)
})

test('a node that stands in for the hub says so', () => {
  const text = textOf(notice, { cluster: 'shop', by: 'lb2', because: 'the hub is not reachable' })
  assert.match(text, /Sent by lb2: the hub is not reachable\./)
})

test('json is what its schema says', () => {
  const body = jsonBody(notice, sender)
  assert.ok(Value.Check(WebhookBody, body))
  assert.equal(body.at, '2026-01-02T03:04:05Z')
  assert.equal(body.lastedMs, 12)
})

test('slack: nothing in a reason calls anybody', () => {
  const body = slackBody(notice, sender)
  assert.ok(body.text.startsWith('[hactl shop] node lb1'))
  assert.doesNotMatch(JSON.stringify(body), /<!/)
  assert.ok((body.blocks[0]?.text.text.length ?? 0) < 3_000)
})

for (const [ms, text] of [
  [0, '0 ms'],
  [840, '840 ms'],
  [12_400, '12 s'],
  [60_000, '1 min'],
  [185_000, '3 min 5 s'],
  [15_000_000, '4 h 10 min'],
  [183_600_000, '2 d 3 h'],
] as const)
  test(`lasting ${ms} ms is ${text}`, () => assert.equal(lasting(ms), text))
