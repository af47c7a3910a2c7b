// Drained servers in the spec as a node acts by it: every engine's file has them so, and no pool is emptied.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { NO_ORDERS } from '../../agent/order-book.ts'
import { compile } from '../../agent/plan/index.ts'
import { type ServerDrains, serverDrains, withDrained } from '../../agent/server-drain.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import type { ServerHealth } from '../../spec/report.ts'
import { fakeFacts } from '../fakes/facts.ts'

const example = (name: string): Cluster =>
  checkSpec(readFileSync(`spec/examples/${name}.json`, 'utf8')).cluster ?? assert.fail()
const haproxy = example('wordpress')
const order = (about: string, patch = {}) => ({
  ...({
    id: about,
    kind: 'drain',
    about,
    by: 'kim',
    reason: '',
    at: 1,
    here: false,
    ...patch,
  } as const),
})
const health = (server: string, status: string): ServerHealth => ({
  ...{ pool: 'appsrvs', server, status, why: '', weight: 1, sessions: 0 },
})
const drains = (
  orders: readonly ReturnType<typeof order>[],
  seen: readonly ServerHealth[] = [],
  hubMayForce = true,
): ServerDrains => serverDrains(haproxy, { ...NO_ORDERS, orders: [...orders] }, seen, hubMayForce)
const names = ({ drained }: ServerDrains) => [...drained]

test('a server is drained where another one takes clients; the last one of a pool is not', () => {
  const both = drains([order('appsrvs/wp1'), order('appsrvs/wp2')])
  assert.deepEqual(names(both), ['appsrvs/wp1'])
  assert.match(both.refused.get('appsrvs/wp2') ?? '', /the last server of appsrvs/)
  assert.match(drains([order('appsrvs/wp9')]).refused.get('appsrvs/wp9') ?? '', /does not have it/)
})

test('where the others are down it waits; once it is drained their death changes nothing', () => {
  const down = [health('wp1', 'UP'), health('wp2', 'DOWN')]
  assert.match(
    drains([order('appsrvs/wp1')], down).refused.get('appsrvs/wp1') ?? '',
    /no other server/,
  )
  assert.deepEqual(names(drains([order('appsrvs/wp1', { taken: true })], down)), ['appsrvs/wp1'])
})

test('where the engine does not tell who is up, as nginx, the spec decides', () => {
  const untold = [health('wp1', 'UNKNOWN'), health('wp2', 'UNKNOWN')]
  assert.deepEqual(names(drains([order('appsrvs/wp1')], untold)), ['appsrvs/wp1'])
})

test('force empties a pool, of a hub only where the hub decides what runs', () => {
  const all = [order('appsrvs/wp1'), order('appsrvs/wp2', { force: true })]
  assert.equal(names(drains(all)).length, 2)
  assert.equal(names(drains(all, [], false)).length, 1)
})

const filesOf = (cluster: Cluster, node: string, address: string): string => {
  const facts = fakeFacts(node, address)
  const known = {
    ...facts,
    engines: { ...facts.engines, nginx: { version: [1, 22, 1], features: [] } },
  }
  return compile(cluster, known)
    .wants.flatMap((want) => (want.kind === 'daemon' ? want.files.map(({ body }) => body) : []))
    .join('\n')
}

test('haproxy: weight 0 in the file, so that a reload keeps it, and no other digest: it is set without one', () => {
  const now = withDrained(haproxy, new Set(['appsrvs/wp1']))
  assert.equal(now.digest, haproxy.digest)
  const [was, is] = [haproxy, now].map((one) => filesOf(one, 'lb1', '172.18.67.13'))
  assert.match(is ?? '', /server wp1 \S+ weight 0 /)
  assert.match(is ?? '', /server wp2 \S+ weight 100 /)
  const digest = (text = '') => /hactl:([0-9a-f]{16})/.exec(text)?.[1]
  assert.equal(digest(is), digest(was))
})

test('nginx: down; LVS: weight 0', () => {
  const nginx = example('nginx-dual-master')
  const pool = nginx.pools.find(({ servers }) => servers.length > 1) ?? assert.fail()
  const server = pool.servers[0] ?? assert.fail()
  const node = nginx.proxies[0]?.nodes[0] ?? assert.fail()
  const address = nginx.nodes.find(({ name }) => name === node)?.net.address ?? ''
  const of = (cluster: Cluster) => filesOf(cluster, node, address)
  const now = of(withDrained(nginx, new Set([`${pool.name}/${server.name}`])))
  assert.match(now, new RegExp(`server .* down; # ${server.name}\\n`))
  assert.doesNotMatch(of(nginx), / down; /)
  const lvs = example('lvs-apache')
  const service = lvs.lvs[0] ?? assert.fail()
  const real = service.servers[0] ?? assert.fail()
  const drained = withDrained(lvs, new Set([`${service.name}/${real.name}`]))
  const weights = drained.lvs[0]?.servers.map(({ weight }) => weight)
  assert.deepEqual(weights, [0, ...service.servers.slice(1).map(({ weight }) => weight)])
})
