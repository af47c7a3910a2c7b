// A slow source beside the passes: they never wait for it, and nothing that it said is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { background } from '../../../agent/source/background.ts'
import type { Fetched } from '../../../agent/world.ts'
import { fakeClock } from '../../fakes/clock.ts'
import { until } from '../host/temporary.ts'

const spec = (body: string): Fetched => ({ body, revision: 0, allow: [] })

function slow() {
  const clock = fakeClock()
  const waiting: { give: (said: Fetched | undefined) => void; fail: (error: Error) => void }[] = []
  let woken = 0
  const stop = new AbortController()
  const source = background(
    {
      name: 'slow',
      fetch: () => new Promise((give, fail) => waiting.push({ give, fail })),
    },
    {
      clock,
      random: { between: (min) => min, id: () => 'x' },
      everyMs: 1_000,
      wake: () => {
        woken++
      },
      signal: stop.signal,
    },
  )
  const ask = () => source.fetch(stop.signal)
  return { clock, waiting, source, ask, stop, woken: () => woken }
}

test('a pass gets nothing at once, is woken, and gets it then, once', async () => {
  const { waiting, ask, woken } = slow()
  assert.equal(await ask(), undefined)
  assert.equal(await ask(), undefined)
  assert.equal(waiting.length, 1, 'one look at a time')
  waiting[0]?.give(spec('a'))
  await until('woken', () => woken() === 1)
  assert.equal((await ask())?.body, 'a')
  assert.equal(await ask(), undefined)
  assert.equal(waiting.length, 1, 'the next look is not due')
})

test('the next look comes after its time, or when somebody hurries', async () => {
  const { waiting, ask, clock, source, woken } = slow()
  await ask()
  waiting[0]?.give(undefined)
  await until('not running', async () => {
    clock.advance(1_000)
    await ask()
    return waiting.length === 2
  })
  assert.equal(woken(), 0, 'nothing new wakes nobody')
  for (let n = 0; n < 5; n++) source.hurry?.()
  waiting[1]?.give(undefined)
  await until('a hurry during a look makes another one follow', async () => {
    await ask()
    return waiting.length === 3
  })
  assert.equal(woken(), 1)
  waiting[2]?.give(undefined)
})

test('a failure is thrown once, in the pass after it', async () => {
  const { waiting, ask, woken } = slow()
  await ask()
  waiting[0]?.fail(new Error('away'))
  await until('woken', () => woken() === 1)
  await assert.rejects(ask(), /away/)
  assert.equal(await ask(), undefined)
})

test('whoever hurries without end gets one look a second', async () => {
  const { waiting, ask, clock, source, woken } = slow()
  await ask()
  waiting[0]?.give(undefined)
  await until('the first look is over', async () => {
    source.hurry?.()
    return woken() > 0
  })
  for (let n = 0; n < 5; n++) source.hurry?.()
  assert(clock.monotonic() >= 1_000)
  assert.equal(woken(), 1)
  await ask()
  assert.equal(waiting.length, 2)
})
