// What leaves a node when somebody asks for its log lines: no secret, bounded, one reading at a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogDesk, readLogs } from '../../agent/logs.ts'
import { LOG_CHARS_MAX, LOG_LINE_CHARS_MAX } from '../../spec/limits.ts'
import type { LogLine, LogsAsk } from '../../spec/logs.ts'
import { testClock } from '../site/kit.ts'

const ASK: LogsAsk = { type: 'logs', id: 'q', units: ['haproxy'], lines: 10, after: 'then' }
const never = new AbortController().signal
const line = (text: string): LogLine => ({ unit: 'haproxy', text })
const reading = (lines: readonly LogLine[]) =>
  readLogs(async () => ({ lines, after: 'now', note: '' }), ASK, never)

test('secrets are hidden, also where a line is cut', async () => {
  const hash = `$6$salt${'x'.repeat(80)}`
  const long = `${'x'.repeat(LOG_LINE_CHARS_MAX - 20)} ${hash}`
  const { lines } = await reading([
    line('auth_pass s3cret'),
    line('user admin https://kim:s3cret@example.org/'),
    line(long),
    line('y'.repeat(LOG_LINE_CHARS_MAX + 1)),
  ])
  const text = lines.map((one) => one.text).join('\n')
  assert.doesNotMatch(text, /s3cret|\$6\$/)
  assert.match(text, /auth_pass \(hidden\)/)
  assert.ok(lines.every((one) => one.text.length <= LOG_LINE_CHARS_MAX))
  assert.match(lines[3]?.text ?? '', /y \(cut\)$/)
})

test('a secret of the node is taken out by its value, where nothing tells it by its look', async () => {
  const door = async () => ({ lines: [line('got canary-77 here')], after: '', note: '' })
  const redact = (text: string) => text.replaceAll('canary-77', '[secret]')
  const { lines } = await readLogs(door, ASK, never, redact)
  assert.deepEqual(lines, [line('got [secret] here')])
})

test('more than an answer holds: the newest, and how many are not there', async () => {
  const many = Array.from({ length: 300 }, (_, n) => line(`${n} ${'z'.repeat(1_900)}`))
  const { lines, note } = await reading(many)
  assert.ok(lines.reduce((sum, one) => sum + one.text.length, 0) <= LOG_CHARS_MAX)
  assert.match(lines.at(-1)?.text ?? '', /^299 /)
  assert.equal(note, `${300 - lines.length} older lines did not fit`)
})

test('what cannot be read is an answer, and the place stays', async () => {
  const broken = async () => {
    throw new Error('cannot read the journal: no such file')
  }
  assert.deepEqual(await readLogs(broken, ASK, never), {
    ...{ lines: [], after: 'then', note: '' },
    error: 'cannot read the journal: no such file',
  })
})

test('one reading at a time with a rest after each; who asks on and on is told so', async () => {
  const clock = testClock()
  let running = 0
  let most = 0
  const desk = createLogDesk(
    async () => {
      most = Math.max(most, ++running)
      await new Promise((done) => setImmediate(done))
      running--
      return { lines: [], after: '', note: '' }
    },
    (text) => text,
    clock,
    never,
  )
  const asks = Array.from({ length: 12 }, () => desk(ASK))
  const refused = (await Promise.all(asks.slice(8))).map(({ error }) => error)
  assert.deepEqual([...new Set(refused)], ['too many ask this node at once'])
  let done = 0
  for (const ask of asks.slice(0, 8)) void ask.then(() => done++)
  for (let turns = 0; done < 8; turns++) {
    assert.ok(turns < 100, 'they never end')
    await new Promise((next) => setImmediate(next))
    await new Promise((next) => setImmediate(next))
    assert.ok(done <= 1 + clock.monotonic() / 200, 'no rest between two')
    clock.advance(100)
  }
  assert.equal(most, 1)
})
