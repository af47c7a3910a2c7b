import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parseShow, systemdSupervisor } from '../../../agent/host/supervisor-systemd.ts'
import type { Daemon, Exec } from '../../../agent/world.ts'
import { temporaryDirectory } from './temporary.ts'

const daemon: Daemon = {
  name: 'haproxy',
  unit: 'haproxy.service',
  argv: ['haproxy', '-W'],
  reloadSignal: 'SIGUSR2',
}
const exec = (stdout: string, code = 0, stderr = ''): Exec => ({
  code,
  signal: null,
  stdout,
  stderr,
})
const ACTIVE = 'ActiveState=active\nMainPID=77\nNRestarts=3\n'

/** A systemctl that notes what it is asked; answers by first word. */
function fake(unitDirectory: string, answers: Readonly<Record<string, Exec>> = {}) {
  const asked: string[] = []
  const run = async (argv: readonly string[]): Promise<Exec> => {
    const [program, verb = '', ...rest] = argv
    assert.equal(program, 'fake-systemctl')
    asked.push([verb, ...rest].join(' '))
    return answers[verb] ?? exec(verb === 'show' ? ACTIVE : '')
  }
  const systemctl = ['fake-systemctl']
  return {
    asked,
    supervisor: systemdSupervisor({
      run,
      systemctl,
      unitDirectory,
      tmpfilesDirectory: unitDirectory,
    }),
  }
}

test('start: drop-in, daemon-reload once, reset, start, and enable where it is not', async (context) => {
  const directory = await temporaryDirectory(context)
  const { asked, supervisor } = fake(directory)
  await supervisor.start(daemon)
  const first = ['daemon-reload', 'reset-failed', 'start', 'is-enabled', 'enable']
  assert.deepEqual(
    asked.splice(0).map((line) => line.split(' ')[0]),
    first,
  )
  const dropIn = await readFile(`${directory}/haproxy.service.d/50-hactl.conf`, 'utf8')
  for (const line of ['Restart=always', 'RestartSec=100ms', 'StartLimitInterval=0']) {
    assert.ok(dropIn.includes(`\n${line}\n`), line)
  }
  assert.doesNotMatch(dropIn, /ExecStart/)
  const folders = await readFile(`${directory}/hactl.conf`, 'utf8')
  assert.match(folders, /^d \/run\/hactl 0755 root root -$/m)
  assert.match(folders, /^d \/run\/hactl\/health 0755 root root -$/m)
  const stale = { ...daemon, unit: 'nginx.service', leftovers: ['/run/hactl/nginx.sock'] }
  await fake(directory).supervisor.start(stale)
  const nginx = await readFile(`${directory}/nginx.service.d/50-hactl.conf`, 'utf8')
  assert.match(nginx, /\nExecStartPre=-\/bin\/rm -f \/run\/hactl\/nginx\.sock\n$/)
  await supervisor.reload(daemon)
  await supervisor.restart(daemon)
  await supervisor.stop(daemon)
  assert.deepEqual(asked, [
    'reload haproxy.service',
    'is-enabled haproxy.service',
    'enable haproxy.service',
    'reset-failed haproxy.service',
    'restart haproxy.service',
    'is-enabled haproxy.service',
    'enable haproxy.service',
    'stop haproxy.service',
    'disable haproxy.service',
  ])
})

test('a unit that starts at boot anyway is not enabled again, one for this boot only is', async (context) => {
  const directory = await temporaryDirectory(context)
  for (const [says, enables] of [
    ['enabled', false],
    ['static', false],
    ['enabled-runtime', true],
    ['disabled', true],
  ] as const) {
    const answer = exec(`${says}\n`, says === 'disabled' ? 1 : 0)
    const { asked, supervisor } = fake(directory, { 'is-enabled': answer })
    await supervisor.start(daemon)
    assert.equal(asked.includes('enable haproxy.service'), enables, says)
  }
})

test('status of units that run, reload, wait for a restart, are unknown', async (context) => {
  const directory = await temporaryDirectory(context)
  const seen = async (stdout: string) =>
    fake(directory, { show: exec(stdout) }).supervisor.status(daemon)
  assert.deepEqual(await seen(ACTIVE), { running: true, pid: 77, restarts: 3 })
  assert.deepEqual(await seen('ActiveState=reloading\nMainPID=77\n'), {
    running: true,
    pid: 77,
    restarts: 0,
  })
  const down = { running: false, pid: 0, restarts: 0 }
  assert.deepEqual(await seen('ActiveState=activating\nMainPID=0\nNRestarts=[not set]\n'), down)
  assert.deepEqual(await seen('ActiveState=failed\nMainPID=77\n'), down)
  assert.deepEqual(await seen(''), down)
})

test('what systemctl refuses is an error with its words', async (context) => {
  const directory = await temporaryDirectory(context)
  const refuses = exec('', 1, 'Job for haproxy.service failed.\n')
  const { supervisor } = fake(directory, { reload: refuses, show: exec('', 4, 'no bus') })
  await assert.rejects(supervisor.reload(daemon), {
    message: 'cannot systemctl reload haproxy.service: Job for haproxy.service failed.',
  })
  await assert.rejects(supervisor.status(daemon), /cannot see unit haproxy.service: no bus/)
  assert.deepEqual(await supervisor.pids(), new Set())
})

test('values of systemctl show may hold an equals sign', () => {
  assert.equal(parseShow('A=b=c\nnonsense\n').get('A'), 'b=c')
})
