// The tutorial's own files, without any agent: what a client feels of the same power cut, for comparison.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Vm } from '../../cli/lab/vm/vm.ts'
import { type VmCluster, vmCluster } from './cluster.ts'
import {
  ADDRESS,
  example,
  heldBy,
  isRow,
  realServer,
  say,
  spread,
  timed,
  URL_OF_VIP,
  VIP,
} from './lvs-kit.ts'

/** Seed 001: advert_int 1, delay_loop 6, connect_timeout 3, nb_get_retry 3, delay_before_retry 3. */
const conf = (state: string, priority: number) => `global_defs {
  router_id LVS_DEVEL
}
vrrp_instance apache {
  state ${state}
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  authentication {
    auth_type PASS
    auth_pass 1111
  }
  virtual_ipaddress {
    ${VIP}
  }
}
virtual_server ${VIP} 80 {
  delay_loop 6
  lb_algo rr
  lb_kind DR
  protocol TCP
${Object.values(ADDRESS)
  .map(
    (address) => `  real_server ${address} 80 {
    weight 1
    TCP_CHECK {
      connect_timeout 3
      nb_get_retry 3
      delay_before_retry 3
      connect_port 80
    }
  }
`,
  )
  .join('')}}
`

/** Its script lvsrsdr, in the words of iproute2. */
const SCRIPT = `ip addr add ${VIP}/32 dev lo
for name in lo all; do
  echo 1 > /proc/sys/net/ipv4/conf/$name/arp_ignore
  echo 2 > /proc/sys/net/ipv4/conf/$name/arp_announce
done`

async function byHand(vm: Vm): Promise<void> {
  await realServer(vm)
  if (!vm.name.startsWith('lvs')) return void (await vm.must(SCRIPT))
  const first = vm.name === 'lvs1'
  const path = '/etc/keepalived/keepalived.conf'
  await vm.put(path, conf(first ? 'MASTER' : 'BACKUP', first ? 100 : 90), 0o644)
  await vm.must('systemctl enable -q keepalived; systemctl restart keepalived')
}

let lab: VmCluster
before(async () => {
  lab = await vmCluster({ spec: example(), agents: [], prepare: byHand, web: false, wait: false })
})
after(() => lab?.close())

test('the tutorial: a dead real server, a director without power', async () => {
  await heldBy(lab, 'lvs1')
  for (const server of ['web1', 'web2']) await lab.until(server, isRow(lab, 'lvs1', server), 30_000)
  assert.deepEqual(await spread(lab, 4), { web1: 2, web2: 2 })
  await lab.node('web2').must('systemctl kill -s KILL real.service')
  const gone = await timed(
    lab,
    'web2 leaves',
    async () => !(await isRow(lab, 'lvs1', 'web2')()),
    40_000,
  )
  await lab.node('web2').must('systemctl start real.service')
  const back = await timed(lab, 'web2 is back', isRow(lab, 'lvs1', 'web2'), 40_000)
  say(`lvs: tutorial, dead real server left after ${gone} ms, was back after ${back} ms`)
  const probing = lab.probe(URL_OF_VIP, 8)
  await sleep(1_000)
  await lab.node('lvs1').cut()
  const seen = await probing
  say(
    `lvs: tutorial, power cut of the director: gap ${seen.longestGapMs} ms, failed ${seen.failed} of ${seen.requests}`,
  )
  await heldBy(lab, 'lvs2')
  assert.ok(
    seen.longestGapMs > 2_000,
    `${seen.longestGapMs} ms: three adverts of a second are missed first`,
  )
})
