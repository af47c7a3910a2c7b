// Walking rules: what is in doubt is never called dropped, what is dropped never accepted.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseIptables } from '../../../agent/doctor/firewall/iptables.ts'
import { parseNft } from '../../../agent/doctor/firewall/nft.ts'
import { fateOf, type Packet } from '../../../agent/doctor/firewall/packet.ts'

const nft = parseNft(
  readFileSync(
    'test/cases/doctor/nft-policy-drop-with-sets-and-maps/nft -j list ruleset.out',
    'utf8',
  ),
)
const tcp = (port: number, source?: string): Packet => ({
  hook: 'input',
  family: 4,
  protocol: 6,
  port,
  interface: 'eth0',
  destination: '192.0.2.9',
  ...(source === undefined ? {} : { source }),
})
const fate = (packet: Packet) => fateOf(nft ?? [], packet).fate

test('nft: sets, ranges, named sets and verdict maps are looked into', () => {
  assert.equal(fate(tcp(22)), 'accept')
  assert.equal(fate(tcp(8005)), 'accept')
  assert.equal(fate(tcp(9440, '10.0.0.2')), 'accept')
  assert.equal(fate(tcp(443, '192.0.2.1')), 'accept')
})

test('nft: a chain that returns leads back, a reject is a drop', () => {
  // `tcp dport != 22 jump other`, whose first rule returns for 10.0.0.0/8, so that `th dport 99 reject` comes next.
  assert.deepEqual(fateOf(nft ?? [], tcp(99, '10.9.9.9')).fate, 'drop')
})

test('nft: what JSON does not tell leaves doubt, not a drop', () => {
  // `goto other2` ends in a lookup of the routing table, which we do not follow.
  assert.equal(fate({ ...tcp(444, '192.0.2.1') }), 'unknown')
})

test('nft: a packet of another hook or family is not judged by these chains', () => {
  assert.equal(fate({ ...tcp(9999), hook: 'output' }), 'accept')
})

test('nft: text that is not its JSON is no ruleset', () => {
  assert.equal(parseNft('table inet x {}'), undefined)
  assert.deepEqual(parseNft('{"nftables": []}'), [])
})

const filter = (rules: string, policy = 'ACCEPT') =>
  parseIptables(
    `*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT ${policy} [0:0]\n:own - [0:0]\n${rules}COMMIT\n`,
    4,
  )
const through = (rules: string, packet: Packet, policy?: string) => {
  const table = filter(rules, policy)
  return fateOf(table === undefined ? [] : [table], packet).fate
}

test('iptables: order, negation, port ranges and own chains', () => {
  assert.equal(through('-A INPUT ! -s 10.0.0.0/8 -j DROP\n', tcp(80, '10.1.1.1')), 'accept')
  assert.equal(through('-A INPUT ! -s 10.0.0.0/8 -j DROP\n', tcp(80, '192.0.2.1')), 'drop')
  assert.equal(through('-A INPUT -p tcp --dport 9000:9500 -j DROP\n', tcp(9440)), 'drop')
  assert.equal(
    through('-A INPUT -j own\n-A own -p tcp --dport 80 -j ACCEPT\n', tcp(80), 'DROP'),
    'accept',
  )
  assert.equal(through('-A INPUT -i eth+ -j own\n-A own -j RETURN\n', tcp(80), 'DROP'), 'drop')
  assert.equal(through('-A INPUT -i lo -j ACCEPT\n', tcp(80), 'DROP'), 'drop')
})

test('iptables: an option that is not known leaves doubt', () => {
  assert.equal(
    through('-A INPUT -m set --match-set good src -j ACCEPT\n', tcp(80), 'DROP'),
    'unknown',
  )
  assert.equal(through('-A INPUT -m set --match-set bad src -j LOG\n', tcp(80), 'DROP'), 'drop')
})

test('iptables: chains that call each other for ever end in doubt', () => {
  assert.equal(through('-A INPUT -j own\n-A own -j own\n', tcp(80), 'DROP'), 'unknown')
})
