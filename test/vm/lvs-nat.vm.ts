// LVS by NAT: two networks, a gateway that moves along with the vip, and a power cut of the director.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type VmCluster, vmCluster } from './cluster.ts'
import { DIRECTORS, heldBy, realServer, rows, say, spread } from './lvs-kit.ts'

const OUTER = '10.91.0.100'
const INNER = '10.92.0.1'
const URL = `http://${OUTER}/`
const BOTH = ['10.92.0.21 Masq 1', '10.92.0.22 Masq 1']

const peers = { lvs1: { priority: 150 }, lvs2: { priority: 100 } }
const spec = {
  version: 1,
  cluster: 'lvs-nat',
  nodes: {
    lvs1: { address: '10.91.0.11/24', links: { inner: { address: '10.92.0.11/24' } } },
    lvs2: { address: '10.91.0.12/24', links: { inner: { address: '10.92.0.12/24' } } },
    web1: { address: '10.92.0.21/24' },
    web2: { address: '10.92.0.22/24' },
  },
  vips: {
    site: { addresses: [OUTER], peers, group: 'nat' },
    gateway: { addresses: [INNER], peers, group: 'nat' },
  },
  lvs: {
    site: {
      vip: 'site',
      port: 80,
      method: 'nat',
      scheduler: 'rr',
      servers: { a: { node: 'web1' }, b: { node: 'web2' } },
      check: { type: 'http', intervalMs: 500 },
    },
  },
}

let lab: VmCluster
before(async () => {
  const nodes = { web1: { gateway: INNER }, web2: { gateway: INNER } }
  lab = await vmCluster({ spec, prepare: realServer, web: false, nodes })
})
after(() => lab?.close())

const both = async (node: string) => {
  await heldBy(lab, node, OUTER)
  await lab.until(`${INNER} is on ${node} too`, async () =>
    (await lab.node(node).sh(`ip -o addr show dev eth1 to ${INNER}`)).stdout.includes(INNER),
  )
}

test('both vips on one director, http checks pass, rr spreads', async () => {
  await both('lvs1')
  await lab.until(
    'both servers are in',
    async () => (await rows(lab, 'lvs1')).join() === BOTH.join(),
  )
  assert.equal(await lab.node('lvs1').must('cat /proc/sys/net/ipv4/ip_forward'), '1')
  assert.deepEqual(await spread(lab, 10, URL), { web1: 5, web2: 5 })
})

test('the inner cable of the director breaks: both vips move together', async () => {
  await lab.node('lvs1').must('ip link set eth1 down')
  await both('lvs2')
  assert.deepEqual(await spread(lab, 4, URL), { web1: 2, web2: 2 })
  await lab.node('lvs1').must('ip link set eth1 up')
  await both('lvs1')
})

test('the director loses power: gateway and vip are on the other', async () => {
  const probing = lab.probe(URL, 4)
  await sleep(1_000)
  await lab.node('lvs1').cut()
  const seen = await probing
  say(
    `lvs-nat: power cut of the director: gap ${seen.longestGapMs} ms, failed ${seen.failed} of ${seen.requests}`,
  )
  await both('lvs2')
  assert.deepEqual(await rows(lab, 'lvs2'), BOTH)
  assert.ok(seen.longestGapMs < 2_000, `${seen.longestGapMs} ms`)
  await lab.on('lvs1')
  await lab.ready()
  await both('lvs1')
  for (const director of DIRECTORS) assert.deepEqual(await rows(lab, director), BOTH)
})
