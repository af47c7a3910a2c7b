// Two balancers with systemd as PID 1: units are driven, outlive the agent, come back after a boot, and give the vip up.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeResult } from '../../cli/lab/probe.ts'
import type { Summary } from '../../spec/report.ts'
import type { Vm } from '../../cli/lab/vm/vm.ts'
import { type VmCluster, vmCluster } from './cluster.ts'
import { PAIR_URL, PAIR_VIP, pair } from './specs.ts'

let lab: VmCluster

before(async () => {
  const prepare = async (vm: Vm) => {
    // One node as an administrator may leave it, one as the packages do: haproxy idles, both units enabled.
    if (vm.name === 'lb2') await vm.must('systemctl disable -q --now haproxy keepalived')
  }
  lab = await vmCluster({ spec: pair(), vms: ['lb1', 'lb2'], prepare })
})
after(() => lab?.close())

const UNITS = ['haproxy.service', 'keepalived.service'] as const
const show = async (node: string, unit: string, key: string) =>
  (await lab.node(node).must(`systemctl show -p ${key} ${unit}`)).replace(`${key}=`, '')
const pids = (node: string) =>
  Promise.all(UNITS.map(async (unit) => Number(await show(node, unit, 'MainPID'))))
const sums = (node: string) =>
  lab.node(node).must('sha256sum /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf')

/** What the client sees while `work` is done, from a second before it to `seconds` after. */
async function seenDuring(seconds: number, work: () => Promise<unknown>): Promise<ProbeResult> {
  const probing = lab.probe(PAIR_URL, seconds + 1)
  await sleep(1_000)
  await work()
  return probing
}
const say = (what: string, { longestGapMs, requests, failed }: ProbeResult) =>
  process.stdout.write(`  ${what}: gap ${longestGapMs} ms, ${failed} of ${requests} failed\n`)

/** On a busy machine a VM may stand still for a second, which is a timeout; what is refused or reset is our doing. */
const hardErrors = ({ errors }: ProbeResult) =>
  Object.entries(errors).filter(([error]) => error !== 'timeout')
/**
 * How often keepalived of a node changed its mind in this boot. Asked of the master: a backup that a busy machine let
 * stand still believes for a moment that it hears nobody, and the master does not even notice.
 */
const moves = async (node: string) =>
  (await lab.node(node).must('journalctl -b -u keepalived -o cat')).match(/Entering \w+ STATE/g)
    ?.length

test('both nodes prove the spec; units run, start at boot, and have what their packages lack', async () => {
  await lab.heldBy(PAIR_VIP, 'lb1')
  assert.match(await lab.get(PAIR_URL), /^web1 w1 8080/)
  for (const node of lab.names)
    for (const unit of UNITS) {
      assert.equal(await show(node, unit, 'ActiveState'), 'active', `${node} ${unit}`)
      assert.equal(await show(node, unit, 'UnitFileState'), 'enabled', `${node} ${unit}`)
      assert.equal(await show(node, unit, 'Restart'), 'always')
      assert.equal(await show(node, unit, 'StartLimitIntervalUSec'), '0')
      assert.match(await show(node, unit, 'After'), /network-online\.target/)
      assert.doesNotMatch(
        await lab.node(node).must(`journalctl -b -u ${unit} -o cat`),
        /Failed with result/,
      )
    }
})

test('a pushed change is a reload: same units, same pids, no request fails', async () => {
  const before = await Promise.all(lab.names.map(pids))
  const seen = await seenDuring(8, async () => {
    await lab.push(
      pair({ w1: { node: 'web1', port: 8080 }, w2: { node: 'web1', port: 8080, weight: 3 } }),
    )
    await lab.ready()
  })
  say('reload', seen)
  assert.deepEqual(await Promise.all(lab.names.map(pids)), before)
  assert.match(await lab.node('lb1').must('cat /etc/haproxy/haproxy.cfg'), /server w2 /)
  assert.deepEqual(hardErrors(seen), [])
})

test('the agent killed, stopped and started again: daemons and vip do not notice', async () => {
  const state = () => Promise.all([pids('lb1'), moves('lb1')])
  const was = await state()
  const seen = await seenDuring(6, async () => {
    await lab.node('lb1').must('systemctl kill -s KILL hactl-agent')
    await lab.until('systemd starts it again', () => lab.summary('lb1'))
    await lab.node('lb1').must('systemctl stop hactl-agent')
    await sleep(1_000)
    await lab.node('lb1').must('systemctl start hactl-agent')
  })
  await lab.ready(['lb1'])
  say('agent killed and stopped', seen)
  assert.deepEqual(await state(), was)
  assert.deepEqual(hardErrors(seen), [])
  assert.deepEqual(await lab.holders(PAIR_VIP), ['lb1'])
})

test('a spec that haproxy refuses changes nothing, and the reason is told', async () => {
  const state = () =>
    Promise.all([...lab.names.flatMap((node) => [sums(node), pids(node)]), moves('lb1')])
  const was = await state()
  const good = pair()
  const tls = { certificate: '/none.pem' }
  try {
    const seen = await seenDuring(6, async () => {
      await lab.push({ ...good, proxies: { web: { ...good.proxies.web, tls } } })
      await lab.until('lb1 refuses it', async () => {
        const said = await lab.summary('lb1')
        return said?.condition === 'Stalled' && /none\.pem/.test(said.reason)
      })
    })
    say('broken spec', seen)
    assert.deepEqual(hardErrors(seen), [])
    assert.deepEqual(await state(), was)
  } finally {
    await lab.push(good)
  }
  await lab.ready()
})

test('haproxy killed: systemd starts it again, the vip stays', async () => {
  const [before] = await pids('lb1')
  const seen = await seenDuring(4, () => lab.node('lb1').must('kill -9 $(pidof haproxy)'))
  say('haproxy killed', seen)
  await lab.until('another haproxy', async () => {
    const [now = 0] = await pids('lb1')
    return now > 0 && now !== before
  })
  assert.ok(seen.longestGapMs < 3_000, `${seen.longestGapMs} ms`)
  await lab.ready(['lb1'])
  await lab.heldBy(PAIR_VIP, 'lb1')
})

test('haproxy killed and masked: the vip moves, and comes back with it', async () => {
  const seen = await seenDuring(6, () =>
    lab.node('lb1').must('systemctl mask -q --runtime haproxy && kill -9 $(pidof haproxy)'),
  )
  say('haproxy killed and masked', seen)
  await lab.heldBy(PAIR_VIP, 'lb2')
  assert.ok(seen.longestGapMs < 3_000, `${seen.longestGapMs} ms`)
  const said = await lab.until<Summary>('it is told', async () => {
    const now = await lab.summary('lb1')
    return now?.condition === 'Ready' ? undefined : now
  })
  assert.match(said.reason, /haproxy/)
  await lab.node('lb1').must('systemctl unmask -q --runtime haproxy')
  await lab.ready(['lb1'], 90_000)
  await lab.heldBy(PAIR_VIP, 'lb1')
})

test('keepalived killed on the master: it is back, and one node has the vip', async () => {
  const [, before] = await pids('lb1')
  const seen = await seenDuring(5, () =>
    lab.node('lb1').must('systemctl kill -s KILL --kill-who=main keepalived'),
  )
  say('keepalived killed', seen)
  await lab.until('another keepalived', async () => {
    const [, now = 0] = await pids('lb1')
    return now > 0 && now !== before
  })
  await lab.heldBy(PAIR_VIP, 'lb1')
  await lab.ready(['lb1'])
})

test('a reboot: the node comes back by itself with the right spec, no unit failed on the way', async () => {
  await lab.node('lb1').reboot()
  await lab.ready(['lb1'])
  await lab.heldBy(PAIR_VIP, 'lb1')
  for (const unit of UNITS) {
    assert.equal(await show('lb1', unit, 'ActiveState'), 'active')
    assert.equal(await show('lb1', unit, 'NRestarts'), '0', unit)
  }
  const said = await lab.node('lb1').must('journalctl -b -u keepalived -o cat')
  assert.doesNotMatch(said, /does not exist - removing/)
  assert.match(await lab.get(PAIR_URL), /^web1 w1/)
})

test('power cut of the master: the other serves, the first comes back by itself', async () => {
  const seen = await seenDuring(4, () => lab.node('lb1').cut())
  say('power cut', seen)
  assert.ok(seen.longestGapMs < 3_000, `${seen.longestGapMs} ms`)
  await lab.heldBy(PAIR_VIP, 'lb2')
  await lab.on('lb1')
  await lab.ready()
  await lab.heldBy(PAIR_VIP, 'lb1')
})
