import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthTargets, proxyTargets } from '../../agent/health-targets.ts'
import { checkSpec } from '../../spec/check.ts'

const { cluster } = checkSpec(
  JSON.stringify({
    version: 1,
    cluster: 'demo',
    nodes: { lb1: { address: '192.0.2.11/24' }, lb2: { address: '192.0.2.12/24' } },
    vips: {
      web: {
        addresses: ['192.0.2.100'],
        peers: { lb1: { priority: 150 }, lb2: { priority: 100 } },
        trackServices: ['mail'],
        trackMounts: ['www'],
      },
    },
    proxies: { web: { vip: 'web', port: 80, pool: 'app' } },
    pools: { app: { servers: { a: { address: '192.0.2.21', port: 80 } } } },
    services: { mail: { unit: 'postfix.service', nodes: ['lb1'] } },
    mounts: {
      www: { nodes: ['lb1', 'lb2'], server: 'nfs.example.org', source: '/www', path: '/srv/www' },
    },
  }),
)

test('a vip needs its proxies, its services and its mounts; the pass asks proxies only', () => {
  assert(cluster !== undefined)
  const urls = (node: string) => healthTargets(cluster, node).map(({ url }) => url)
  assert.deepEqual(urls('lb1').slice(1), ['unit:postfix.service', 'mount:/srv/www'])
  assert.deepEqual(urls('lb2').slice(1), ['mount:/srv/www'])
  assert.deepEqual(proxyTargets(cluster, 'lb1').length, 1)
  assert.match(urls('lb1')[0] ?? '', /^http:/)
})
