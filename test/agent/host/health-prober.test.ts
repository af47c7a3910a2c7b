import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHealthProber } from '../../../agent/host/health-prober.ts'
import type { Clock } from '../../../agent/world.ts'

type Round = readonly (number | 'stall')[]
/** Runs one round per element on virtual time; each element has the statuses of url 0, 1, ... */
async function probe(rounds: readonly Round[], before?: string) {
  const writes: string[] = []
  const changes: boolean[] = []
  let file = before
  let at = 0
  let nowMs = 0
  let over: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (over = resolve))
  const clock: Clock = {
    now: () => 0,
    monotonic: () => nowMs,
    sleep: (_ms, signal) => {
      at++
      if (at < rounds.length) return Promise.resolve()
      over()
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      )
    },
  }
  const host = {
    read: async () => (file === undefined ? undefined : { body: file, mode: 0o644 }),
    write: async (path: string, body: string) => {
      file = body
      writes.push(`${path} ${body.trim()}`)
    },
    get: async (url: string) => {
      const status = rounds[at]?.[Number(url)] ?? assert.fail('asked too often')
      if (status === 'stall') nowMs += 10_000
      return { status: status === 'stall' ? 0 : status, body: '', headers: {} }
    },
  }
  const urls = (rounds[0] ?? []).map((_, i) => ({ vip: 'web', url: String(i) }))
  const prober = startHealthProber({
    host,
    clock,
    targets: () => urls,
    directory: '/run/hactl/health',
    onChange: (_vip, healthy) => changes.push(healthy),
  })
  await ended
  await prober.close()
  return { writes, changes }
}
const FILE = '/run/hactl/health/web'

test('the file is made at start and written on changes only', async () => {
  const { writes, changes } = await probe([[200], [200], [0], [0], [0], [0], [200], [200], [200]])
  assert.deepEqual(writes, [`${FILE} 0`, `${FILE} 1`, `${FILE} 0`])
  assert.deepEqual(changes, [false, true])
})

test('a 503 of the proxy is an answer', async () => {
  assert.deepEqual((await probe([[503], [503], [503], [503]])).writes, [`${FILE} 0`])
})

test('a new agent goes on from what the file says', async () => {
  assert.deepEqual(await probe([[0], [0], [0], [0]], '1\n'), { writes: [], changes: [] })
  assert.deepEqual((await probe([[200], [200]], '1\n')).writes, [`${FILE} 0`])
})

test('one dead proxy of two makes the vip dead', async () => {
  const { changes } = await probe([
    [200, 0],
    [200, 0],
    [200, 0],
  ])
  assert.deepEqual(changes, [false])
})

test('a round in which we were asleep ourselves says nothing', async () => {
  assert.deepEqual((await probe([['stall'], ['stall'], ['stall'], ['stall']])).changes, [])
  assert.deepEqual((await probe([[0], ['stall'], [0], [0]])).changes, [false])
})
