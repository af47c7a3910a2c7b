import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { alive } from '../../../agent/host/daemon-process.ts'
import { findByArgv, groupRuns, startTimeOf } from '../../../agent/host/processes.ts'
import { builtinSupervisor, type HostSupervisor } from '../../../agent/host/supervisor-builtin.ts'
import type { Daemon } from '../../../agent/world.ts'
import { temporaryDirectory, until } from './temporary.ts'

type Bed = {
  readonly daemon: Daemon
  readonly directory: string
  readonly log: string[]
  supervisor(supervises?: boolean): HostSupervisor
}

let beds = 0
/** Each daemon has an argument of its own: leftovers are found by argv in all of /proc. */
async function bed(context: TestContext, script: string): Promise<Bed> {
  const directory = await temporaryDirectory(context)
  const log: string[] = []
  const made: HostSupervisor[] = []
  const name = `hactl-test-${process.pid}-${beds++}`
  const daemon: Daemon = {
    name,
    unit: `${name}.service`,
    argv: ['/bin/sh', '-c', script, name],
    reloadSignal: 'SIGUSR2',
  }
  const supervisor = (supervises = true): HostSupervisor => {
    const runDirectory = `${directory}/run`
    const options = { runDirectory, log: (line: string) => log.push(line), supervises }
    made.push(builtinSupervisor({ ...options, stopTimeoutMs: 200 }))
    return made.at(-1) ?? assert.fail()
  }
  context.after(async () => {
    for (const one of made) one.dispose()
    const last = supervisor()
    await last.stop(daemon)
    last.dispose()
  })
  return { daemon, directory: `${directory}/run`, log, supervisor }
}
// `exec` would change the argv that leftovers are found by.
const FOREVER = 'trap "echo reloaded" USR2; echo up; while :; do sleep 1000 & wait; done'

test('start, status, log, stop', async (context) => {
  const { daemon, directory, supervisor } = await bed(context, FOREVER)
  const one = supervisor()
  assert.deepEqual(await one.status(daemon), { running: false, pid: 0, restarts: 0 })
  await one.start(daemon)
  const { running, pid } = await one.status(daemon)
  assert.ok(running && pid > 1)
  await one.start(daemon)
  assert.equal((await one.status(daemon)).pid, pid, 'a second start changes nothing')
  assert.deepEqual(await one.pids(), new Set([pid]))
  const logged = (): Promise<string> => readFile(`${directory}/log/${daemon.name}.log`, 'utf8')
  await until('output is logged', async () => (await logged()) === 'up\n')
  await one.reload(daemon)
  await until('it got the signal', async () => (await logged()) === 'up\nreloaded\n')
  assert.equal((await one.status(daemon)).pid, pid, 'a reload is not a death')
  await one.stop(daemon)
  assert.deepEqual(await one.status(daemon), { running: false, pid: 0, restarts: 0 })
  assert.equal(startTimeOf(pid), 0)
  await assert.rejects(one.reload(daemon), /cannot reload .*: it does not run/)
})

test('a killed daemon is started again and counted', async (context) => {
  const { daemon, supervisor } = await bed(context, FOREVER)
  const one = supervisor()
  await one.start(daemon)
  const first = await one.status(daemon)
  process.kill(first.pid, 'SIGKILL')
  await until('it runs again', async () => {
    const now = await one.status(daemon)
    return now.running && now.pid !== first.pid && now.restarts === 1
  })
})

test('a new agent adopts what runs, and restarts it when it dies later', async (context) => {
  const { daemon, log, supervisor } = await bed(context, FOREVER)
  const before = supervisor()
  await before.start(daemon)
  const { pid } = await before.status(daemon)
  before.dispose() // the agent ends
  const after = supervisor()
  assert.deepEqual(await after.status(daemon), { running: true, pid, restarts: 0 })
  assert.ok(log.includes(`adopted ${daemon.name} (pid ${pid})`))
  process.kill(pid, 'SIGKILL')
  await until('it runs again', async () => {
    const now = await after.status(daemon)
    return now.running && now.pid !== pid && now.restarts === 1
  })
})

test('what died while no agent watched is started by the next one', async (context) => {
  const { daemon, supervisor } = await bed(context, FOREVER)
  const before = supervisor()
  await before.start(daemon)
  const { pid } = await before.status(daemon)
  before.dispose()
  process.kill(pid, 'SIGKILL')
  // A child that the shell has forked and that is not yet a sleep still bears the shell's argv.
  const gone = () => startTimeOf(pid) === 0 && findByArgv(daemon.argv) === undefined
  await until('it is dead', gone)
  const reader = supervisor(false)
  assert.equal((await reader.status(daemon)).running, false, 'a reader starts nothing')
  await assert.rejects(reader.start(daemon), /only read/)
  const now = await supervisor().status(daemon)
  assert.ok(now.running && now.pid !== pid)
  assert.equal(now.restarts, 1)
})

test('a recycled pid is not adopted and gets no signal', async (context) => {
  const { daemon, directory, supervisor } = await bed(context, FOREVER)
  const before = supervisor()
  await before.start(daemon)
  const { pid } = await before.status(daemon)
  const path = `${directory}/${daemon.name}.json`
  const note: unknown = JSON.parse(await readFile(path, 'utf8'))
  before.dispose()
  await before.stop(daemon)
  // Our own pid under the dead daemon's start time: what a note looks like after the number came round.
  assert.ok(typeof note === 'object' && note !== null)
  await writeFile(path, JSON.stringify({ ...note, pid: process.pid }))
  const reader = supervisor(false)
  assert.deepEqual(await reader.status(daemon), { running: false, pid: 0, restarts: 0 })
  const after = supervisor()
  await after.stop(daemon) // would end this very process
  assert.notEqual(pid, process.pid)
})

test('a leftover whose note is lost is found by its argv', async (context) => {
  const { daemon, directory, supervisor } = await bed(context, FOREVER)
  const before = supervisor()
  await before.start(daemon)
  const { pid } = await before.status(daemon)
  before.dispose()
  await writeFile(`${directory}/${daemon.name}.json`, '{"pid":')
  assert.equal((await supervisor().status(daemon)).pid, pid)
})

test('one that ignores SIGTERM is killed with its group', async (context) => {
  const { daemon, supervisor } = await bed(context, 'trap "" TERM; while :; do sleep 1000; done')
  const one = supervisor()
  await one.start(daemon)
  const { pid } = await one.status(daemon)
  const startTime = startTimeOf(pid)
  await one.stop(daemon)
  assert.equal(alive({ pid, startTime }), false)
  assert.equal(groupRuns(pid), false)
})

test('one that keeps dying does not spin, and a stop calls the next try off', async (context) => {
  const { daemon, log, supervisor } = await bed(context, 'exit 1')
  const one = supervisor()
  await one.start(daemon)
  await until('it waits longer', () => log.some((line) => line.endsWith('in 100 ms')))
  await one.stop(daemon)
  const { restarts } = await supervisor(false).status(daemon)
  assert.equal(restarts, 0, 'nothing is noted any more')
  assert.equal((await one.status(daemon)).running, false)
})

test('a program that cannot be executed is an error at start', async (context) => {
  const { daemon, supervisor } = await bed(context, '')
  const one = supervisor()
  const missing = { ...daemon, argv: ['/hactl/none', daemon.name] }
  await assert.rejects(one.start(missing), /cannot start .*no such file/)
  assert.equal((await one.status(missing)).running, false)
})

test('what a killed life left is gone before the next one starts', async (context) => {
  const { daemon, directory, log, supervisor } = await bed(
    context,
    '[ -e "$0" ] && exit 1; trap "" USR2; while :; do sleep 1000 & wait; done',
  )
  const left = `${directory}.sock`
  const [shell = '', flag = '', script = ''] = daemon.argv
  const named = { ...daemon, argv: [shell, flag, script, left], leftovers: [left] }
  await writeFile(left, '')
  const one = supervisor()
  context.after(() => one.stop(named))
  await one.start(named)
  assert.equal((await one.status(named)).running, true, log.join('\n'))
  await assert.rejects(readFile(left), /ENOENT/)
})
