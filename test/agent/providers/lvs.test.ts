// The lvs provider and what stands around it: wants by role and method, the kernel's table, the checkers' word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offlineFacts } from '../../../agent/plan/offline.ts'
import type { Facts } from '../../../agent/plan/types.ts'
import { keepalived } from '../../../agent/providers/keepalived/index.ts'
import { parseCheckDump } from '../../../agent/providers/lvs/dump.ts'
import { lvs } from '../../../agent/providers/lvs/index.ts'
import { parseIpvs } from '../../../agent/providers/lvs/table.ts'
import { clusterOf, type Edit } from './lvs-cases.ts'

/** The wants of a node, one line each. */
function wantsOf(node: string, edit?: Edit, more: Partial<Facts> = {}) {
  const cluster = clusterOf(edit)
  const { wants, notes } = lvs.compile(cluster, { ...offlineFacts(cluster, node), ...more })
  const lines = wants.map((want) => {
    if (want.kind === 'module') return `module ${want.name}`
    if (want.kind === 'packages') return `packages ${want.names.join(' ')}`
    if (want.kind === 'sysctl') return `${want.key}=${want.value}`
    if (want.kind === 'link') return `link ${want.interface}`
    if (want.kind !== 'local-address') return want.kind
    const { address, prefix, interface: dev } = want.address
    return `${address}/${prefix} on ${dev}`
  })
  return { lines, notes }
}
const method =
  (to: string): Edit =>
  (spec) =>
    Object.assign(spec.lvs.web, { method: to })

test('a director needs the modules, ipvsadm, and clients that hear of a dead server', () => {
  assert.deepEqual(wantsOf('lb1').lines, [
    'module ip_vs',
    'module ip_vs_rr',
    'packages ipvsadm',
    'net.ipv4.vs.expire_nodest_conn=1',
  ])
})

test('a director by NAT forwards', () => {
  assert.ok(wantsOf('lb2', method('nat')).lines.includes('net.ipv4.ip_forward=1'))
})

test('a real server by DR is silent before it has the vip', () => {
  assert.deepEqual(wantsOf('rs1').lines, [
    '10.0.0.33/32 on lo',
    'net.ipv4.conf.all.arp_ignore=1',
    'net.ipv4.conf.all.arp_announce=2',
    'net.ipv4.conf.eth0.arp_ignore=1',
    'net.ipv4.conf.eth0.arp_announce=2',
  ])
})

test('a real server by TUN has the vip on the tunnel, unfiltered and silent', () => {
  assert.deepEqual(wantsOf('rs1', method('tun')).lines, [
    'module ipip',
    'link tunl0',
    '10.0.0.33/32 on tunl0',
    'net.ipv4.conf.all.arp_ignore=1',
    'net.ipv4.conf.all.arp_announce=2',
    'net.ipv4.conf.eth0.arp_ignore=1',
    'net.ipv4.conf.eth0.arp_announce=2',
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.tunl0.rp_filter=0',
  ])
})

test('IPv6: the vip on the loopback or ip6tnl0, and no ARP to silence', () => {
  const six: Edit = (spec) => {
    for (const [i, node] of Object.values(spec.nodes).entries()) node.address = `fd00::${i + 1}/64`
    spec.vips.web.addresses = ['fd00::33']
  }
  assert.deepEqual(wantsOf('rs1', six).lines, ['fd00::33/128 on lo'])
  assert.deepEqual(
    wantsOf('rs1', (spec) => {
      six(spec)
      method('tun')(spec)
    }).lines,
    ['module ip6_tunnel', 'link ip6tnl0', 'fd00::33/128 on ip6tnl0'],
  )
})

test('by NAT only the gateway is looked at, and only where it is known', () => {
  const nat: Edit = (spec) => {
    method('nat')(spec)
    const inner = { ...structuredClone(spec.vips.web), addresses: ['10.0.0.1'], group: 'nat' }
    Object.assign(spec.vips.web, { group: 'nat' })
    Object.assign(spec.vips, { gateway: inner })
  }
  assert.deepEqual(wantsOf('rs1', nat), { lines: [], notes: [] })
  assert.deepEqual(wantsOf('rs1', nat, { gateways: ['10.0.0.1'] }).notes, [])
  assert.match(
    wantsOf('rs1', nat, { gateways: ['10.0.0.254'] }).notes.join(),
    /must be 10\.0\.0\.1/,
  )
})

test('what the operator sets stays the operator’s; a contradiction is said', () => {
  const edit: Edit = (spec) => {
    spec['sysctl'] = { 'net.ipv4.vs.expire_nodest_conn': { value: '0' } }
    spec['modules'] = { ip_vs: {} }
  }
  const { lines, notes } = wantsOf('lb1', edit)
  assert.deepEqual(lines, ['module ip_vs_rr', 'packages ipvsadm'])
  assert.match(notes.join(), /expire_nodest_conn: .* needs 1, the spec sets 0/)
})

test('a node without a part in it wants nothing', () => {
  const edit: Edit = (spec) => Object.assign(spec.nodes, { other: { address: '10.0.0.99/24' } })
  assert.deepEqual(wantsOf('other', edit), { lines: [], notes: [] })
})

const PROC = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A000021:0050 rr persistent 5000 FFFFF000
  -> 0A000015:0050      Route   1      3          4         
  -> 0A00000B:0051      Local   1      0          0         
UDP  [fd00:0000:0000:0000:0000:0000:0000:0033]:0035 mh persistent 30000 40000000
  -> [fd00:0000:0000:0000:0000:0000:0000:0021]:0035      Tunnel  2      0          0         
FWM  00000001 wlc
  -> 0A000015:0000      Masq    1      0          0         
`

test('the table: hexadecimal, both families, persistence; firewall marks are not ours', () => {
  assert.deepEqual(parseIpvs(PROC), [
    {
      protocol: 'tcp',
      address: '10.0.0.33',
      port: 80,
      scheduler: 'rr',
      persistence: { ticks: 5000, prefix: 20 },
      reals: [
        { address: '10.0.0.21', port: 80, method: 'dr', weight: 1, active: 3, inactive: 4 },
        { address: '10.0.0.11', port: 81, method: 'local', weight: 1, active: 0, inactive: 0 },
      ],
    },
    {
      protocol: 'udp',
      address: 'fd00::33',
      port: 53,
      scheduler: 'mh',
      persistence: { ticks: 30000, prefix: 64 },
      reals: [{ address: 'fd00::21', port: 53, method: 'tun', weight: 2, active: 0, inactive: 0 }],
    },
  ])
  assert.deepEqual(parseIpvs(''), [])
  assert.deepEqual(parseIpvs('TCP  XYZ rr\n  -> 0A000015:0050 Route 1 0 0\n'), [])
})

const DUMP = `------< Global definitions >------
 Router ID = hactl_0123456789abcdef
------< LVS Topology >------
 System is compiled with LVS v1.2.1
 ------< Virtual server >------
 VS VIP = 10.0.0.33, VPORT = 80
   delay_loop = 2.000000
   protocol = TCP
   alive = 1
   quorum_state_up = 1
   ------< Real server >------
   RIP = 10.0.0.21, RPORT = 80, WEIGHT = 1 EFF WEIGHT = 1
   alive = 1
   RS set = 1
   ------< Real server >------
   RIP = 10.0.0.22, RPORT = 80, WEIGHT = 1 EFF WEIGHT = 1
   alive = 0
   RS set = 0
------< Health checkers >------
 [10.0.0.33]:tcp:80 -> TCP_CHECK
   RIP = 10.0.0.99, RPORT = 80
`

test('the checkers’ word: what is set, what is not, and nothing of a dump without its quorum', () => {
  const checked = parseCheckDump(DUMP)?.get('tcp 10.0.0.33:80')
  assert.deepEqual(
    [...(checked?.rows ?? [])],
    [
      ['10.0.0.21:80', true],
      ['10.0.0.22:80', false],
    ],
  )
  assert.equal(checked?.quorum, true)
  assert.equal(parseCheckDump('------< Global definitions >------\n'), undefined)
  assert.equal(parseCheckDump(DUMP.replace(/.*quorum.*\n/, ''))?.size, 0)
})

test('keepalived’s command line: checkers from the start, -P only for an old one without LVS', () => {
  const argv = (version: readonly number[], edit?: Edit) => {
    const cluster = clusterOf(edit)
    const facts = offlineFacts(cluster, 'lb1', { keepalived: version })
    const daemon = keepalived.compile(cluster, facts).wants.find((w) => w.kind === 'daemon')
    return daemon?.daemon.argv ?? []
  }
  const bare: Edit = (spec) => Object.assign(spec, { lvs: {} })
  assert.ok(argv([2, 2, 7]).includes('-c'))
  assert.ok(!argv([2, 2, 7], bare).includes('-P'))
  assert.ok(argv([1, 3, 5], bare).includes('-P'))
  assert.ok(!argv([1, 3, 5]).includes('-P'))
})

test('a group whose other vip has no interface here is left out whole', () => {
  const edit: Edit = (spec) => {
    Object.assign(spec.vips.web, { group: 'nat' })
    Object.assign(spec.nodes.lb1, { links: { in: { address: '10.1.0.11/24' } } })
    Object.assign(spec.nodes.lb2, { links: { in: { address: '10.1.0.12/24' } } })
    Object.assign(spec.vips, { gw: { ...spec.vips.web, addresses: ['10.1.0.1/24'], vrid: 9 } })
  }
  const cluster = clusterOf(edit)
  const facts = offlineFacts(cluster, 'lb1')
  const without = { ...facts, addresses: facts.addresses.slice(0, 1) }
  const { wants, notes } = keepalived.compile(cluster, without)
  assert.ok(!wants.some((w) => w.kind === 'daemon'))
  assert.match(notes.join('\n'), /vip web: left out, another vip of group nat/)
})
