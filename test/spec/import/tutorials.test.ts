// The tutorials' own files, as the end-to-end tests run them by hand, import to what the examples say.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Bare } from '../../../cli/lab/index.ts'
import { importFiles } from '../../../spec/import/index.ts'
import { failoverTutorial } from '../../e2e/tutorial-failover.ts'
import { nginxTutorial } from '../../e2e/nginx-tutorial.ts'
import { regexTutorial } from '../../e2e/tutorial-regex.ts'
import { tutorial } from '../../e2e/tutorial.ts'

const exampleOf = (name: string) => JSON.parse(readFileSync(`spec/examples/${name}.json`, 'utf8'))

function imported(bare: Bare, example: { nodes: Record<string, { address: string }> }) {
  const addresses = Object.fromEntries(
    Object.entries(example.nodes).map(([name, node]) => [name, node.address]),
  )
  const files = Object.entries(bare.files).flatMap(([node, all]) =>
    Object.entries(all)
      .filter(([path]) => /\/(?:haproxy\.cfg|keepalived\.conf|nginx\.conf)$/.test(path))
      .map(([name, text]) => ({ name, node, text })),
  )
  const done = importFiles(files, { cluster: 'imported', addresses })
  assert.deepEqual(
    done.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  return JSON.parse(done.text)
}

type Addressed = {
  readonly address?: string
  readonly node?: string
  readonly port: number
  readonly backup?: boolean
}
type Some = {
  readonly nodes: Record<string, { address: string }>
  readonly vips: Record<
    string,
    { addresses: string[]; peers: Record<string, { priority: number }> }
  >
  readonly proxies: Record<string, { port: number }>
  readonly pools: Record<string, { servers: Record<string, Addressed> }>
}
const bareOf = (text: string) => text.split('/')[0] ?? ''

/** Who holds what in which order, and where the traffic goes: names and the numbers of priorities aside. */
function meaning({ nodes, vips, proxies, pools }: Some) {
  const place = (one: Addressed) =>
    `${one.address ?? bareOf(nodes[one.node ?? '']?.address ?? '')}:${one.port}${one.backup ? ' backup' : ''}`
  return {
    vips: Object.values(vips)
      .map(({ addresses, peers }) => [
        addresses.map(bareOf),
        Object.entries(peers)
          .sort(([, x], [, y]) => y.priority - x.priority)
          .map(([name]) => name),
      ])
      .sort(),
    ports: [...new Set(Object.values(proxies).map(({ port }) => port))].sort(),
    servers: [
      ...new Set(Object.values(pools).flatMap(({ servers }) => Object.values(servers).map(place))),
    ].sort(),
  }
}

const LVS = (state: string, priority: number) => `global_defs {
  router_id LVS_DEVEL # each node its own
}
vrrp_instance apache {
  state ${state}
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  authentication { # the same on both
    auth_type PASS
    auth_pass 1111
  }
  virtual_ipaddress {
    172.17.1.160
  }
}
virtual_server 172.17.1.160 80 {
  delay_loop 6
  lb_algo rr
  lb_kind DR
  nat_mask 255.255.255.0
# persistence_timeout 50
  protocol TCP
${[152, 153]
  .map(
    (last) => `  real_server 172.17.1.${last} 80 {
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

test('the files of lvs-apache import to the meaning of the example', () => {
  const path = '/etc/keepalived/keepalived.conf'
  const files = { lvs1: { [path]: LVS('MASTER', 100) }, lvs2: { [path]: LVS('BACKUP', 90) } }
  const example = exampleOf('lvs-apache')
  const { vips, lvs } = imported({ files, commands: {} }, example)
  assert.deepEqual(vips.apache.addresses, example.vips.apache.addresses)
  assert.deepEqual(vips.apache.peers, example.vips.apache.peers)
  assert.equal(vips.apache.vrid, example.vips.apache.vrid)
  const { servers, check, ...service } = lvs['apache-80']
  assert.deepEqual(service, { vip: 'apache', port: 80, scheduler: 'rr', method: 'dr' })
  assert.equal(check.type, 'connect')
  assert.deepEqual(
    Object.values(servers),
    [152, 153].map((last) => ({ address: `172.17.1.${last}`, port: 80, weight: 1 })),
  )
})

for (const [name, bare] of [
  ['haproxy-failover', failoverTutorial],
  ['haproxy-regex', regexTutorial],
  ['wordpress', tutorial],
  ['nginx-dual-master', nginxTutorial],
] as const)
  test(`the files of ${name} import to the meaning of the example`, () => {
    const example = exampleOf(name)
    // The nginx tutorial writes the files of its first vip only.
    if (name === 'nginx-dual-master') delete example.vips.second
    assert.deepEqual(meaning(imported(bare, example)), meaning(example))
  })
