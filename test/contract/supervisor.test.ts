// Both supervisors under the same suite: the built-in one with real processes, systemd behind a strict fake.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtinSupervisor, type HostSupervisor } from '../../agent/host/supervisor-builtin.ts'
import { startTimeOf } from '../../agent/host/processes.ts'
import { systemdSupervisor } from '../../agent/host/supervisor-systemd.ts'
import type { Daemon } from '../../agent/world.ts'
import { temporaryDirectory } from '../agent/host/temporary.ts'
import { fakeSystemd } from '../fakes/systemctl.ts'
import { supervisorSuite } from './supervisor-suite.ts'

// `up` says that the trap is set: a signal before it would end the shell.
const SCRIPT = 'trap "echo reloaded" USR2; echo up; while :; do sleep 1000 & wait; done'
const STOP_TIMEOUT_MS = 200
let made = 0

supervisorSuite('built-in', async (context) => {
  const directory = await temporaryDirectory(context)
  const name = `hactl-contract-${process.pid}-${made++}`
  const daemon: Daemon = {
    name,
    unit: `${name}.service`,
    argv: ['/bin/sh', '-c', SCRIPT, name],
    reloadSignal: 'SIGUSR2',
  }
  let current: HostSupervisor | undefined
  const open = (): HostSupervisor => {
    current?.dispose() // the agent before this one has ended
    const runDirectory = `${directory}/run`
    const options = { runDirectory, log: () => undefined, stopTimeoutMs: STOP_TIMEOUT_MS }
    current = builtinSupervisor({ ...options, supervises: true })
    return current
  }
  context.after(async () => {
    const last = open()
    await last.stop(daemon)
    last.dispose()
  })
  const log = (): string => readFileSync(`${directory}/run/log/${name}.log`, 'utf8')
  return {
    daemon,
    open,
    kill: (pid) => void process.kill(pid, 'SIGKILL'),
    alive: (pid) => startTimeOf(pid) !== 0,
    ready: () => log().includes('up\n'),
    reloads: () => log().split('reloaded\n').length - 1,
  }
})

const UNIT = 'haproxy.service'
const HAPROXY: Daemon = {
  name: 'haproxy',
  unit: UNIT,
  argv: ['haproxy', '-W'],
  reloadSignal: 'SIGUSR2',
}

supervisorSuite('systemd', async (context) => {
  const unitDirectory = await temporaryDirectory(context)
  const systemd = fakeSystemd(unitDirectory, [UNIT])
  return {
    daemon: HAPROXY,
    open: () => systemdSupervisor({ run: systemd.run, unitDirectory }),
    kill: () => systemd.kill(UNIT),
    alive: systemd.alive,
    ready: () => true,
    reloads: () => systemd.reloads(UNIT),
  }
})

test('systemd: what runs is enabled for the next boot, what is stopped is not', async (context) => {
  const unitDirectory = await temporaryDirectory(context)
  const systemd = fakeSystemd(unitDirectory, [UNIT])
  const supervisor = systemdSupervisor({ run: systemd.run, unitDirectory })
  await supervisor.start(HAPROXY)
  assert.equal(systemd.enabled(UNIT), true)
  await supervisor.stop(HAPROXY)
  assert.equal(systemd.enabled(UNIT), false)
})

test('systemd: a unit that is not installed cannot be started, in its own words', async (context) => {
  const unitDirectory = await temporaryDirectory(context)
  const systemd = fakeSystemd(unitDirectory, [])
  const supervisor = systemdSupervisor({ run: systemd.run, unitDirectory })
  await assert.rejects(supervisor.start(HAPROXY), /cannot systemctl .*haproxy.service not found/)
})
