// Log lines of a machine: journalctl's words, and files that grow, are cut and are made anew.
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { journalArgv, parseJournal } from '../../../agent/host/journal.ts'
import { createLogFile, logFile, readLogFiles, timed } from '../../../agent/host/log-files.ts'
import type { LogsAsk } from '../../../spec/logs.ts'
import { temporaryDirectory } from './temporary.ts'

const ASK: LogsAsk = { type: 'logs', id: 'q', units: ['haproxy', 'agent'], lines: 3 }

test('journalctl is asked for the newest, or for what follows a cursor; a cursor is no option of its own', () => {
  const words = '--no-pager -q -o json -n 3'
  const units = '-u haproxy.service -u hactl-agent.service'
  assert.equal(
    journalArgv({ ...ASK, since: 1_700_000_000_999 }).join(' '),
    `journalctl ${words} -r --since=@1700000000 ${units}`,
  )
  assert.equal(
    journalArgv({ ...ASK, after: '--rotate' }).join(' '),
    `journalctl ${words} --after-cursor=--rotate ${units}`,
  )
})

test('entries of the journal: bytes, nulls, words of systemd about a unit, other units, a line that was cut', () => {
  const entry = (more: object) =>
    JSON.stringify({
      __CURSOR: 's=1;i=2',
      __REALTIME_TIMESTAMP: '1700000000123456',
      PRIORITY: '4',
      _SYSTEMD_UNIT: 'haproxy.service',
      ...more,
    })
  const text = [
    entry({ MESSAGE: 'Server wp1 is DOWN' }),
    entry({ MESSAGE: [...Buffer.from('müde')], PRIORITY: '9' }),
    entry({ MESSAGE: null }),
    entry({ MESSAGE: 'Started', _SYSTEMD_UNIT: 'init.scope', UNIT: 'hactl-agent.service' }),
    entry({ MESSAGE: 'x', _SYSTEMD_UNIT: 'sshd.service' }),
    entry({ MESSAGE: 'x', __CURSOR: 'with blank' }),
    entry({ MESSAGE: 'y' }).slice(0, 40),
  ].join('\n')
  const at = 1_700_000_000_123
  const cursor = 's=1;i=2'
  assert.deepEqual(parseJournal(text, ['haproxy', 'agent']), [
    { unit: 'haproxy', at, priority: 4, text: 'Server wp1 is DOWN', cursor },
    { unit: 'haproxy', at, text: 'müde', cursor },
    { unit: 'haproxy', at, priority: 4, text: '(a line that is too long, or none)', cursor },
    { unit: 'agent', at, priority: 4, text: 'Started', cursor },
  ])
})

test('times that lines carry', () => {
  assert.deepEqual(timed('2026-01-31T14:05:09.120Z event: x'), {
    at: Date.UTC(2026, 0, 31, 14, 5, 9, 120),
    text: 'event: x',
  })
  assert.deepEqual(timed('Sat Nov 28 15:14:47 2026: (web) Entering MASTER STATE'), {
    at: new Date(2026, 10, 28, 15, 14, 47).getTime(),
    text: '(web) Entering MASTER STATE',
  })
  assert.deepEqual(timed('[NOTICE]   (12) : new'), { text: '[NOTICE]   (12) : new' })
})

test('files: the newest, then what follows, none twice and none lost; cut or made anew, from the beginning', async (t) => {
  const run = await temporaryDirectory(t)
  const path = logFile(run, 'haproxy')
  const texts = async (more: Partial<LogsAsk>) => {
    const { lines, after, note } = await readLogFiles(run, { ...ASK, ...more })
    return { texts: lines.map(({ text }) => text).join(), after, note }
  }
  const none = await texts({})
  assert.deepEqual([none.texts, none.note], ['', 'no log of haproxy, agent here'])
  const say = createLogFile(logFile(run, 'agent'), () => Date.UTC(2026, 0, 1))
  say('started\nby hand')
  writeFileSync(path, '1\n2\n3\n4\n5')
  assert.equal((await texts({ after: none.after })).texts, '1,started by hand')
  const newest = await texts({ units: ['haproxy'] })
  assert.equal(newest.texts, '2,3,4')
  assert.equal((await texts({ units: ['haproxy'], after: newest.after })).texts, '')
  appendFileSync(path, '5\n6\n7\n8\n')
  const some = await texts({ units: ['haproxy'], after: newest.after })
  assert.equal(some.texts, '55,6,7')
  const rest = await texts({ units: ['haproxy'], after: some.after })
  assert.equal(rest.texts, '8')
  truncateSync(path, 0)
  appendFileSync(path, 'a\n')
  const cut = await texts({ units: ['haproxy'], after: rest.after })
  assert.equal(cut.texts, 'a')
  const other = logFile(run, 'keepalived')
  writeFileSync(other, 'x\n')
  const first = await texts({ units: ['keepalived'] })
  writeFileSync(`${other}.keep`, '')
  rmSync(other)
  writeFileSync(other, 'y\nz\n')
  // The inode may be the same one again: then the new file is read on from where the old one ended.
  assert.match((await texts({ units: ['keepalived'], after: first.after })).texts, /z$/)
})

test('a long file is read from its end, since a time where lines have one; a place that is nonsense is none', async (t) => {
  const run = await temporaryDirectory(t)
  mkdirSync(`${run}/log`)
  writeFileSync(logFile(run, 'haproxy'), `${'x'.repeat(99)}\n`.repeat(5_000))
  const { lines } = await readLogFiles(run, { ...ASK, units: ['haproxy'], lines: 1_000 })
  assert.ok(lines.length === 1_000 && lines.every(({ text }) => text.length === 99))
  writeFileSync(
    logFile(run, 'agent'),
    '2026-01-01T00:00:00.000Z old\n2026-01-02T00:00:00.000Z new\n',
  )
  const since = await readLogFiles(run, { ...ASK, since: Date.UTC(2026, 0, 2) })
  assert.equal(since.lines.at(-1)?.text, 'new')
  assert.ok(since.lines.every(({ text }) => text !== 'old'))
  const nonsense = await readLogFiles(run, { ...ASK, units: ['agent'], after: 'nonsense' })
  assert.deepEqual(
    nonsense.lines.map(({ text }) => text),
    ['old', 'new'],
  )
  assert.equal(since.note, 'lines without a time of their own may be older than asked')
})
