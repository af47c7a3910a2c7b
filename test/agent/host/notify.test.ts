import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { beatingRun, createNotifier } from '../../../agent/host/notify.ts'
import { temporaryDirectory, until } from './temporary.ts'

/** Writes down what it was told, as systemd would hear it. */
function fakeNotify(directory: string): string {
  const program = join(directory, 'systemd-notify')
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $1" >> ${directory}/heard\n`)
  chmodSync(program, 0o755)
  return program
}

const heard = async (directory: string, lines: number): Promise<readonly string[]> => {
  const path = join(directory, 'heard')
  let found: readonly string[] = []
  await until(`${lines} messages`, () => {
    // The shell makes the file before it writes into it.
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    found = text.split('\n').filter((line) => line !== '')
    return found.length >= lines
  })
  return found
}

test('ready and beats reach systemd, beats at most every 20 s', async (t) => {
  const directory = await temporaryDirectory(t)
  let now = 0
  const notifier = createNotifier({
    socket: '/run/systemd/notify',
    monotonic: () => now,
    log: () => assert.fail('nothing to complain about'),
    program: fakeNotify(directory),
  })
  notifier.ready()
  assert.deepEqual(await heard(directory, 1), ['/run/systemd/notify READY=1'])
  notifier.beat()
  now = 19_999
  notifier.beat()
  assert.equal((await heard(directory, 2)).length, 2)
  now = 20_000
  notifier.beat()
  assert.deepEqual((await heard(directory, 3)).slice(1), [
    '/run/systemd/notify WATCHDOG=1',
    '/run/systemd/notify WATCHDOG=1',
  ])
})

test('without a socket nothing is started', () => {
  const notifier = createNotifier({
    socket: undefined,
    monotonic: () => 0,
    log: () => assert.fail('nothing to complain about'),
    program: '/nonexistent',
  })
  notifier.ready()
  notifier.beat()
})

test('a long command beats while it runs, and not after it', async () => {
  let beats = 0
  const beaten = Promise.withResolvers<void>()
  const ended = { code: 0, signal: null, stdout: '', stderr: '' }
  const run = beatingRun(
    async () => {
      await beaten.promise
      return ended
    },
    () => {
      beats++
      if (beats === 3) beaten.resolve()
    },
    1,
  )
  assert.equal(await run(['dnf', 'install'], 600_000), ended)
  const then = beats
  for (let turn = 0; turn < 100; turn++) await new Promise((done) => setImmediate(done))
  assert.equal(beats, then)
})
