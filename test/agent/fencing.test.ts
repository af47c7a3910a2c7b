// The command against a second holder: once, after long enough, noted before it runs; its end decides what is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFencing } from '../../agent/fencing.ts'
import { openMemory } from '../../agent/memory.ts'
import { createStatus } from '../../agent/status.ts'
import type { Exec } from '../../agent/world.ts'
import type { Summary } from '../../spec/report.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'
import { cluster, summary } from './plan/fixtures.ts'

const STATE = '/var/lib/hactl'
const spec = cluster((text) => text.replace('"peers"', '"onSplit": "fence", "peers"'))
const HOLDS = ['web/172.18.67.33']
const peer = (patch: Partial<Summary> = {}) =>
  new Map([['lb2', summary('lb2', { holds: HOLDS, running: 'd', wanted: 'd', ...patch })]])
const OTHERS = new Map([['web', ['lb2']]])
const OFF: Exec = { code: 0, signal: null, stdout: '', stderr: '' }

async function bed({ ends = OFF, command = ['/sbin/off', '{node}'] } = {}) {
  const { host, disk, addresses } = createFakeHost()
  addresses.push({ interface: 'eth0', address: '172.18.67.33', prefix: 32 })
  const clock = fakeClock()
  const said: string[] = []
  const ran: string[] = []
  const now = { full: false }
  let word = peer()
  const start = async (config = true) => {
    const memory = await openMemory(host, STATE)
    await memory.update({ runningDigest: 'd', wantedDigest: 'd' })
    const status = createStatus({ host, clock, random: fakeRandom(1) }, memory, 'lb1', 'test')
    status.set({ condition: 'Ready', reason: '' })
    status.onEvent(({ text }) => said.push(text))
    const fencing = await openFencing({
      ...{ node: 'lb1', directory: STATE, clock, status },
      config: config ? { command, confirmMs: 2_000 } : undefined,
      host: {
        ...host,
        write: async (path, body, mode) => {
          if (now.full) throw new Error('ENOSPC: no space left on device')
          await host.write(path, body, mode)
        },
        run: async (argv) => {
          ran.push(argv.join(' '))
          return ends
        },
      },
      ask: async () => word,
    })
    const look = (answers = word, others: ReadonlyMap<string, readonly string[]> = OTHERS) =>
      fencing.turn(spec, others, answers)
    const looks = async (seconds: number) => {
      for (let n = 0; n < 2 * seconds; n++) {
        await look()
        clock.advance(500)
      }
    }
    return { fencing, look, looks }
  }
  const hear = (next: ReadonlyMap<string, Summary>): void => {
    word = new Map(next)
  }
  return { start, said, ran, clock, disk, now, hear }
}

test('after confirmMs, once, and it is told until the node is heard again', async () => {
  const { start, ran, said, hear } = await bed()
  const { fencing, look, looks } = await start()
  await looks(1.5)
  assert.deepEqual(ran, [])
  await looks(20)
  assert.deepEqual(ran, ['/sbin/off lb2'])
  assert.deepEqual([...fencing.fenced()], ['lb2'])
  assert.match(fencing.findings()[0]?.what ?? '', /^vip web: lb2 held it as well, and was fenced/)
  hear(peer({ holds: [] }))
  await look(undefined, new Map())
  assert.deepEqual([fencing.findings(), fencing.fenced().size], [[], 0])
  assert.match(said.at(-1) ?? '', /lb2 is heard again/)
})

test('a break in what is known starts the time anew', async () => {
  const { start, ran, hear } = await bed()
  const { looks } = await start()
  await looks(1.5)
  hear(peer({ holds: [] }))
  await looks(0.5)
  hear(peer())
  await looks(1.5)
  assert.deepEqual(ran, [])
})

test('over at the last question: nobody is fenced', async () => {
  const { start, ran, hear } = await bed()
  const { look, looks } = await start()
  await looks(2)
  hear(peer({ holds: [] }))
  await look(peer())
  assert.deepEqual(ran, [])
})

test('any other end than 0 is told, and not tried again in this incident', async () => {
  const { start, ran, said } = await bed({ ends: { ...OFF, code: 1, stderr: 'no such outlet' } })
  const { fencing, looks } = await start()
  await looks(30)
  assert.equal(ran.length, 1)
  assert.match(said.join('\n'), /cannot fence lb2: exit code 1: no such outlet/)
  assert.match(fencing.findings()[0]?.what ?? '', /could not be fenced: exit code 1/)
  assert.equal(fencing.fenced().size, 0)
})

test('killed while the command runs: the next agent knows that it was begun, and does not begin again', async () => {
  const { start, ran, disk } = await bed()
  const { looks } = await start()
  await looks(3)
  const note = { vip: 'web', result: 'asked', shots: 1, over: false, why: '' }
  disk.write(`${STATE}/fence.json`, JSON.stringify({ lb2: note }), 0o600)
  const next = await start()
  await next.looks(30)
  assert.equal(ran.length, 1)
  assert.match(next.fencing.findings()[0]?.what ?? '', /look whether it is off/)
})

test('the next incident with the same node waits, longer each time', async () => {
  const { start, ran, hear, clock } = await bed()
  const { look, looks } = await start()
  const again = async () => {
    hear(peer({ holds: [] }))
    await look(undefined, new Map())
    hear(peer())
    await looks(3)
  }
  await looks(3)
  await again()
  assert.equal(ran.length, 1)
  clock.advance(600_000)
  await again()
  assert.equal(ran.length, 2)
  clock.advance(600_000)
  await again()
  assert.equal(ran.length, 2)
})

test('without a command, a disk that takes no note, or a damaged one: nobody is fenced, and that is said', async () => {
  const none = await bed()
  await (await none.start(false)).looks(5)
  assert.match(none.said.join('\n'), /agent\.json here has no "fence"/)
  const full = await bed()
  const { looks } = await full.start()
  await looks(2)
  full.now.full = true
  await looks(3)
  assert.match(full.said.join('\n'), /cannot fence lb2: /)
  const damaged = await bed()
  damaged.disk.write(`${STATE}/fence.json`, '{"lb2":', 0o600)
  await (await damaged.start()).looks(5)
  assert.match(damaged.said.join('\n'), /fence\.json is damaged/)
  assert.deepEqual([...none.ran, ...full.ran, ...damaged.ran], [])
})
