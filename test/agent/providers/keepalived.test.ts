// The keepalived provider: golden files per version, the parser, and what is never rendered.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Version } from '../../../agent/engine.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import type { WantDaemon } from '../../../agent/plan/types.ts'
import { keepalived } from '../../../agent/providers/keepalived/index.ts'
import { parseKeepalived } from '../../../agent/providers/keepalived/parser.ts'
import { processEventsIn } from '../../../agent/providers/keepalived/profiles.ts'
import { atLeast } from '../../../agent/providers/versions.ts'
import { routersOf } from '../../../agent/providers/keepalived/routers.ts'
import { wireOf } from '../../../agent/providers/keepalived/wire.ts'
import { CASES, cluster, facts, pairWith } from './keepalived-cases.ts'

const GOLDEN = 'test/cases/keepalived'
const VERSIONS: readonly Version[] = [
  [1, 3, 5],
  [2, 0, 10],
  [2, 1, 5],
  [2, 2, 4],
  [2, 2, 7],
  [2, 2, 8],
  [2, 3, 3],
]
const FEATURES = ['PROC_EVENTS', 'BFD']

function compiled(
  name: string | Cluster,
  version: Version,
  features: readonly string[] = FEATURES,
) {
  const of = typeof name === 'string' ? cluster(name) : name
  const { wants, notes } = keepalived.compile(of, facts(of, version, features))
  const daemon = wants.find((w): w is WantDaemon => w.kind === 'daemon')
  return { wants, notes, daemon, body: daemon?.files[0]?.body ?? '' }
}

for (const version of VERSIONS)
  for (const name of CASES)
    test(`golden ${version.join('.')}-${name}`, () => {
      const { body, notes } = compiled(name, version)
      const folder = `${GOLDEN}/${version.join('.')}-${name}`
      if (process.env['UPDATE']) {
        mkdirSync(folder, { recursive: true })
        writeFileSync(`${folder}/keepalived.conf`, body)
        writeFileSync(`${folder}/notes.txt`, notes.map((n) => `${n}\n`).join(''))
      }
      assert.equal(body, readFileSync(`${folder}/keepalived.conf`, 'utf8'))
      assert.equal(notes.map((n) => `${n}\n`).join(''), readFileSync(`${folder}/notes.txt`, 'utf8'))
    })

test('the digest is that of the text without its own line, and the want carries it', () => {
  const { body, daemon } = compiled('pair', [2, 2, 7])
  const bare = body.replace(/^ {4}router_id .*\n/m, '')
  const digest = createHash('sha256').update(bare).digest('hex').slice(0, 16)
  assert.equal(wireOf(body)?.routerId, `hactl_${digest}`)
  assert.equal(daemon?.digest, digest)
})

test('every node and family: BACKUP, peers without self, no empty peer list', () => {
  for (const name of CASES) {
    const { body } = compiled(name, [2, 2, 7])
    assert.doesNotMatch(body, /state MASTER|unicast_peer \{\s*\}|vrrp_strict|auth_|smtp_/)
    for (const instance of wireOf(body)?.instances ?? []) {
      assert.ok(!instance.peers.includes('10.0.0.11'))
      assert.ok(instance.vrid > 0 && instance.addresses.length === 1)
    }
  }
})

test('only the first address is advertised, the others are excluded', () => {
  const db = wireOf(compiled('two-vips', [2, 2, 7]).body)?.instances.find((i) => i.name === 'db')
  assert.deepEqual(
    db?.addresses.map((a) => a.address),
    ['10.0.0.44'],
  )
  assert.deepEqual(
    db?.excluded.map((a) => a.address),
    ['10.0.0.45'],
  )
})

test('a password is read from its file in place, and a version that checks nothing says so', () => {
  const auth = { type: 'pass', include: '/etc/keepalived/auth-web.conf' }
  const of = pairWith({ auth, vrrpVersion: 2, takeoverMs: 4000 })
  const { body, notes } = compiled(of, [2, 2, 7])
  assert.match(
    body,
    /authentication \{\n +auth_type PASS\n +include \/etc\/keepalived\/auth-web\.conf\n +\}/,
  )
  assert.doesNotMatch(notes.join(), /auth-web/)
  assert.match(
    compiled(of, [1, 3, 5]).notes.join(),
    /nothing checks that .*auth-web\.conf is there/,
  )
})

test('with a virtual MAC the addresses stand on its interface', () => {
  const { body } = compiled(pairWith({ extra: ['use_vmac vrrp51'] }), [2, 2, 7])
  assert.match(body, /virtual_ipaddress \{\n +10\.0\.0\.33\/24\n/)
  assert.equal(wireOf(body)?.instances[0]?.vmac, true)
})

test('a multicast vip of another family needs no address of it, only an interface', () => {
  const peers = {
    lb1: { priority: 150, interface: 'eth0' },
    lb2: { priority: 100, interface: 'eth0' },
  }
  const of = pairWith({ addresses: ['fd00::33/64'], mode: 'multicast', peers })
  const [six] = wireOf(compiled(of, [2, 2, 7]).body)?.instances ?? []
  assert.deepEqual([six?.family, six?.interface, six?.mode], [6, 'eth0', 'multicast'])
  const bare = pairWith({ addresses: ['fd00::33/64'], mode: 'multicast' })
  assert.match(compiled(bare, [2, 2, 7]).notes.join(), /left out, its peers have no address/)
})

test('programs of extra lines run under script security, and rows they change are left to keepalived', () => {
  const { body, wants } = compiled('extra-lines', [2, 2, 7])
  assert.match(body, /^ {4}enable_script_security$/m)
  assert.doesNotMatch(compiled('pair', [2, 2, 7]).body, /enable_script_security/)
  const tables = (all: typeof wants) =>
    all.flatMap((want) => (want.kind === 'virtual-service' ? [want.tells] : []))
  assert.deepEqual(tables(wants), [false, false])
  assert.deepEqual(tables(compiled('lvs-dr', [2, 2, 7]).wants), [true])
})

test('a family without an address of every peer follows the other one', () => {
  const of = cluster('dual-stack')
  const half = { ...of, nodes: of.nodes.map((n) => (n.name === 'lb2' ? { ...n, links: [] } : n)) }
  const { routers, notes } = routersOf(half, facts(of, [2, 2, 7], FEATURES))
  assert.deepEqual(
    routers.map((r) => [r.name, r.excluded.map((net) => net.address)]),
    [['web', ['fd00::33']]],
  )
  assert.match(notes.join('\n'), /fd00::33 follow/)
})

test('one family without its interface: neither instance', () => {
  const of = cluster('dual-stack')
  const bare = of.nodes.map((n) => ({
    ...n,
    links: n.links.map(({ name, net }) => ({ name, net })),
  }))
  const known = facts(of, [2, 2, 7], FEATURES)
  const four = known.addresses.filter((a) => !a.address.includes(':'))
  assert.deepEqual(routersOf({ ...of, nodes: bare }, { ...known, addresses: four }).routers, [])
})

test('no interface carries the address: a note, no daemon, no half configuration', () => {
  const of = cluster('pair')
  const none = { ...facts(of, [2, 2, 7], FEATURES), addresses: [] }
  const { wants, notes, unmet } = keepalived.compile(of, none)
  // The pass changes nothing for a machine that is not whole: keepalived is not stopped for a late interface.
  assert.deepEqual(unmet, ['no interface of lb1 carries its address in vip web'])
  assert.deepEqual(
    wants.map((w) => w.kind),
    ['package', 'address'],
  )
  assert.deepEqual(notes, ['vip web: left out, no interface of lb1 carries its address'])
})

test('a node that is no peer wants nothing', () => {
  const of = cluster('pair')
  const other = { ...facts(of, [2, 2, 7], FEATURES), node: 'web1' }
  assert.deepEqual(keepalived.compile(of, other), { wants: [], notes: [], unmet: [] })
})

test('without process events no track_process, which would hold the vip in FAULT', () => {
  const { body, notes } = compiled('pair', [2, 2, 7], [])
  assert.doesNotMatch(body, /track_process/)
  assert.match(notes.join('\n'), /track_process left out, the kernel/)
})

test('the bfd pid file is named only where BFD is built in', () => {
  assert.ok(compiled('pair', [2, 2, 7]).daemon?.daemon.argv.includes('-b'))
  assert.ok(!compiled('pair', [2, 2, 7], []).daemon?.daemon.argv.includes('-b'))
})

test('process events are there when the kernel has a connector socket', () => {
  const head = 'sk               Eth Pid        Groups   Rmem     Wmem\n'
  assert.equal(processEventsIn(`${head}0000000000000000 11  0          00000000 0`), true)
  assert.equal(processEventsIn(`${head}0000000000000000 15  11         00000000 11`), false)
})

test('versions compare by number', () => {
  assert.ok(atLeast([2, 10], [2, 2, 7]))
  assert.ok(atLeast([2, 2], [2, 2, 0]))
  assert.ok(!atLeast([2, 2], [2, 2, 1]))
})

test('the parser reads quotes, comments, braces on lines of their own', () => {
  const parsed = parseKeepalived('a "b c" { ! note\n d e # f\n}\ng\n{\n h }\n')
  assert.ok(parsed.ok)
  assert.deepEqual(
    parsed.statements.map((s) => [s.words, s.block?.map((b) => b.words)]),
    [
      [['a', 'b c'], [['d', 'e']]],
      [['g'], [['h']]],
    ],
  )
})

for (const [text, error] of [
  ['a {\n b\n', "line 1: 'a' misses its '}'"],
  ['a\n}\n', "line 2: unexpected '}'"],
  ['{\n}\n', "line 1: '{' without a name"],
  ['a "b\n', 'line 1: a quote is not closed'],
] as const)
  test(`the parser refuses ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseKeepalived(text), { ok: false, error })
  })
