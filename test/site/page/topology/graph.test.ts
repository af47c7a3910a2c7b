// The picture: what it shows follows from spec and status alone, and it fits whatever the size of the cluster.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createFleet } from '../../../../site/fleet.ts'
import { textOf } from '../../../../site/page/part.ts'
import { collapse } from '../../../../site/page/topology/collapse.ts'
import { picture } from '../../../../site/page/topology/draw.ts'
import { graphOf, tally } from '../../../../site/page/topology/graph.ts'
import { BOX, layout } from '../../../../site/page/topology/layout.ts'
import type { MountState, Report } from '../../../../spec/report.ts'
import { clusterOf, reportOf, summaryOf, testClock } from '../../kit.ts'
import { bigReports, bigSpec } from '../big.ts'

const example = (name: string) =>
  readFileSync(new URL(`../../../../spec/examples/${name}.json`, import.meta.url), 'utf8')
const HOLD = 'web/172.18.67.33'

function fleetOf(text: string, reports: Readonly<Record<string, Partial<Report>>>, master = 'lb1') {
  const cluster = clusterOf(text)
  const clock = testClock()
  const fleet = createFleet(clock, new Map(), new Map())
  fleet.setWanted({ revision: 1, digest: cluster.digest, cluster })
  for (const [node, report] of Object.entries(reports)) {
    fleet.join(node, 'b1')
    const holds = node === master ? [HOLD] : []
    fleet.report(node, { ...reportOf(summaryOf(node, holds)), servers: [], ...report })
  }
  const graph = () => graphOf({ cluster, status: fleet.status() })
  return { graph, clock }
}
const server = (pool: string, name: string, status: string) => ({
  ...{ pool, server: name, status, why: '', weight: 1, sessions: 0 },
})
const mount = (state: MountState['state']): MountState => ({
  ...{ name: 'uploads', path: '/p', source: '172.18.67.1:/srv/wordpress/uploads' },
  ...{ state, why: '', since: 0 },
})

test('traffic flows from clients over the holder to the servers that are up, and to their storage', () => {
  const servers = [server('appsrvs', 'wp1', 'UP'), server('appsrvs', 'wp2', 'DOWN')]
  const { graph } = fleetOf(example('wordpress-full'), {
    ...{ lb1: { servers }, lb2: { servers: [] } },
    ...{ web1: { mounts: [mount('ok')] }, web2: { mounts: [mount('hung')] } },
  })
  const { boxes, edges } = graph()
  const tones = new Map(edges.map((edge) => [`${edge.from} ${edge.to}`, edge.tone]))
  const storage = 'storage:172.18.67.1:/srv/wordpress/uploads'
  assert.deepEqual(
    [
      'clients vip:web',
      'vip:web node:lb1',
      'vip:web node:lb2',
      'node:lb1 pool:appsrvs',
      'node:lb2 pool:appsrvs',
      'pool:appsrvs server:web1',
      'pool:appsrvs server:web2',
      'pool:staticsrvs server:web1',
      `server:web1 ${storage}`,
      `server:web2 ${storage}`,
    ].map((edge) => tones.get(edge)),
    ['flow', 'flow', 'idle', 'flow', 'idle', 'flow', 'bad', 'unknown', 'flow', 'bad'],
  )
  const says = new Map(boxes.map((box) => [box.id, `${box.tone}: ${box.says}`]))
  assert.equal(says.get('vip:web'), 'ok: held by lb1')
  assert.equal(says.get('pool:appsrvs'), 'warn: 1 down, 1 up')
  assert.equal(says.get('server:web2'), 'bad: down: wp2')
  assert.equal(says.get(storage), 'bad: hung on web2')
})
test('what nobody is heard to say any more is unknown', () => {
  const { graph, clock } = fleetOf(example('wordpress'), {
    lb1: { servers: [server('appsrvs', 'wp1', 'UP')] },
  })
  clock.advance(60_000)
  const { boxes, edges } = graph()
  for (const { id, tone } of boxes) assert.equal(tone, 'off', id)
  for (const { from, to, tone } of edges) assert.match(tone, /unknown|idle/, `${from} ${to}`)
})
test('the holder of the vip is believed, not the one that stands by', () => {
  const one = (status: string) => ({ servers: [server('appsrvs', 'wp1', status)] })
  const { graph } = fleetOf(example('wordpress'), { lb1: one('DOWN'), lb2: one('UP') }, 'lb2')
  const tone = graph().edges.find((edge) => edge.to === 'server:172.18.67.11')?.tone
  assert.equal(graph().edges.find((edge) => edge.from === 'pool:appsrvs')?.tone ?? tone, 'flow')
})
test('every example is drawn without two boxes in one place', () => {
  const names = ['haproxy-failover', 'haproxy-regex', 'lvs-apache', 'nginx-dual-master']
  for (const name of [...names, 'wordpress', 'wordpress-full']) {
    const all = layout(collapse(fleetOf(example(name), {}).graph()))
    assert.ok(all.boxes.length > 4, name)
    for (const a of all.boxes)
      for (const b of all.boxes) {
        if (a === b) continue
        const apart = Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height
        assert.ok(apart, `${name}: ${a.id} and ${b.id}`)
      }
    for (const { x, y } of all.boxes)
      assert.ok(x >= 0 && y >= 0 && x + BOX.width <= all.width && y + BOX.height <= all.height)
    for (const { x1, x2 } of all.lines) assert.ok(x2 > x1, `${name}: a line goes back`)
  }
})
test('500 nodes and 5,000 servers become a picture of a screen, and what is down stays by name', () => {
  const { graph } = fleetOf(bigSpec(), bigReports({ down: 'pool7/s3' }))
  const full = graph()
  assert.ok(full.boxes.length > 500)
  const small = collapse(full)
  const all = layout(small)
  assert.ok(small.boxes.length <= 60, String(small.boxes.length))
  assert.ok(all.height < 900)
  const ids = new Set(small.boxes.map((box) => box.id))
  for (const { from, to } of small.edges) assert.ok(ids.has(from) && ids.has(to), `${from} ${to}`)
  assert.ok(ids.has('pool:pool7'))
  const more = small.boxes.filter((box) => box.id.startsWith('more:'))
  assert.deepEqual(
    more.map((box) => `${box.title}: ${box.says}`),
    ['49 more pools: all well', '497 more servers: all well'],
  )
  assert.ok(small.boxes.some((box) => box.id.startsWith('server:') && box.tone === 'bad'))
})
test('an empty cluster has no picture', () => {
  assert.equal(
    textOf(picture(layout({ boxes: [], edges: [] }))),
    '<section id="picture"></section>',
  )
})
test('counts are said worst first', () => {
  assert.equal(tally(['ok', 'bad', 'ok', 'off']), '1 down, 1 unknown, 2 up')
})

test('pools that only a site or an extra line names are on the way too', () => {
  const spec = JSON.parse(example('wordpress-full'))
  const { web } = spec.proxies
  delete web.split
  web.extra = ['use_backend staticsrvs if { path_end .png }']
  const { nodes, vips, pools } = spec
  const lines = ['location / {', 'proxy_pass http://app;', '}']
  const site = {
    ...{ engine: 'nginx', vip: 'web', port: 8088, pools: ['app'] },
    sites: { a: { lines } },
  }
  const both = {
    ...{ version: 1, cluster: 'kept', nodes, vips },
    proxies: { web, site },
    pools: { ...pools, app: { servers: { s: { address: '172.18.67.77', port: 80 } } } },
  }
  const { graph } = fleetOf(JSON.stringify(both), { lb1: {} })
  const edges = graph().edges.map((edge) => `${edge.from} ${edge.to}`)
  for (const pool of ['staticsrvs', 'app']) assert.ok(edges.includes(`node:lb1 pool:${pool}`), pool)
})
