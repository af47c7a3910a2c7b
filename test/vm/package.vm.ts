// The .deb on a machine with systemd: installed, configured, watched, upgraded and removed while a client asks; the daemons' pids stay.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ProbeResult } from '../../cli/lab/probe.ts'
import { quickDeb } from '../package/kit.ts'
import { type VmCluster, vmCluster } from './cluster.ts'
import { PAIR_URL, PAIR_VIP, pair } from './specs.ts'

const UNIT = 'hactl-agent.service'
// The agent of lb2 is the library's, with this token and interval.
const CONFIG = {
  node: 'lb1',
  source: { path: '/etc/hactl/spec.json' },
  peer: { token: 'vm-cluster-peer-token' },
  intervalMs: 1_000,
}
const debs = mkdtempSync(join(tmpdir(), 'hactl-vm-debs-'))
let lab: VmCluster

before(async () => {
  for (const version of ['0.1.0', '0.1.1'])
    await quickDeb(version, join(debs, `hactl_${version}.deb`))
  lab = await vmCluster({
    spec: pair(),
    agents: ['lb2'],
    wait: false,
    nodes: { lb1: { shares: [{ from: debs, at: '/debs', readOnly: true }] } },
  })
})
after(async () => {
  await lab?.close()
  rmSync(debs, { recursive: true, force: true })
})

const lb1 = () => lab.node('lb1')
const install = (version: string) => lb1().must(`dpkg -i /debs/hactl_${version}.deb 2>&1`, 60_000)
const show = (unit: string, key: string) => lb1().must(`systemctl show -p ${key} --value ${unit}`)
/** Of both services, masters and workers; by name it would count what an agent that starts asks, such as haproxy -vv. */
const daemonPids = () =>
  lb1().must(`for unit in haproxy keepalived; do
    cat /sys/fs/cgroup$(systemctl show -p ControlGroup --value $unit)/cgroup.procs
  done | sort -n | tr "\\n" " "`)

/**
 * Unpacking 110 MB on a disk of one file makes a small VM stand still for a second or more: an answer may be late (a timeout of
 * the probe), but no connection is refused or cut, and the vip does not move.
 */
function assertServed(seen: ProbeResult): void {
  const { timeout: _late, ...cut } = seen.errors
  assert.deepEqual(cut, {})
  assert.ok(seen.requests > seen.failed * 2, JSON.stringify(seen.errors))
}

test('an installed and unconfigured agent is enabled and does not run', async () => {
  await install('0.1.0')
  assert.equal(
    (await lb1().sh(`systemctl is-enabled ${UNIT} hactl-hub.service`)).stdout,
    'enabled\ndisabled\n',
  )
  assert.equal(await show(UNIT, 'ActiveState'), 'inactive')
  // What a boot does: the condition holds it back, and that is no failure.
  await lb1().must(`systemctl start ${UNIT}`)
  assert.equal(await show(UNIT, 'ActiveState'), 'inactive')
  assert.equal(await show(UNIT, 'Result'), 'success')
})

test('configured, it says READY=1 and WATCHDOG=1, and the node becomes what the spec says', async () => {
  await lb1().put('/etc/hactl/agent.json', JSON.stringify(CONFIG), 0o600)
  await lb1().put('/etc/hactl/spec.json', JSON.stringify(pair()))
  await lb1().must(`systemctl start ${UNIT}`, 60_000)
  assert.equal(await show(UNIT, 'ActiveState'), 'active')
  await lab.ready(['lb1', 'lb2'])
  await lab.heldBy(PAIR_VIP, 'lb1')
  assert.match(await lab.get(PAIR_URL), /^web1 /)
  await lab.until('a beat', async () => Number(await show(UNIT, 'WatchdogTimestampMonotonic')) > 0)
  const log = await lb1().must(`journalctl -u ${UNIT} --no-pager -o cat`)
  assert.doesNotMatch(
    log,
    /cannot tell systemd|Unknown key|Unknown lvalue|reception only permitted/,
  )
})

test('an upgrade restarts the agent; no daemon, no connection is cut', async () => {
  const [daemons, agent] = [await daemonPids(), await show(UNIT, 'MainPID')]
  assert.ok(daemons.trim().split(' ').length >= 4, daemons)
  const moves = await transitions()
  const probing = lab.probe(PAIR_URL, 15, 20)
  await install('0.1.1')
  assert.equal(await lb1().must('dpkg-query -W hactl'), 'hactl\t0.1.1')
  assert.notEqual(await show(UNIT, 'MainPID'), agent)
  await lab.ready(['lb1'])
  const seen = await probing
  process.stdout.write(
    `upgrade: gap ${seen.longestGapMs} ms, late ${seen.failed} of ${seen.requests}\n`,
  )
  assertServed(seen)
  assert.equal(await daemonPids(), daemons)
  assert.equal(await transitions(), moves)
  // The image leaves documents out (path-exclude of dpkg.cfg).
  assert.equal(await lb1().must('dpkg -V hactl | grep -v " /usr/share/" || true'), '')
})

/** How often the vip has moved, by the words of both keepaliveds. */
async function transitions(): Promise<number> {
  const count = 'journalctl -u keepalived --no-pager -o cat | grep -c "Entering .* STATE"'
  const said = await Promise.all(['lb1', 'lb2'].map((name) => lab.node(name).must(count)))
  return said.reduce((sum, text) => sum + Number(text), 0)
}

test('an agent that hangs is killed by the watchdog and comes back; the daemons go on', async () => {
  const daemons = await daemonPids()
  await lb1().must(
    `mkdir -p /run/systemd/system/${UNIT}.d
    printf '[Service]\\nWatchdogSec=25\\n' > /run/systemd/system/${UNIT}.d/quick.conf
    systemctl daemon-reload; systemctl restart ${UNIT}`,
    60_000,
  )
  const agent = await show(UNIT, 'MainPID')
  await lb1().must(`kill -STOP ${agent}`)
  await lab.until(
    'another agent',
    async () => {
      const now = await show(UNIT, 'MainPID')
      return now !== '0' && now !== agent && (await show(UNIT, 'ActiveState')) === 'active'
    },
    60_000,
  )
  assert.match(await lb1().must(`journalctl -u ${UNIT} --no-pager -o cat`), /[Ww]atchdog timeout/)
  assert.equal(await daemonPids(), daemons)
  await lab.ready(['lb1'])
})

test('removal ends the agent; the daemons serve on with the configuration they have', async () => {
  const daemons = await daemonPids()
  const files = 'cat /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf | sha256sum'
  const before = await lb1().must(files)
  const probing = lab.probe(PAIR_URL, 8, 20)
  await lb1().must('dpkg -r hactl 2>&1', 60_000)
  const seen = await probing
  process.stdout.write(
    `removal: gap ${seen.longestGapMs} ms, late ${seen.failed} of ${seen.requests}\n`,
  )
  assertServed(seen)
  assert.equal((await lb1().sh('pidof hactl')).stdout, '')
  assert.equal(await daemonPids(), daemons)
  await lab.heldBy(PAIR_VIP, 'lb1')
  await lb1().must('dpkg -P hactl 2>&1', 60_000)
  assert.equal(await lb1().must(files), before)
  assert.equal(await daemonPids(), daemons)
  assert.equal((await lb1().sh('ls -d /etc/hactl /var/lib/hactl')).stdout, '')
})
