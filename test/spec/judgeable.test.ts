import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'

const codesWith = (change: (spec: ReturnType<typeof document>) => void): string => {
  const spec = document()
  change(spec)
  return checkSpec(JSON.stringify(spec))
    .diagnostics.map((one) => one.code)
    .join(' ')
}

function document() {
  return {
    version: 1,
    cluster: 'shop',
    nodes: { lb1: { address: '192.0.2.11/24' }, lb2: { address: '192.0.2.12/24' } },
    vips: {
      web: {
        addresses: ['192.0.2.100'],
        peers: { lb1: { priority: 100 }, lb2: { priority: 100 } },
      },
    },
    proxies: { web: { vip: 'web', port: 80, pool: 'apps' } },
    pools: { apps: { servers: { a: { address: '192.0.2.21', port: 80 } } } },
  }
}

test('an unknown key hides no error of a rule elsewhere', () => {
  assert.equal(
    codesWith(() => undefined),
    'HA015',
  )
  assert.equal(
    codesWith((spec) => Object.assign(spec.proxies.web, { prot: 80 })),
    'HA015 HA004',
  )
})

test('a wrong optional value hides none either, and what follows from it is not said', () => {
  assert.equal(
    codesWith((spec) => Object.assign(spec.pools.apps, { balance: 'fairly', balanceOn: 'X-User' })),
    'HA015 HA006',
  )
})

test('nothing is said of the rest where a thing that others name is at fault', () => {
  assert.equal(
    codesWith((spec) => Object.assign(spec.nodes, { lb2: 'here' })),
    'HA006',
  )
  assert.equal(
    codesWith((spec) => Object.assign(spec.nodes, { 'LB 3': {} })),
    'HA004',
  )
  assert.equal(
    codesWith((spec) => Object.assign(spec.proxies.web, { port: undefined })),
    'HA005',
  )
})
