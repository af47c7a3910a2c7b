// Lines of agent and hub: the bytes that a terminal, journald and programs get.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { muteIo } from '../../cli/io.ts'
import { gradeOf, isJournal, type LogFlags, logger } from '../../cli/log.ts'

const STREAM = '8:12345'
const stat = () => ({ dev: 8, ino: 12_345 })

function lines(form: LogFlags['log'], env: Readonly<Record<string, string>>, json = false) {
  let text = ''
  const err = (more: string) => {
    text += more
  }
  const clock = { ...muteIo.clock, now: () => 1_700_000_000_000 }
  const say = logger({ ...muteIo, err, clock, env, json }, form, { node: 'lb1', stat })
  say('failed: haproxy does not take it\n<0>forged\u001b[2J', 7)
  say('cannot reach hub https://hub.example.org: no answer')
  say('applied: revision 8')
  return text.trimEnd().split('\n')
}

test('under journald each message is one line with its priority, and no time of its own', () => {
  assert.deepEqual(lines(undefined, { JOURNAL_STREAM: STREAM }), [
    '<3>failed: haproxy does not take it <0>forged?[2J',
    '<4>cannot reach hub https://hub.example.org: no answer',
    '<5>applied: revision 8',
  ])
})

test('JSON has time, level, code, node, revision where it is known, and the message', () => {
  for (const made of [lines('json', { JOURNAL_STREAM: STREAM }), lines(undefined, {}, true)]) {
    const [first = '', second = ''] = made
    assert.deepEqual(JSON.parse(first), {
      ...{ time: '2023-11-14T22:13:20.000Z', level: 'error', event: 'failed', node: 'lb1' },
      ...{ revision: 7, msg: 'failed: haproxy does not take it <0>forged?[2J' },
    })
    const { level, event, revision } = JSON.parse(second)
    assert.deepEqual([level, event, revision], ['warning', 'agent', undefined])
  }
})

test('elsewhere, and where it is asked for, text with its time', () => {
  for (const made of [lines(undefined, {}), lines('text', { JOURNAL_STREAM: STREAM })])
    assert.match(made[0] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}failed: haproxy/)
})

test('a journal of somebody above us is not ours', () => {
  assert.equal(isJournal({ JOURNAL_STREAM: STREAM }, stat), true)
  assert.equal(isJournal({ JOURNAL_STREAM: '8:1' }, stat), false)
  assert.equal(isJournal({}, stat), false)
  const closed = () => {
    throw new Error('EBADF')
  }
  assert.equal(isJournal({ JOURNAL_STREAM: STREAM }, closed), false)
})

test('grades: kinds of events, the hub, what could not be done, and all else', () => {
  for (const [message, level, event] of [
    ['transition: vip web is held here', 'notice', 'transition'],
    ['drift: x', 'warning', 'drift'],
    ['agent: agent 0.1.0 started', 'info', 'agent'],
    ['agent: cannot reach git: no answer', 'warning', 'agent'],
    ['hub: cannot certify lb1: no', 'warning', 'hub'],
    ['hub: revision 3 was confirmed on lb1', 'info', 'hub'],
    ['warning: this hub speaks plain HTTP', 'warning', 'agent'],
    ['started haproxy (pid 7)', 'info', 'agent'],
  ] as const)
    assert.deepEqual(gradeOf(message), { level, event }, message)
})
