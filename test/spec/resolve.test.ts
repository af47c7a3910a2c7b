// The normal form: defaults, references, order and virtual router identifiers.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'
import type { Spec } from '../../spec/schema.ts'
import { allocateVrids } from '../../spec/vrid.ts'

const clusterOf = (text: string) => {
  const { cluster, diagnostics } = checkSpec(text)
  assert.ok(cluster, JSON.stringify(diagnostics))
  return { cluster, diagnostics }
}

test('the example has no findings and all its defaults', () => {
  const { cluster, diagnostics } = clusterOf(readFileSync('spec/examples/wordpress.json', 'utf8'))
  assert.deepEqual(diagnostics, [])
  const [vip] = cluster.vips
  assert.deepEqual(
    vip?.peers.map(({ node, priority, address }) => [node, priority, address]),
    [
      ['lb1', 150, '172.18.67.13'],
      ['lb2', 100, '172.18.67.14'],
    ],
  )
  assert.deepEqual(
    [vip?.takeoverMs, vip?.advertMs, vip?.mode, vip?.preempt],
    [400, 100, 'unicast', true],
  )
  const [proxy] = cluster.proxies
  assert.deepEqual(proxy?.nodes, ['lb1', 'lb2'])
  assert.deepEqual(proxy?.addresses, ['*'])
  assert.deepEqual(
    proxy?.routes.map(({ name, ignoreCase, pool }) => [name, ignoreCase, pool]),
    [
      ['static', true, 'staticsrvs'],
      ['static-suffix', true, 'staticsrvs'],
    ],
  )
  assert.deepEqual(
    cluster.pools.map((pool) => pool.name),
    ['appsrvs', 'staticsrvs'],
  )
  assert.equal(cluster.pools[1]?.servers[0]?.address, '172.18.67.11')
  assert.equal(cluster.digest.length, 64)
})

test('explicit routes come before the split; pools follow the first proxy that uses them', () => {
  const text = readFileSync('test/cases/lint/good-everything-once/spec.json', 'utf8')
  const spec = JSON.parse(text)
  spec.proxies.web.retries = 7
  spec.proxies.zweb = { ...spec.proxies.web, port: 81, retries: 1 }
  const { cluster } = clusterOf(JSON.stringify(spec))
  const names = cluster.proxies[0]?.routes.map((route) => route.name)
  assert.deepEqual(names, ['api', 'shop', 'static', 'static-suffix'])
  assert.deepEqual(
    cluster.pools.map((pool) => pool.retries),
    [7, 7],
  )
})

function crowd(count: number): Spec {
  const vip = (at: number) => ({
    addresses: [`192.0.2.${at + 10}`],
    peers: { a: { priority: 2 }, b: { priority: 1 } },
  })
  const vips = Array.from({ length: count }, (_, at) => [`v${at}`, vip(at)] as const)
  const nodes = { a: { address: '192.0.2.1/24' }, b: { address: '192.0.2.2/24' } }
  return { version: 1, cluster: 'demo', nodes, vips: Object.fromEntries(vips) }
}

test('virtual router identifiers never meet, also not with explicit ones', () => {
  const spec = crowd(64)
  const free = allocateVrids(spec).get('v9')
  assert.ok(free)
  const v0 = spec.vips?.['v0']
  assert.ok(v0)
  const vrids = allocateVrids({ ...spec, vips: { ...spec.vips, v0: { ...v0, vrid: free } } })
  assert.equal(vrids.get('v0'), free)
  assert.equal(new Set(vrids.values()).size, 64)
  for (const vrid of vrids.values()) assert.ok(vrid >= 1 && vrid <= 255)
})

test('a virtual router identifier stays when others come', () => {
  assert.equal(allocateVrids(crowd(1)).get('v0'), allocateVrids(crowd(40)).get('v0'))
  assert.deepEqual(allocateVrids(crowd(3)), allocateVrids(crowd(3)))
})
