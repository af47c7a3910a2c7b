import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startUnitWatch } from '../../../agent/host/unit-watch.ts'
import type { Clock } from '../../../agent/world.ts'

/** One answer of systemd per second of virtual time; what is known after each. */
async function seconds(actives: readonly string[]) {
  const seen: (boolean | undefined)[] = []
  let at = 0
  let over: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    over = resolve
  })
  const clock: Clock = {
    now: () => 0,
    monotonic: () => at * 1_000,
    sleep: (_ms, signal) => {
      seen.push(watch.runs('a.service'))
      at++
      if (at < actives.length) return Promise.resolve()
      over()
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      )
    },
  }
  const watch = startUnitWatch({
    host: {
      run: async () => ({
        code: 0,
        signal: null,
        stdout: `LoadState=loaded\nActiveState=${actives[at]}\nUnitFileState=enabled\n`,
        stderr: '',
      }),
    },
    clock,
    units: () => ['a.service'],
  })
  await ended
  await watch.close()
  return seen
}

test('a restart says nothing for a moment, a unit that never comes up is dead', async () => {
  assert.deepEqual(await seconds(['active', 'deactivating', 'activating', 'active', 'failed']), [
    true,
    undefined,
    undefined,
    true,
    false,
  ])
  const stuck = await seconds(['active', ...Array.from({ length: 7 }, () => 'activating')])
  assert.deepEqual(stuck.at(5), undefined)
  assert.deepEqual(stuck.at(-1), false)
})
