// keepalived.conf to a spec: nothing lost, nothing run that nobody decided on, every other behaviour said.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importFiles, type Imported } from '../../../spec/import/index.ts'
import type { SourceFile } from '../../../spec/import/types.ts'
import { SAMPLE } from './keepalived-sample.ts'

const ADDRESSES = { lb1: '192.0.2.11/24', lb2: '192.0.2.12/24' }
const read = (...texts: readonly string[]): Imported =>
  readFiles(
    texts.map((text, at) => ({
      name: `f${at + 1}`,
      node: `lb${at + 1}`,
      text,
      kind: 'keepalived',
    })),
  )
const readFiles = (files: readonly SourceFile[]): Imported =>
  importFiles(files, { cluster: 'test', addresses: ADDRESSES })
const specOf = ({ text }: Imported) => JSON.parse(text)
const fates = ({ report }: Imported) =>
  Object.fromEntries(report.map(({ text, fate }) => [text, fate]))
const asked = ({ decisions }: Imported) => decisions.map(({ what }) => what).join('\n')
const errorsOf = ({ diagnostics }: Imported) =>
  diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message)

const vrrp = (inner: string, outer = '') => `${outer}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  priority 150
${inner}
  virtual_ipaddress {
    192.0.2.100/24
  }
}
`

test('most of what keepalived.conf(5) has is said or kept, and the spec is valid', () => {
  const done = read(SAMPLE)
  assert.deepEqual(errorsOf(done), [])
  const lost = done.report.filter(({ fate }) => fate === 'replaced' || fate === 'not-taken')
  assert.deepEqual(
    lost.map(({ text }) => text),
    [`router_id edge_\${ID}`],
  )
  const { vips, keepalived } = specOf(done)
  assert.deepEqual(Object.keys(vips), ['web', 'inner', 'six'])
  assert.deepEqual(vips.inner.peers, {
    one: { priority: 150, interface: 'eth1' },
    two: { priority: 100, interface: 'eth1' },
  })
  assert.equal(vips.web.addresses.length, 5)
  assert.ok(keepalived.blocks.includes('@two neighbor_ip 10.0.0.1'))
})

test('a program runs as the user that the file names, else as one that is not root, and is asked about', () => {
  const script = (more: string) => `vrrp_script chk {\n  script "/opt/check web"\n${more}}\n`
  const use = '  track_script {\n    chk\n  }\n  notify_master "/opt/moved master"\n'
  const bare = read(vrrp(use, script('')))
  assert.deepEqual(specOf(bare).keepalived.blocks, [
    'vrrp_script chk {',
    'script "/opt/check web"',
    'user keepalived_script',
    '}',
  ])
  assert.ok(
    specOf(bare).vips['vi-1'].extra.includes('notify_master "/opt/moved master" keepalived_script'),
  )
  assert.match(asked(bare), /run "\/opt\/check web" as keepalived_script, never as root/)
  assert.match(asked(bare), /run "\/opt\/moved master" as keepalived_script/)
  const named = read(vrrp(use, `global_defs {\n script_user root\n}\n${script('  user web\n')}`))
  assert.ok(specOf(named).keepalived.blocks.includes('user web'))
  assert.ok(specOf(named).vips['vi-1'].extra.includes('notify_master "/opt/moved master"'))
  assert.match(asked(named), /run "\/opt\/check web" as web: is that still wanted/)
  assert.match(asked(named), /run "\/opt\/moved master" as root: is that still wanted/)
})

test('killall -0 asks with the rights of root what pgrep asks without', () => {
  const text = vrrp('', 'vrrp_script up {\n  script "/usr/bin/killall -0 mysqld"\n}\n')
  const done = read(text)
  assert.equal(specOf(done).keepalived.blocks[1], 'script "/usr/bin/pgrep -x mysqld"')
  assert.match(asked(done), /killall -0 mysqld", now "pgrep -x mysqld"/)
})

test('a script that looks for the proxy goes where the proxy itself is read, and stays where it is not', () => {
  const text = vrrp(
    '  track_script {\n    chk weight 2\n    other\n  }',
    'vrrp_script chk {\n  script "pidof haproxy"\n  interval 2\n}\nvrrp_script other {\n  script "/opt/x"\n  user web\n}\n',
  )
  assert.equal(fates(read(text))['chk weight 2'], 'kept')
  const proxy = 'listen web\n  bind *:80\n  mode http\n  server a 192.0.2.21:80 check\n'
  const both = readFiles([
    { name: 'k', node: 'lb1', text, kind: 'keepalived' },
    { name: 'h', node: 'lb1', text: proxy, kind: 'haproxy' },
  ])
  assert.equal(fates(both)['chk weight 2'], 'replaced')
  assert.equal(fates(both)['script "pidof haproxy"'], 'replaced')
  assert.deepEqual(specOf(both).vips['vi-1'].extra, ['track_script {', 'other', '}'])
  assert.match(asked(both), /"vrrp_script chk" is replaced: the vip leaves a node/)
})

test('what hosts have alike stands there plainly, the rest for its host', () => {
  const one = vrrp('  garp_master_delay 2\n  preempt_delay 10')
  const two = vrrp('  garp_master_delay 2\n  track_src_ip').replace('150', '100')
  const { vips } = specOf(read(one, two))
  assert.deepEqual(vips['vi-1'].extra, [
    'garp_master_delay 2',
    '@lb1 preempt_delay 10',
    '@lb2 track_src_ip',
  ])
  // A host without any such line has none of the other's.
  assert.deepEqual(specOf(read(one, vrrp('').replace('150', '100'))).vips['vi-1'].extra, [
    '@lb1 garp_master_delay 2',
    '@lb1 preempt_delay 10',
  ])
})

test('a password is asked for by its file, and stands nowhere', () => {
  const auth = '  authentication {\n    auth_type PASS\n    auth_pass canary\n  }'
  const done = read(vrrp(auth))
  assert.deepEqual(specOf(done).vips['vi-1'].auth, {
    type: 'pass',
    include: '/etc/keepalived/auth-vi-1.conf',
  })
  assert.equal(specOf(done).vips['vi-1'].vrrpVersion, 2)
  assert.match(asked(done), /to \/etc\/keepalived\/auth-vi-1\.conf on every peer/)
  assert.equal(JSON.stringify(done).includes('canary'), false)
  const three = read(vrrp(`  version 3\n${auth}`))
  assert.equal(specOf(three).vips['vi-1'].auth, undefined)
  assert.equal(fates(three)['auth_type PASS'], 'replaced')
})

test('a peer that no file is of becomes a node, in each of its vips', () => {
  const other = vrrp('').replace('VI_1', 'IN').replace('51', '52').replace('eth0', 'eth1')
  const pair = (text: string, net: string, rest: string) =>
    text.replaceAll('192.0.2', net).replace('priority 150', `priority 150\n${rest}`)
  const unicast = (net: string) => `  unicast_src_ip ${net}.1\n  unicast_peer {\n    ${net}.2\n  }`
  const done = importFiles(
    [
      {
        name: 'f',
        node: 'lb1',
        text: `${pair(vrrp(''), '10.0.0', unicast('10.0.0'))}${pair(other, '10.1.0', unicast('10.1.0'))}`,
        kind: 'keepalived',
      },
    ],
    { cluster: 'test', addresses: {} },
  )
  assert.deepEqual(errorsOf(done), [])
  const { nodes, vips } = specOf(done)
  assert.deepEqual(nodes['peer-10-0-0-2'], {
    address: '10.0.0.2/24',
    interface: 'eth0',
    links: { eth1: { address: '10.1.0.2/24', interface: 'eth1' } },
  })
  assert.deepEqual(vips.in.peers['peer-10-0-0-2'], { priority: 100, interface: 'eth1' })
  assert.match(asked(done), /no file is of unicast_peer 10\.0\.0\.2/)
})

test('what keepalived did otherwise than its file says is a question', () => {
  const master = read(vrrp('  state MASTER\n  nopreempt'))
  assert.equal(specOf(master).vips['vi-1'].preempt, false)
  assert.match(asked(master), /nopreempt has no effect beside "state MASTER"/)
  assert.match(asked(read(vrrp('').replace('150', '255'))), /"priority 255" is replaced/)
  assert.match(asked(read(vrrp('  advert_int 60'))), /takeover takes 40 s at most/)
  assert.match(
    asked(read(vrrp('', 'global_defs {\n vrrp_strict\n}\n'))),
    /"vrrp_strict" is replaced/,
  )
  assert.match(
    asked(read(vrrp('', 'include /etc/keepalived/conf.d/*\n'))),
    /include .* is not taken/,
  )
  const bare = read('vrrp_instance x {\n  interface eth0\n  notify /opt/x web\n}\n')
  assert.match(asked(bare), /x has no virtual_router_id/)
  assert.match(asked(bare), /x has no virtual_ipaddress that can be read/)
  assert.deepEqual(specOf(bare).vips.x.extra, ['notify /opt/x web'])
  assert.ok(errorsOf(bare).length > 0)
  const lost = read(vrrp('  advert_intt 3'))
  assert.equal(fates(lost)['advert_intt 3'], 'not-taken')
})

test('addresses keep their device, label and scope; beyond twenty they are asked about', () => {
  const done = read(
    vrrp(
      '  virtual_ipaddress_excluded {\n    198.51.100.1/24 dev eth1 label eth1:1\n    192.0.2.101 dev eth0\n  }',
    ),
  )
  const [vip] = Object.values<{ addresses: string[]; addressOptions: unknown }>(specOf(done).vips)
  assert.deepEqual(vip?.addressOptions, { '198.51.100.1/24': 'dev eth1 label eth1:1' })
  const many = read(vrrp(`  virtual_ipaddress_excluded {\n~SEQ(N, 1, 30) 198.51.100.\${N}/24\n  }`))
  assert.match(asked(many), /"198\.51\.100\.20\/24" is not taken: a vip has at most 20/)
})

const lvs = (inner: string, head = '192.0.2.100 80') =>
  `${vrrp('')}virtual_server ${head} {\n  lb_algo rr\n  lb_kind DR\n${inner}\n}\n`
const real = (last: number, inner: string) =>
  `  real_server 192.0.2.${last} 80 {\n    weight 1\n${inner}\n  }`

test('a check that all real servers have is the check of the service, with the defaults of keepalived', () => {
  const check = '    TCP_CHECK {\n      connect_timeout 3\n    }'
  const { lvs: services } = specOf(read(lvs(`${real(21, check)}\n${real(22, check)}`)))
  assert.deepEqual(services['vi-1-80'].check, {
    intervalMs: 60_000,
    type: 'connect',
    timeoutMs: 3_000,
    retries: 1,
    retryDelayMs: 1_000,
  })
})

test('checks that differ, or say what the spec cannot, stay with their servers', () => {
  const done = read(
    lvs(
      `  delay_loop 5\n  quorum 2\n  virtualhost www.example.org\n${real(21, '    SSL_GET {\n      url {\n        path /\n        digest 0123\n      }\n    }')}\n${real(22, '    inhibit_on_failure\n    MISC_CHECK {\n      misc_path "/opt/check 22"\n    }')}`,
    ),
  )
  assert.deepEqual(errorsOf(done), [])
  const service = specOf(done).lvs['vi-1-80']
  assert.deepEqual(service.check, { type: 'none', intervalMs: 5_000 })
  assert.deepEqual(service.extra, ['quorum 2', 'virtualhost www.example.org'])
  assert.deepEqual(service.servers.rs1.extra.slice(0, 3), ['SSL_GET {', 'url {', 'path /'])
  assert.deepEqual(service.servers.rs2.extra, [
    'inhibit_on_failure',
    'MISC_CHECK {',
    'misc_path "/opt/check 22"',
    'user keepalived_script',
    '}',
  ])
  assert.equal(
    done.diagnostics.some(({ code }) => code === 'HA055'),
    false,
  )
})

test('a service that the spec cannot say stays a whole block, its group before it', () => {
  const group = 'virtual_server_group g {\n  192.0.2.100 80\n  fwmark 7\n}\n'
  const done = read(group + lvs(real(21, ''), 'group g'))
  assert.deepEqual(errorsOf(done), [])
  const { blocks } = specOf(done).keepalived
  assert.deepEqual(blocks.slice(0, 5), [
    'virtual_server_group g {',
    '192.0.2.100 80',
    'fwmark 7',
    '}',
    'virtual_server group g {',
  ])
  assert.match(asked(done), /stays a block .* firewall mark/)
  const plain = read(group.replace('  fwmark 7\n', '') + lvs(real(21, ''), 'group g'))
  assert.deepEqual(Object.keys(specOf(plain).lvs), ['vi-1-80'])
  for (const [head, why] of [
    ['192.0.2.9 80', /no vrrp_instance holds 192\.0\.2\.9/],
    ['fwmark 3', /firewall mark/],
    ['192.0.2.100', /has no port/],
  ] as const)
    assert.match(asked(read(lvs(real(21, ''), head))), why)
  for (const [line, why] of [
    ['  protocol SCTP', /neither tcp nor udp/],
    ['  lvs_sched twos', /no scheduler twos/],
    ['  lvs_method TUN type gre', /no such way/],
    ['  delay_loop 9999', /no such delay_loop/],
  ] as const)
    assert.match(asked(read(lvs(`${line}\n${real(21, '')}`))), why)
})

test('files of one host are one configuration, and an include of them is no question', () => {
  const main = 'include conf.d/*.conf\nvrrp_script chk {\n  script "/opt/x"\n  user web\n'
  const more = vrrp('  track_script {\n    chk\n  }')
  const done = readFiles([
    { name: 'k/keepalived.conf', node: 'lb1', text: main, kind: 'keepalived' },
    { name: 'k/conf.d/web.conf', node: 'lb1', text: more, kind: 'keepalived' },
  ])
  assert.deepEqual(errorsOf(done), [])
  assert.equal(fates(done)['include conf.d/*.conf'], 'modelled')
  assert.ok(specOf(done).vips['vi-1'].extra.includes('chk'))
})
