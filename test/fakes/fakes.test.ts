import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Daemon } from '../../agent/world.ts'
import { fakeClock } from './clock.ts'
import { InjectedFault } from './faults.ts'
import { createFakeHost } from './host.ts'
import { fakeRandom } from './random.ts'

const CONFIG = '/etc/haproxy/haproxy.cfg'
const SOCKET = '/run/hactl/haproxy.sock'
const haproxy: Daemon = {
  name: 'haproxy',
  unit: 'haproxy.service',
  argv: ['haproxy', '-W', '-f', CONFIG],
  reloadSignal: 'SIGUSR2',
}
const config = (digest: string, mark = '') =>
  `global\n    description hactl:${digest}\nbackend b\n    server s 192.0.2.1:80 weight 5\n${mark}\n`

async function running() {
  const fake = createFakeHost()
  await fake.host.write(CONFIG, config('one'), 0o644)
  await fake.host.supervisor.start(haproxy)
  assert.equal(fake.serving, true)
  return fake
}

test('a command, a daemon or a question that was not taught is an error', async () => {
  const fake = await running()
  await assert.rejects(fake.host.run(['rm', '-rf', '/'], 1), /not taught/)
  await assert.rejects(fake.host.supervisor.start({ ...haproxy, name: 'x' }), /not taught/)
  await assert.rejects(fake.host.ask(SOCKET, 'shutdown'), /not taught/)
})

test('the process runs what it loaded, not what is on disk', async () => {
  const fake = await running()
  await fake.host.write(CONFIG, config('two'), 0o644)
  assert.match(await fake.host.ask(SOCKET, 'show info'), /hactl:one/)
  await fake.host.supervisor.reload(haproxy)
  assert.match(await fake.host.ask(SOCKET, 'show info'), /hactl:two/)
})

test('a configuration is refused by the check, by the load, or kills the process', async () => {
  const fake = await running()
  await fake.host.write(CONFIG, config('two', 'BROKEN'), 0o644)
  assert.equal((await fake.host.run(['haproxy', '-c', '-f', CONFIG], 1)).code, 1)
  await fake.host.write(CONFIG, config('two', 'UNBINDABLE'), 0o644)
  assert.equal((await fake.host.run(['haproxy', '-c', '-f', CONFIG], 1)).code, 0)
  await fake.host.supervisor.reload(haproxy)
  assert.match(await fake.host.ask(SOCKET, 'show info'), /hactl:one/)
  await fake.host.write(CONFIG, config('two', 'CRASH'), 0o644)
  await fake.host.supervisor.reload(haproxy)
  assert.equal(fake.serving, false)
})

test('live settings last until the next worker, and bad ones are answered', async () => {
  const fake = await running()
  assert.equal(await fake.host.ask(SOCKET, 'set server b/s weight 9'), '')
  assert.equal(await fake.host.ask(SOCKET, 'set server b/s state drain'), '')
  assert.match(await fake.host.ask(SOCKET, 'show servers state'), / b 1 s 2 8 9$/m)
  assert.match(await fake.host.ask(SOCKET, 'set server b/x weight 9'), /No such server/)
  await fake.host.write(CONFIG, config('two'), 0o644)
  await fake.host.supervisor.reload(haproxy)
  assert.match(await fake.host.ask(SOCKET, 'show servers state'), / b 1 s 2 0 5$/m)
})

test('a killed daemon is started again by the supervisor, a stopped one is not', async () => {
  const fake = await running()
  fake.daemons.kill('haproxy')
  assert.equal(fake.serving, false)
  assert.deepEqual(await fake.host.supervisor.status(haproxy), {
    running: true,
    pid: 102,
    restarts: 1,
  })
  await fake.host.supervisor.stop(haproxy)
  assert.equal((await fake.host.supervisor.status(haproxy)).running, false)
})

test('power loss keeps what was synced and loses the rest', async () => {
  const fake = await running()
  await fake.host.write('/run/hactl/x', '1', 0o600)
  await fake.host.write('/var/lib/hactl/a', '1', 0o600)
  await fake.host.remove('/var/lib/hactl/a')
  fake.reboot()
  assert.equal(fake.serving, false)
  assert.deepEqual(fake.disk.paths(), [CONFIG, '/var/lib/hactl/a'])
  await fake.host.remove('/var/lib/hactl/a')
  await fake.host.write('/var/lib/hactl/b', '1', 0o600)
  fake.reboot()
  assert.deepEqual(fake.disk.paths(), [CONFIG, '/var/lib/hactl/b'])
})

for (const [mode, broken] of [
  ['transient', 1],
  ['persistent', 3],
  ['power', 3],
] as const) {
  test(`a ${mode} fault at effect 1 of 4 breaks ${broken} of them`, async () => {
    const fake = createFakeHost()
    Object.assign(fake.faults, { failAt: 1, mode })
    for (let i = 0; i < 4; i++) {
      await fake.host.write(`/a/${i}`, 'x', 0o600).catch((e) => assert(e instanceof InjectedFault))
    }
    assert.equal(fake.faults.failures, broken)
    assert.equal(fake.disk.paths().length, 4 - broken)
    assert.equal(fake.faults.broken, 'write /a/1')
  })
}

test('the same seed gives the same numbers, within bounds; a sleep is virtual', async () => {
  const draw = (seed: number) => Array.from({ length: 50 }, () => fakeRandom(seed).between(3, 9))
  assert.deepEqual(draw(1), draw(1))
  const random = fakeRandom(7)
  const seen = new Set(Array.from({ length: 200 }, () => random.between(3, 9)))
  assert.deepEqual([...seen].sort(), [3, 4, 5, 6, 7, 8, 9])
  assert.notEqual(random.id(), random.id())
  const clock = fakeClock()
  await clock.sleep(86_400_000)
  assert.equal(clock.monotonic(), 86_400_000)
})
