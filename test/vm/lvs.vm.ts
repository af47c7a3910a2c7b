// The tutorial's LVS-DR cluster by our agents: directors and real servers on a kernel with IPVS.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SCHEDULERS } from '../../spec/lvs.ts'
import { type VmCluster, vmCluster } from './cluster.ts'
import {
  ADDRESS,
  DIRECTORS,
  example,
  heldBy,
  isRow,
  pictureOf,
  REAL_SERVERS,
  realServer,
  rows,
  say,
  spread,
  timed,
  URL_OF_VIP,
  VIP,
} from './lvs-kit.ts'

const INTERVAL_MS = 1_000
const BOTH = ['172.17.1.152 Route 1', '172.17.1.153 Route 1']
let lab: VmCluster

before(async () => {
  lab = await vmCluster({ spec: example(), prepare: realServer, web: false })
})
after(() => lab?.close())

const bootsOf = async () =>
  Promise.all([...DIRECTORS, ...REAL_SERVERS].map(async (n) => (await lab.summary(n))?.boot))

test('every node proves the spec: vip on the first director, both tables full, the vip silent on the real servers', async () => {
  await heldBy(lab, 'lvs1')
  for (const director of DIRECTORS) assert.deepEqual(await rows(lab, director), BOTH)
  for (const server of REAL_SERVERS) {
    const here = await lab.node(server).must(`ip -br addr show to ${VIP}`)
    assert.match(here, /^lo /)
  }
})

test('the passes that follow plan nothing, on no node', async () => {
  await sleep(3_000)
  for (const node of [...DIRECTORS, ...REAL_SERVERS]) {
    const said = await lab.node(node).must('journalctl -u hactl-agent --no-pager -o cat')
    assert.match(said, /applied: runs revision/)
    assert.doesNotMatch(said, /(?:drift|failed): /, node)
  }
})

test('only the director answers for the vip on the wire', async () => {
  const mac = await lab.node('lvs1').must('cat /sys/class/net/eth0/address')
  for (let i = 0; i < 5; i++) {
    await lab.client(['ip', 'neigh', 'flush', 'to', VIP])
    await lab.get(URL_OF_VIP)
    const { stdout } = await lab.client(['ip', 'neigh', 'show', 'to', VIP])
    assert.match(stdout, new RegExp(mac))
  }
})

test('rr spreads evenly', async () => {
  assert.deepEqual(await spread(lab, 20), { web1: 10, web2: 10 })
})

test('a dead real server leaves within three check intervals and comes back by itself', async () => {
  const boots = await bootsOf()
  await lab.node('web2').must('systemctl kill -s KILL real.service')
  const gone = await timed(lab, 'web2 leaves', async () => !(await isRow(lab, 'lvs1', 'web2')()))
  assert.deepEqual(await spread(lab, 6), { web1: 6 })
  const why = await lab.node('lvs1').must('cat /proc/net/ip_vs')
  assert.doesNotMatch(why, /AC110199/)
  // Several passes later it is still out: what a check took away is not put back.
  await sleep(3_000)
  assert.equal(await isRow(lab, 'lvs1', 'web2')(), false)
  assert.equal((await lab.summary('lvs1'))?.condition, 'Ready')
  await lab.node('web2').must('systemctl start real.service')
  const back = await timed(lab, 'web2 is back', isRow(lab, 'lvs1', 'web2'))
  say(
    `lvs: dead real server left after ${gone} ms, was back after ${back} ms (check every ${INTERVAL_MS} ms)`,
  )
  assert.ok(gone <= 3 * INTERVAL_MS + 500, `${gone} ms`)
  assert.deepEqual(await bootsOf(), boots, 'no agent was started again')
})

test('a row that was removed by hand comes back, a weight that was changed too', async () => {
  const at = `-t ${VIP}:80 -r ${ADDRESS['web1']}:80`
  await lab.node('lvs1').must(`ipvsadm -d ${at}`)
  const row = await timed(lab, 'the row is back', isRow(lab, 'lvs1', 'web1'))
  await lab.node('lvs1').must(`ipvsadm -e ${at} -g -w 77`)
  await lab.until(
    'the weight is back',
    async () => (await rows(lab, 'lvs1')).join() === BOTH.join(),
  )
  await lab.node('lvs2').must('ipvsadm -C')
  const table = await timed(
    lab,
    'the table is back',
    async () => (await rows(lab, 'lvs2')).join() === BOTH.join(),
  )
  say(`lvs: row removed by hand was back after ${row} ms, a cleared table after ${table} ms`)
  await lab.ready()
})

test('a director loses power: vip and table are on the other, and back', async () => {
  const probing = lab.probe(URL_OF_VIP, 5)
  await sleep(1_000)
  await lab.node('lvs1').cut()
  const seen = await probing
  say(
    `lvs: hactl, power cut of the director: gap ${seen.longestGapMs} ms, failed ${seen.failed} of ${seen.requests}`,
  )
  await heldBy(lab, 'lvs2')
  assert.deepEqual(await rows(lab, 'lvs2'), BOTH)
  assert.ok(seen.longestGapMs < 2_000, `${seen.longestGapMs} ms`)
  await lab.on('lvs1')
  await lab.ready()
  await heldBy(lab, 'lvs1')
})

test('persistence keeps a client, drain sends no new one, the sorry server stands in', async () => {
  await lab.push(example((lvs) => Object.assign(lvs, { persistenceMs: 60_000 })))
  await lab.ready()
  const kept = await spread(lab, 6)
  assert.equal(Object.keys(kept).length, 1, JSON.stringify(kept))
  const drained = { rs1: { node: 'web1', state: 'drain' }, rs2: { node: 'web2' } }
  await lab.push(example((lvs) => Object.assign(lvs, { servers: drained })))
  await lab.ready()
  assert.deepEqual(await rows(lab, 'lvs1'), ['172.17.1.152 Route 0', '172.17.1.153 Route 1'])
  assert.deepEqual(await spread(lab, 6), { web2: 6 })
  const sorry = { servers: { rs1: { node: 'web1' } }, sorry: { node: 'web2' } }
  await lab.push(example((lvs) => Object.assign(lvs, sorry)))
  await lab.ready()
  assert.deepEqual(await spread(lab, 4), { web1: 4 })
  await lab.node('web1').must('systemctl stop real.service')
  await lab.until('the sorry server answers', async () => (await lab.get(URL_OF_VIP)) === 'web2\n')
  await sleep(2_500)
  assert.deepEqual(await rows(lab, 'lvs1'), ['172.17.1.153 Route 1'])
  assert.equal((await lab.summary('lvs1'))?.condition, 'Ready')
  await lab.node('web1').must('systemctl start real.service')
  await lab.until('the real server is back', async () => (await lab.get(URL_OF_VIP)) === 'web1\n')
})

test('by tunnel, and back to direct routing: the same bytes', async () => {
  await lab.push(example())
  await lab.ready()
  const nodes = [...DIRECTORS, ...REAL_SERVERS]
  const before = await Promise.all(nodes.map((n) => pictureOf(lab, n)))
  await lab.push(example((lvs) => Object.assign(lvs, { method: 'tun' })))
  await lab.ready()
  assert.deepEqual(
    await rows(lab, 'lvs1'),
    BOTH.map((row) => row.replace('Route', 'Tunnel')),
  )
  const spreads = await spread(lab, 10)
  assert.deepEqual(spreads, { web1: 5, web2: 5 })
  const received = await lab.node('web1').must('cat /sys/class/net/tunl0/statistics/rx_packets')
  assert.ok(Number(received) > 0, 'packets came through the tunnel')
  await lab.push(example())
  await lab.ready()
  const again = await Promise.all(nodes.map((n) => pictureOf(lab, n)))
  for (const [i, node] of nodes.entries()) {
    const bare = (text: string) => text.replace(/^tunl0.*\n/m, '').replace(/.*tunl0.*\n/g, '')
    assert.equal(bare(again[i] ?? ''), bare(before[i] ?? ''), node)
  }
  assert.deepEqual(await spread(lab, 10), { web1: 5, web2: 5 })
})

test('every scheduler of the kernel, http and ping checks, udp', async () => {
  const servers = { rs1: { node: 'web1' }, rs2: { node: 'web2', weight: 2 } }
  const many = SCHEDULERS.map((scheduler, i) => {
    const check = [{ type: 'http' }, { type: 'ping' }, { type: 'none' }][i % 3]
    const [port, more] =
      i % 3 === 0 ? [80 + i, { check: { ...check, port: 80 } }] : [80 + i, { check }]
    return [`s${i}`, { vip: 'apache', port, scheduler, servers, ...more }]
  })
  const udp = { vip: 'apache', port: 53, protocol: 'udp', servers, check: { type: 'ping' } }
  await lab.push(
    example((_, spec) => Object.assign(spec, { lvs: { ...Object.fromEntries(many), udp } })),
  )
  await lab.ready()
  for (const director of DIRECTORS) {
    const table = await lab.node(director).must('cat /proc/net/ip_vs')
    const found = [...table.matchAll(/^TCP +\S+ (\w+)/gm)].map((m) => m[1]).sort()
    assert.deepEqual(found, [...SCHEDULERS].sort())
    assert.match(table, /^UDP +AC1101A0:0035 wlc/m)
    await lab.until('every server is found healthy', async () => {
      const all = await rows(lab, director)
      return all.length === 2 * (SCHEDULERS.length + 1)
    })
  }
})
