// Each row of the measured matrix of live changes, FIELD 4.4, and the words an operator reads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Version } from '../../../agent/engine.ts'
import type { Impact } from '../../../agent/plan/types.ts'
import { keepalivedImpact } from '../../../agent/providers/keepalived/impact.ts'

const BASE = `vrrp_instance web {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 1
  virtual_ipaddress {
    10.0.0.33/32 dev eth0
  }
}
`
const OTHER = BASE.replace('web', 'db').replace('51', '52').replace('10.0.0.33', '10.0.0.44')
const auth = (pass: string) =>
  BASE.replace('advert_int 1', `advert_int 1\n  authentication {\n    auth_pass ${pass}\n  }`)
const plus = (line: string) => BASE.replace('advert_int 1', `advert_int 1\n  ${line}`)

const EL7: Version = [1, 3, 5]
const D12: Version = [2, 2, 7]
const D13: Version = [2, 3, 3]
const NEW: Version = [2, 4, 3]
const ALL = [EL7, [2, 1, 5], D12, [2, 2, 8], D13, NEW]

type Row = readonly [string, string, string, Impact, readonly Version[]]
const ADDED = BASE.replace('/32 dev eth0', '/32 dev eth0\n    10.0.0.34/32 dev eth0')
const EXCLUDED = `virtual_ipaddress_excluded {\n    10.0.0.35/32\n  }`
const UNICAST = plus('unicast_peer {\n    10.0.0.12\n  }')
const rows: readonly Row[] = [
  ['no change', BASE, BASE, 'quiet', ALL],
  ['comments and spaces', BASE, `# x\n\n${BASE}`, 'quiet', ALL],
  ['add an advertised address', BASE, ADDED, 'needs-barrier', [EL7, [2, 1, 5], D12, [2, 2, 8]]],
  ['add an advertised address', BASE, ADDED, 'quiet', [D13, NEW]],
  ['add an excluded address', BASE, plus(EXCLUDED), 'quiet', ALL],
  ['change auth_pass', auth('a'), auth('b'), 'needs-barrier', ALL],
  ['add authentication', BASE, auth('a'), 'needs-barrier', ALL],
  [
    'advert_int',
    BASE,
    BASE.replace('advert_int 1', 'advert_int 2'),
    'needs-barrier',
    [EL7, D12, D13],
  ],
  ['advert_int', BASE, BASE.replace('advert_int 1', 'advert_int 2'), 'quiet', [NEW]],
  ['version 2 to 3', BASE, plus('version 3'), 'needs-barrier', [EL7, D12, D13]],
  ['version 2 to 3', BASE, plus('version 3'), 'quiet', [NEW]],
  ['multicast to unicast', BASE, UNICAST, 'blinks', ALL],
  ['vrid', BASE, BASE.replace('51', '53'), 'blinks', ALL],
  ['interface', BASE, BASE.replace('interface eth0', 'interface eth1'), 'blinks', ALL],
  ['use_vmac', BASE, plus('use_vmac'), 'blinks', ALL],
  ['mask', BASE, BASE.replace('/32', '/24'), 'blinks', ALL],
  ['label', BASE, BASE.replace('/32 dev eth0', '/32 dev eth0 label eth0:1'), 'blinks', ALL],
  ['priority', BASE, BASE.replace('150', '90'), 'moves', ALL],
  ['health', BASE, plus('track_script {\n    x\n  }'), 'moves', ALL],
  ['rename', BASE, BASE.replace('web', 'www'), 'quiet', ALL],
  ['add an instance', BASE, BASE + OTHER, 'moves', ALL],
  ['remove an instance', BASE + OTHER, BASE, 'destroys', ALL],
  ['reorder addresses', ADDED, reversed(ADDED), 'quiet', ALL],
  ['state text and nopreempt', BASE, plus('nopreempt').replace('BACKUP', 'MASTER'), 'quiet', ALL],
  ['remove an address', ADDED, BASE, 'destroys', ALL],
  ['lose the vrid', BASE, BASE.replace(/.*virtual_router_id.*\n/, ''), 'destroys', ALL],
  ['empty the file', BASE, '', 'destroys', ALL],
  ['a broken file on disk', 'vrrp_instance web {', BASE, 'blinks', ALL],
]
function reversed(text: string) {
  const [a, b] = ['10.0.0.33/32', '10.0.0.34/32']
  return text.replace(a, 'X').replace(b, a).replace('X', b)
}

const real = (server: string, weight = 1) =>
  `  real_server ${server} 80 {\n    weight ${weight}\n    TCP_CHECK {\n      retry 0\n    }\n  }\n`
const lvs = (inside: string, sched = 'rr', method = 'DR') =>
  `${BASE}virtual_server 10.0.0.33 80 {\n  delay_loop 2\n  lvs_sched ${sched}\n  lvs_method ${method}\n  protocol TCP\n${inside}}\n`
const PAIR = real('10.0.0.21') + real('10.0.0.22')
const tied = `${BASE}${OTHER}vrrp_sync_group g {\n  group {\n    web\n    db\n  }\n}\n`

const virtual: readonly (readonly [string, string, string, Impact, RegExp])[] = [
  ['a virtual service comes', BASE, lvs(PAIR), 'reload', /lb1 begins to balance tcp 10.0.0.33 80/],
  ['a virtual service goes', lvs(PAIR), BASE, 'destroys', /stops balancing tcp 10.0.0.33 80/],
  ['a server comes', lvs(real('10.0.0.21')), lvs(PAIR), 'reload', /10.0.0.22 80 joins/],
  ['a server goes', lvs(PAIR), lvs(real('10.0.0.21')), 'reload', /connections are cut \(give it/],
  [
    'a drained server goes',
    lvs(real('10.0.0.21') + real('10.0.0.22', 0)),
    lvs(real('10.0.0.21')),
    'reload',
    /took no new clients/,
  ],
  [
    'a server is drained',
    lvs(PAIR),
    lvs(real('10.0.0.21') + real('10.0.0.22', 0)),
    'reload',
    /takes no new clients, its connections stay/,
  ],
  ['every server is another', lvs(PAIR), lvs(real('10.0.0.29')), 'destroys', /every server/],
  ['another scheduler', lvs(PAIR), lvs(PAIR, 'sh'), 'reload', /connections stay/],
  ['another method', lvs(PAIR), lvs(PAIR, 'rr', 'NAT'), 'reload', /by NAT instead of DR/],
  ['another check', lvs(PAIR), lvs(PAIR.replaceAll('retry 0', 'retry 2')), 'reload', /checked/],
  ['a sorry server', lvs(PAIR), lvs(`  sorry_server 10.0.0.9 80\n${PAIR}`), 'reload', /sorry/],
  ['the same service', lvs(PAIR), `${lvs(PAIR)}\n# end\n`, 'quiet', /without touching/],
  ['vips are tied together', BASE + OTHER, tied, 'moves', /db web move together on lb1/],
  ['vips are let go', tied, BASE + OTHER, 'moves', /move apart/],
]
for (const [name, have, want, impact, says] of virtual)
  test(`${name}: ${impact}`, () => {
    const got = keepalivedImpact(have, want, D12, 'lb1')
    assert.equal(got.impact, impact)
    assert.match(got.says, says)
  })

test('before 2.0.19 another scheduler makes the service anew', () => {
  const { says } = keepalivedImpact(lvs(PAIR), lvs(PAIR, 'sh'), EL7, 'lb1')
  assert.match(says, /made anew .* connections are cut/)
})

test('old and new words of a virtual_server mean the same', () => {
  const old = lvs(PAIR).replace('lvs_sched', 'lb_algo').replace('lvs_method', 'lb_kind')
  assert.equal(keepalivedImpact(old, lvs(PAIR), D12, 'lb1').impact, 'quiet')
})

for (const [name, have, want, impact, versions] of rows)
  for (const version of versions)
    test(`${name} on ${version.join('.')} is ${impact}`, () => {
      assert.equal(keepalivedImpact(have, want, version, 'lb1').impact, impact)
    })

test('the worst class, and the words of every change, worst first', () => {
  const want = BASE.replace('51', '53').replace('150', '90')
  const { impact, says } = keepalivedImpact(BASE, want, D12, 'lb1')
  assert.equal(impact, 'moves')
  assert.equal(
    says,
    'vip web may move: priority of lb1 goes from 150 to 90; vip web blinks about 1 s on lb1: vrid 51 to 53; all peers must load it together',
  )
})

test('a first configuration joins as backup', () => {
  assert.deepEqual(keepalivedImpact(undefined, BASE, D12, 'lb1'), {
    impact: 'moves',
    says: 'lb1 joins vip web as backup with priority 150 and takes it over when it is the highest',
  })
})

test('a global vrrp_version counts for instances without their own', () => {
  const have = `global_defs {\n  vrrp_version 3\n}\n${BASE}`
  assert.equal(keepalivedImpact(have, plus('version 3'), D12, 'lb1').impact, 'quiet')
})
