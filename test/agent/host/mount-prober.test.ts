import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Asked, startMountProber } from '../../../agent/host/mount-prober.ts'
import type { Clock } from '../../../agent/world.ts'

const TABLE = '40 36 0:43 / /srv/www rw - nfs4 192.0.2.5:/www rw,vers=4.2,hard\n'

/** Rounds on virtual time; 'hung' children never end. Gives the words after each round and how often a child was started. */
async function rounds(ends: readonly ('ok' | 'hung')[]) {
  const words: string[] = []
  let asked = 0
  let at = 0
  let over: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (over = resolve))
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_ms, signal) => {
      at++
      if (at < ends.length) return Promise.resolve()
      over()
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      )
    },
  }
  const ask = (): Asked => {
    asked++
    return ends[at] === 'ok'
      ? { end: Promise.resolve({ code: 0, stdout: 'nfs', stderr: '' }), gone: Promise.resolve() }
      : {
          end: Promise.resolve({ code: undefined, stdout: '', stderr: '' }),
          gone: new Promise(() => undefined),
        }
  }
  const prober = startMountProber({
    host: { read: async () => ({ body: TABLE, mode: 0o444 }) },
    clock,
    mounts: () => [{ name: 'www', path: '/srv/www', source: '192.0.2.5:/www' }],
    onProbe: (_, { state }) => words.push(state),
    log: (line) => assert.fail(line),
    ask,
  })
  await ended
  const last = prober.health('/srv/www')?.state
  await prober.close()
  return { words, asked, last }
}

test('a hung child is not waited for, and no second one is started beside it', async () => {
  const { words, asked, last } = await rounds(['ok', 'hung', 'hung', 'hung', 'hung'])
  assert.deepEqual(words, ['ok', 'ok', 'hung', 'hung', 'hung'])
  assert.equal(asked, 2)
  assert.equal(last, 'hung')
})

test('every round asks a mount that answers', async () => {
  const { words, asked } = await rounds(['ok', 'ok', 'ok'])
  assert.deepEqual(words, ['ok', 'ok', 'ok'])
  assert.equal(asked, 3)
})
