// Old files become a spec: what is translated, what is kept, and that nothing is lost on the way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSpec } from '../../../spec/check.ts'
import { importFiles } from '../../../spec/import/index.ts'
import type { Kind } from '../../../spec/import/types.ts'

const ADDRESSES = { lb1: '192.0.2.11/24', lb2: '192.0.2.12/24' }
const read = (kind: Kind, text: string, node = 'lb1') =>
  importFiles([{ name: 'file', node, text, kind }], { cluster: 'test', addresses: ADDRESSES })
const specOf = (text: string) => JSON.parse(text)
const fates = (kind: Kind, text: string) =>
  Object.fromEntries(read(kind, text).report.map(({ text: line, fate }) => [line, fate]))

test('old words of haproxy are written in the words of today', () => {
  const { text, report } = read(
    'haproxy',
    `global
  nbproc 2
defaults
  mode http
  contimeout 5000
  clitimeout 50000
  srvtimeout 50000
  redispatch
listen web 192.0.2.11:80
  reqrep ^([^\\ :]*)\\ /a/(.*) \\1\\ /\\2
  reqadd X-Scheme:\\ https if { ssl_fc }
  reqidel ^X-Bad:.*
  reqideny ^evil
  block if { src 198.51.100.0/24 }
  server a 192.0.2.21:80 check inter 2s rise 3 fall 4 maxconn 8
  server b 192.0.2.22:80 check backup
`,
  )
  const { proxies, pools } = specOf(text)
  // What haproxy takes from these three where nothing else is said.
  assert.deepEqual(proxies.web.timeouts, {
    ...{ connectMs: 5000, clientMs: 50_000, serverMs: 50_000 },
    ...{ queueMs: 5000, httpRequestMs: 50_000, keepAliveMs: 50_000, tunnelMs: 50_000 },
  })
  assert.equal(proxies.web.redispatch, true)
  assert.deepEqual(proxies.web.addresses, ['192.0.2.11'])
  assert.deepEqual(proxies.web.extra, [
    'http-request replace-uri ^/a/(.*) /\\1',
    'http-request add-header X-Scheme https if { ssl_fc }',
    'http-request del-header X-Bad',
    'http-request deny if { src 198.51.100.0/24 }',
  ])
  assert.deepEqual(pools.web.servers.a, {
    address: '192.0.2.21',
    port: 80,
    maxconn: 8,
    check: { intervalMs: 2000, rise: 3, fall: 4 },
  })
  const lost = report.filter(({ fate }) => fate === 'not-taken')
  assert.deepEqual(
    lost.map((entry) => entry.text),
    ['reqideny ^evil'],
  )
  assert.equal(report.find((entry) => entry.text === 'nbproc 2')?.fate, 'replaced')
})

test('routes keep their order around what only an extra line can say', () => {
  const { text } = read(
    'haproxy',
    `defaults
  mode http
frontend f
  bind *:80
  acl api path_beg /api
  acl odd src 198.51.100.0/24
  acl img path_end -i .png
  use_backend b_api if api
  use_backend B_ODD if odd
  use_backend b_api if api { hdr(host) -i api.example.org }
  use_backend b_img if img
  default_backend b_img
backend b_api
  server s 192.0.2.21:80
backend B_ODD
  server s 192.0.2.22:80 ssl verify none
backend b_img
  server s 192.0.2.23:80
`,
  )
  const { proxies, pools } = specOf(text)
  assert.deepEqual(proxies.f.extra, [
    'acl api path_beg /api',
    'acl odd src 198.51.100.0/24',
    'use_backend b-api if api',
    'use_backend b-odd if odd',
  ])
  assert.deepEqual(proxies.f.routes, [
    { name: 'b-api', when: { pathPrefix: ['/api'], host: ['api.example.org'] }, pool: 'b-api' },
  ])
  assert.deepEqual(proxies.f.split, { pool: 'b-img', suffixes: ['.png'] })
  assert.deepEqual(pools['b-odd'].extra, ['server s 192.0.2.22:80 ssl verify none'])
  assert.deepEqual(
    checkSpec(text).diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
})

test('quotes, escapes, tabs, CRLF and comments are read as haproxy reads them', () => {
  const seen = fates(
    'haproxy',
    'defaults\r\n\tmode http # all\r\nlisten a\r\n\tbind :80\r\n\thttp-request set-header X "a b#c" # d\r\n\thttp-request set-header Y a\\ b\r\n\tserver s 192.0.2.21:80\r\n',
  )
  assert.deepEqual(seen, {
    defaults: 'modelled',
    'mode http': 'modelled',
    'listen a': 'modelled',
    'bind :80': 'modelled',
    'http-request set-header X "a b#c"': 'kept',
    'http-request set-header Y a\\ b': 'kept',
    'server s 192.0.2.21:80': 'modelled',
  })
})

const VRRP = (priority: number, more = '') => `! comment
vrrp_script chk_haproxy {
  script "killall -0 haproxy"
  interval 2
}
vrrp_instance VI_1 {
  state MASTER
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
${more}  authentication {
    auth_type PASS
    auth_pass 1111
  }
  virtual_ipaddress {
    192.0.2.100/24 dev eth0
  }
  track_script {
    chk_haproxy
  }
}
`
test('two hosts of keepalived and haproxy are one vip with two peers and one proxy behind it', () => {
  const proxy = `listen web
  bind *:80
  mode http
  server a 192.0.2.21:80 check
`
  const { text, report, diagnostics } = importFiles(
    [
      { name: 'a/haproxy.cfg', node: 'lb1', text: proxy },
      { name: 'a/keepalived.conf', node: 'lb1', text: VRRP(150) },
      { name: 'b/haproxy.cfg', node: 'lb2', text: proxy },
      { name: 'b/keepalived.conf', node: 'lb2', text: VRRP(100, '  nopreempt\n') },
    ],
    { cluster: 'two', addresses: ADDRESSES },
  )
  const spec = specOf(text)
  assert.deepEqual(spec.vips, {
    'vi-1': {
      addresses: ['192.0.2.100/24'],
      peers: { lb1: { priority: 150 }, lb2: { priority: 100 } },
      vrid: 51,
      takeoverMs: 4000,
      vrrpVersion: 2,
      auth: { type: 'pass', include: '/etc/keepalived/auth-vi-1.conf' },
      mode: 'multicast',
      preempt: false,
    },
  })
  assert.equal(spec.proxies.web.vip, 'vi-1')
  assert.equal(Object.keys(spec.proxies).length, 1)
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  const why = report.find((entry) => entry.text === 'chk_haproxy')
  assert.equal(why?.fate, 'replaced')
})

test('conditions and definitions of keepalived.conf(5) make a peer of each config-id', () => {
  const { text } = read(
    'keepalived',
    `@a $PRI=100
@b $PRI=50
$BODY= \\
  virtual_router_id 7 \\
  priority \${PRI}
vrrp_instance x {
  interface eth0
  $BODY
@a unicast_src_ip 198.51.100.1
@b unicast_src_ip 198.51.100.2
  unicast_peer {
@a 198.51.100.2
@b 198.51.100.1
  }
  virtual_ipaddress { 198.51.100.9/24 }
}
`,
  )
  const { vips, nodes } = specOf(text)
  assert.deepEqual(vips.x.peers, { a: { priority: 100 }, b: { priority: 50 } })
  assert.deepEqual(nodes, {
    a: { interface: 'eth0', address: '198.51.100.1/24' },
    b: { interface: 'eth0', address: '198.51.100.2/24' },
  })
})

test('a virtual server finds the vip of its address; nat_mask is replaced', () => {
  const lvs = `virtual_server 192.0.2.100 80 {
  delay_loop 6
  lb_algo rr
  lb_kind DR
  nat_mask 255.255.255.0
  persistence_timeout 50
  protocol TCP
  real_server 192.0.2.21 80 {
    weight 3
    TCP_CHECK {
      connect_timeout 3
      nb_get_retry 3
      delay_before_retry 3
      connect_port 80
    }
  }
}
`
  const { text, report } = read('keepalived', VRRP(100) + lvs)
  assert.deepEqual(specOf(text).lvs, {
    'vi-1-80': {
      vip: 'vi-1',
      port: 80,
      servers: { rs1: { address: '192.0.2.21', port: 80, weight: 3 } },
      scheduler: 'rr',
      method: 'dr',
      persistenceMs: 50_000,
      check: { intervalMs: 6000, type: 'connect', timeoutMs: 3000, retries: 3, retryDelayMs: 3000 },
    },
  })
  assert.equal(report.find((entry) => entry.text.startsWith('nat_mask'))?.fate, 'replaced')
})

test('nginx: upstreams are pools, names and locations are routes in the order of its search', () => {
  const { text } = read(
    'nginx',
    `upstream app { ip_hash; server 192.0.2.21:8080 weight=2 max_fails=3 fail_timeout=30s; server 192.0.2.22:8080 backup; }
upstream img { server 192.0.2.23; }
server {
  listen 80 default_server;
  server_name a.example.org;
  location / { proxy_pass http://app; proxy_set_header X-Real-IP $remote_addr; proxy_read_timeout 90; }
  location /img { proxy_pass http://img; proxy_set_header X-Real-IP $remote_addr; }
  location ~ \\.png$ { proxy_pass http://img; proxy_set_header X-Real-IP $remote_addr; }
}
`,
  )
  const { proxies, pools } = specOf(text)
  const proxy = proxies['a-example-org-80']
  assert.equal(proxy.pool, 'app')
  assert.deepEqual(
    proxy.routes.map(({ when }: { when: unknown }) => when),
    [{ pathRegex: ['\\.png$'] }, { pathPrefix: ['/img'] }],
  )
  // nginx's own limits, where hactl's are others.
  assert.deepEqual(proxy.extra, [
    'proxy_set_header X-Real-IP $remote_addr;',
    'client_max_body_size 1m;',
  ])
  assert.deepEqual(proxy.timeouts, {
    ...{ connectMs: 60_000, httpRequestMs: 60_000, keepAliveMs: 75_000, serverMs: 90_000 },
  })
  assert.equal(pools.app.balance, 'source')
  assert.equal(pools.img.servers['192-0-2-23'] ?? pools.img.servers['server-192-0-2-23'].port, 80)
})

test('a password never stands in the report or the decisions', () => {
  const { report, decisions, text } = read(
    'haproxy',
    'listen stats\n  mode http\n  bind *:81\n  stats enable\n  stats auth admin:canary\n',
  )
  const { report: vrrp } = read('keepalived', VRRP(100).replace('1111', 'canary'))
  assert.equal(JSON.stringify([report, decisions, text, vrrp]).includes('canary'), false)
})
