// What every supervisor promises, as a function: the unit tests run it on the built-in one and on systemd behind a
// fake systemctl; on a machine with systemd the same function runs on the real one.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Daemon, Supervisor } from '../../agent/world.ts'
import { until } from '../agent/host/temporary.ts'

/** One daemon, and what the suite must see and do behind the supervisor's back. */
export type Subject = {
  readonly daemon: Daemon
  /** A supervisor as a new agent makes it; it knows only what the one before left on the machine. */
  open(): Supervisor
  /** kill -9 of the daemon's main process. */
  kill(pid: number): void
  alive(pid: number): boolean
  /** It has set up what it does with signals: one that comes earlier would end it. */
  ready(): boolean | Promise<boolean>
  /** How often the daemon was told to load its configuration again. */
  reloads(): number | Promise<number>
}

type Make = () => Promise<Subject>
const DOWN = { running: false, pid: 0 }
const seen = async (supervisor: Supervisor, daemon: Daemon) => {
  const { running, pid } = await supervisor.status(daemon)
  return { running, pid }
}
const started = async (make: Make) => {
  const subject = await make()
  const one = subject.open()
  await one.start(subject.daemon)
  await until('it is ready', () => subject.ready())
  const { running, pid, restarts } = await one.status(subject.daemon)
  assert(running && pid > 1 && subject.alive(pid))
  return { subject, one, daemon: subject.daemon, pid, restarts }
}

const PROMISES: Readonly<Record<string, (make: Make) => Promise<void>>> = {
  'what was never started does not run, and cannot be reloaded': async (make) => {
    const { open, daemon } = await make()
    const one = open()
    assert.deepEqual(await seen(one, daemon), DOWN)
    await assert.rejects(one.reload(daemon), /^(HostError|Error): cannot /)
    assert.deepEqual(await seen(one, daemon), DOWN, 'a reload starts nothing')
  },
  'a second start changes nothing': async (make) => {
    const { one, daemon, pid } = await started(make)
    await one.start(daemon)
    assert.deepEqual(await seen(one, daemon), { running: true, pid })
  },
  'a reload reaches the process and does not end it': async (make) => {
    const { subject, one, daemon, pid } = await started(make)
    const before = await subject.reloads()
    await one.reload(daemon)
    await until('it was told', async () => (await subject.reloads()) === before + 1)
    assert.deepEqual(await seen(one, daemon), { running: true, pid })
  },
  'a restart gives another process, and it stays': async (make) => {
    const { subject, one, daemon, pid } = await started(make)
    await one.restart(daemon)
    const now = await seen(one, daemon)
    assert(now.running && now.pid !== pid)
    await until('the old one ended', () => !subject.alive(pid))
    assert(subject.alive(now.pid))
  },
  'what is killed comes back by itself, and is counted': async (make) => {
    const { subject, one, daemon, pid, restarts } = await started(make)
    subject.kill(pid)
    await until('it runs again', async () => {
      const now = await one.status(daemon)
      return now.running && now.pid !== pid && now.restarts === restarts + 1
    })
  },
  'what is stopped stays stopped, also for a new agent': async (make) => {
    const { subject, one, daemon, pid } = await started(make)
    await one.stop(daemon)
    assert.deepEqual(await seen(one, daemon), DOWN)
    assert.equal(subject.alive(pid), false)
    await one.stop(daemon)
    assert.deepEqual(await seen(subject.open(), daemon), DOWN, 'a second stop is no error')
  },
  'a new agent finds what runs, and keeps it running': async (make) => {
    const { subject, daemon, pid } = await started(make)
    const next = subject.open()
    assert.deepEqual(await seen(next, daemon), { running: true, pid })
    await next.start(daemon)
    assert.deepEqual(await seen(next, daemon), { running: true, pid })
    subject.kill(pid)
    await until('it runs again', async () => {
      const now = await seen(next, daemon)
      return now.running && now.pid !== pid
    })
    await next.stop(daemon)
    assert.deepEqual(await seen(next, daemon), DOWN)
  },
}

/** Registers the tests. `make` gives a fresh machine each time and cleans up by `context.after`. */
export function supervisorSuite(
  name: string,
  make: (context: TestContext) => Promise<Subject>,
): void {
  for (const [promise, holds] of Object.entries(PROMISES)) {
    test(`${name}: ${promise}`, (context) => holds(() => make(context)))
  }
}
