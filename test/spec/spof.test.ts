import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'

test('the one NFS server is named with who needs it, the unused one-node export of nobody is not', () => {
  const { cluster } = checkSpec(readFileSync('test/cases/specs/nfs.json', 'utf8'))
  assert.deepEqual(cluster?.singlePoints, [
    'NFS export docs: nfs1 alone serves web2',
    'NFS export www: nfs1 alone serves web1, web2',
  ])
})

test('a lone peer, server and database are named; what has a second one is not', () => {
  const { cluster } = checkSpec(
    JSON.stringify({
      version: 1,
      cluster: 'demo',
      nodes: { lb1: { address: '192.0.2.11/24' }, lb2: { address: '192.0.2.12/24' } },
      vips: {
        one: { addresses: ['192.0.2.100'], peers: { lb1: { priority: 150 } } },
        two: {
          addresses: ['192.0.2.101'],
          peers: { lb1: { priority: 150 }, lb2: { priority: 100 } },
        },
      },
      proxies: { a: { vip: 'one', port: 80, pool: 'a' }, b: { vip: 'two', port: 81, pool: 'b' } },
      pools: {
        a: { servers: { x: { address: '192.0.2.21', port: 80 } } },
        b: {
          servers: {
            x: { address: '192.0.2.21', port: 80 },
            y: { address: '192.0.2.22', port: 80 },
          },
        },
      },
      services: {
        db: { unit: 'postgresql@15-main.service', nodes: ['lb1'] },
        dbs: { unit: 'mariadb.service' },
        web: { unit: 'nginx.service', nodes: ['lb1'] },
      },
    }),
  )
  assert.deepEqual(cluster?.singlePoints, [
    'database db (postgresql@15-main.service): it runs on lb1 alone',
    'vip one: lb1 is its only peer',
    'pool a: x (192.0.2.21) is its only server',
  ])
})
