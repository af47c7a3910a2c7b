// hactl agent install on a machine with systemd: from the bare file to an agent that answers, and away again without harm.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type VmCluster, vmCluster } from './cluster.ts'
import { PAIR_URL, PAIR_VIP, pair } from './specs.ts'

const SPEC = '/etc/hactl/own-spec.json'
// The image has a link to the built file there; what is installed is a copy of it.
const FILE = '/usr/local/bin/hactl'
const INSTALLED = '/opt/own/bin/hactl'
const spec = { ...pair(), rollout: { peerWaitMs: 0 } }
let lab: VmCluster

before(async () => {
  // The agent is what is tested: none is started for us. lb2 is a plain namespace, so lb1 is alone.
  lab = await vmCluster({ spec, vms: ['lb1'], agents: [], wait: false })
  await lab.node('lb1').put(SPEC, JSON.stringify(spec))
})
after(() => lab?.close())

const vm = () => lab.node('lb1')
const pids = () =>
  vm().must('systemctl show -p MainPID --value haproxy keepalived | tr "\\n" " "', 10_000)
const doctor = async () => JSON.parse((await vm().sh('hactl doctor --json', 60_000)).stdout)

test('install says what it would do, and does nothing, with --dry-run', async () => {
  const said = await vm().must(`${FILE} agent install --source ${SPEC} --prefix /opt/own --dry-run`)
  assert.match(said, /nothing was changed/)
  assert.notEqual((await vm().sh('test -e /etc/systemd/system/hactl-agent.service')).code, 0)
})

test('the doctor names the missing unit and the command for it', async () => {
  const { findings } = JSON.parse(
    (await vm().sh(`hactl doctor --json --spec ${SPEC} --node lb1`, 60_000)).stdout,
  )
  const found = findings.find((f: { what: string }) => /no unit hactl-agent/.test(f.what))
  assert.equal(found?.fix, 'hactl agent install')
})

test('install ends when the agent has said that it is alive; the node converges by itself', async () => {
  const started = performance.now()
  const said = await vm().must(
    `${FILE} agent install --source ${SPEC} --node lb1 --prefix /opt/own`,
    180_000,
  )
  process.stdout.write(`installed in ${Math.round(performance.now() - started)} ms\n`)
  assert.match(said, /the agent of lb1 is alive: (?:Ready|Reconciling)/)
  assert.equal((await vm().must(`stat -c %a /etc/hactl/agent.json`)).trim(), '600')
  assert.match(
    await vm().must(`systemctl cat hactl-agent`),
    /ExecStart=\/opt\/own\/bin\/hactl agent/,
  )
  assert.equal((await vm().must('systemctl is-enabled hactl-agent')).trim(), 'enabled')
  await lab.heldBy(PAIR_VIP, 'lb1', 60_000)
  assert.match(await lab.get(PAIR_URL), /^web1 w1 8080/)
})

test('Type=notify: systemd has the word of the agent itself, and its watchdog', async () => {
  const show = await vm().must('systemctl show -p Type,SubState,WatchdogUSec hactl-agent')
  assert.match(show, /Type=notify/)
  assert.match(show, /SubState=running/)
  assert.match(show, /WatchdogUSec=5min/)
  await lab.until(
    'a beat of the watchdog',
    async () =>
      /[1-9]/.test(
        await vm().must('systemctl show -p WatchdogTimestampMonotonic --value hactl-agent'),
      ),
    40_000,
  )
})

test('the doctor of the installed node finds no error of units, disk, files or agent', async () => {
  const { findings } = await doctor()
  const bad = findings.filter(
    (f: { severity: string; check: string }) =>
      f.severity === 'error' &&
      ['systemd', 'disk', 'permissions', 'agent', 'engines'].includes(f.check),
  )
  assert.deepEqual(bad, [])
})

test('a second install restarts the agent; the daemons keep their processes', async () => {
  const before = await pids()
  await vm().must(
    `${INSTALLED} agent install --source ${SPEC} --node lb1 --prefix /opt/own`,
    180_000,
  )
  assert.equal(await pids(), before)
})

test('uninstall takes the agent away; vip, daemons and answers stay', async () => {
  const before = await pids()
  const said = await vm().must(`${FILE} agent uninstall --prefix /opt/own`, 60_000)
  assert.match(said, /haproxy, keepalived.* go on/)
  assert.notEqual((await vm().sh('systemctl is-active hactl-agent')).code, 0)
  assert.equal(await pids(), before)
  assert.deepEqual(await lab.holders(PAIR_VIP), ['lb1'])
  assert.match(await lab.get(PAIR_URL), /^web1 w1 8080/)
})
