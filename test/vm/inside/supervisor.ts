// Run inside a VM by supervisor.vm.ts: the supervisor suite on the real systemd, with haproxy as Debian packages it.
import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { runCommand } from '../../../agent/host/exec.ts'
import { startTimeOf } from '../../../agent/host/processes.ts'
import { systemdSupervisor } from '../../../agent/host/supervisor-systemd.ts'
import type { Daemon } from '../../../agent/world.ts'
import { supervisorSuite } from '../../contract/supervisor-suite.ts'

const UNIT = 'haproxy.service'
const TIMEOUT_MS = 20_000
const daemon: Daemon = {
  name: 'haproxy',
  unit: UNIT,
  argv: ['haproxy', '-W'],
  reloadSignal: 'SIGUSR2',
}
const CONFIG = `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
listen web
  bind 127.0.0.1:8099
`

const words = async (...argv: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(argv, TIMEOUT_MS)
  assert.equal(code, 0, `${argv.join(' ')}: ${stderr}`)
  return stdout
}
/** Of the whole boot: the suite compares two counts. */
const loads = async (): Promise<number> =>
  (await words('journalctl', '-b', '-u', UNIT, '-o', 'cat')).split('Loading success').length - 1

supervisorSuite('systemd', async (context) => {
  await words('systemctl', 'stop', UNIT)
  await rm(`/etc/systemd/system/${UNIT}.d`, { recursive: true, force: true })
  await words('systemctl', 'daemon-reload')
  await writeFile('/etc/haproxy/haproxy.cfg', CONFIG)
  context.after(() => words('systemctl', 'stop', UNIT))
  return {
    daemon,
    open: () => systemdSupervisor({ run: runCommand }),
    kill: (pid) => void process.kill(pid, 'SIGKILL'),
    alive: (pid) => startTimeOf(pid) !== 0,
    // Type=notify: systemctl start returned after haproxy had said so.
    ready: () => true,
    reloads: loads,
  }
})
