// What the spec does not model is kept in its place: sites, sections, conditions, words of listeners; what cannot be is asked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importFiles } from '../../../spec/import/index.ts'
import type { Kind, SourceFile } from '../../../spec/import/types.ts'

const ADDRESSES = { lb1: '192.0.2.11/24', lb2: '192.0.2.12/24' }
const read = (kind: Kind, text: string, ...more: readonly SourceFile[]) => {
  const files = [{ name: 'file', node: 'lb1', text, kind }, ...more]
  const done = importFiles(files, { cluster: 'test', addresses: ADDRESSES })
  return { ...done, spec: JSON.parse(done.text), asked: done.decisions.map(({ what }) => what) }
}
const TIMES = ['client', 'connect', 'server'].map((one) => `  timeout ${one} 60s\n`).join('')

test('server blocks that do more than go to a pool are sites, with the pools and the Host that they had', () => {
  const { spec, diagnostics, asked } = read(
    'nginx',
    `user www; worker_processes 4; timer_resolution 100ms;
events { worker_connections 99; use epoll; }
http {
  proxy_set_header X-Real-IP $remote_addr;
  upstream Web_App { server unix:/run/app.sock; server 192.0.2.21:80; keepalive 4; }
  server { listen 80 backlog=99; listen 443 ssl; server_name a.example.org a.example.org;
    ssl_certificate /c.pem; ssl_certificate_key /k.pem;
    location / { proxy_pass http://Web_App; }
    location /s { root /srv; index i.html; } }
  server { listen 80 default_server; server_name b.example.org; return 301 https://a.example.org$request_uri; }
}`,
  )
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  const { 'b-example-org-80': plain, 'a-example-org-443': tls } = spec.proxies
  assert.deepEqual([plain.listen, tls.listen], [['backlog=99'], ['ssl']])
  assert.deepEqual(Object.keys(plain.sites), ['a-example-org', 'b-example-org'])
  assert.deepEqual(plain.sites['a-example-org'].names, ['a.example.org'])
  assert.equal(plain.sites['b-example-org'].default, true)
  assert.deepEqual(tls.pools, ['web-app'])
  assert.deepEqual(tls.sites['a-example-org'].lines.slice(0, 7), [
    'ssl_certificate /c.pem;',
    'ssl_certificate_key /k.pem;',
    'location / {',
    'proxy_pass http://web-app;',
    // A header of its own ends those that it inherits.
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header Host "Web_App";',
    '}',
  ])
  assert.deepEqual(spec.pools['web-app'].extra, ['server unix:/run/app.sock;'])
  const { 'nginx-events': events, 'nginx-main': main, 'nginx-http': http } = spec.verbatim
  assert.deepEqual(
    [events.lines, main.lines, http.lines],
    [['use epoll;'], ['timer_resolution 100ms;'], ['proxy_set_header X-Real-IP $remote_addr;']],
  )
  assert.deepEqual(asked, [])
})

test('nginx: an included file stands in its place when it is given, and is asked for when not', () => {
  const text = 'http { include conf.d/*.conf; include mime.types; include other/*; }\nevents {}\n'
  const web = 'server { listen 80; location / { include snippets/x.conf; return 204; } }\n'
  const given = { name: 'etc/conf.d/web.conf', node: 'lb1', kind: 'nginx' as const, text: web }
  const { spec, asked, report } = read('nginx', text, given)
  assert.deepEqual(Object.keys(spec.proxies), ['web-80'])
  assert.deepEqual(spec.verbatim['nginx-http'].lines, ['include mime.types;'])
  assert.equal(asked.length, 2)
  assert.match(
    asked.join('\n'),
    /"include other\/\*" is not taken.*\n.*"include snippets\/x.conf" is kept/,
  )
  assert.equal(report.find((entry) => entry.text === 'include conf.d/*.conf')?.fate, 'modelled')
})

test('haproxy: sections, conditions, words of bind and the lines of global stay', () => {
  const { spec, asked, diagnostics } = read(
    'haproxy',
    `global
  tune.bufsize 32768
  maxconn 500
  stats socket ipv4@127.0.0.1:9999 level admin
resolvers Consul_1
  nameserver a 127.0.0.1:8600
userlist staff
  user ann password $5$k6$aaaaaaaaaaaaaaaaaaaaaaaa
  user bob insecure-password canary
defaults
  mode http
${TIMES}frontend f
  bind 192.0.2.11:8000-8001 accept-proxy interface eth0 name x
  .if feature(OPENSSL)
  http-request set-header A 1
  .endif
  .if feature(LUA)
  http-request set-header B 1
  .endif
  use_backend %[req.hdr(X)] if { req.hdr(X) -m found }
  default_backend b_one
backend b_one
  server s app.example.org:80 check resolvers Consul_1 init-addr none
backend raw
  mode tcp
  server s 192.0.2.22:80
`,
  )
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  assert.deepEqual(
    Object.values<{ port: number; listen: string[] }>(spec.proxies).map(({ port, listen }) => [
      port,
      listen.join(' '),
    ]),
    [
      [8000, 'accept-proxy interface eth0'],
      [8001, 'accept-proxy interface eth0'],
    ],
  )
  assert.equal(spec.proxies.f.extra.filter((line: string) => line === '.endif').length, 2)
  // Any backend that speaks HTTP may be asked for by name.
  assert.deepEqual(spec.proxies.f.pools, ['b-one'])
  assert.equal(spec.pools['b-one'].resolvers, 'Consul_1')
  const { verbatim } = spec
  assert.deepEqual(verbatim['haproxy-global'].lines, [
    'tune.bufsize 32768',
    'maxconn 500',
    'stats socket ipv4@127.0.0.1:9999 level admin',
  ])
  assert.equal(verbatim['resolvers-consul-1'].section, 'resolvers Consul_1')
  assert.equal(verbatim['userlist-staff'].lines.length, 1)
  assert.match(asked.join('\n'), /write user bob with "password" and a hash/)
  assert.match(asked.join('\n'), /backends have other names in the spec \("b-one" for "b_one"\)/)
})

test('haproxy: a page for users stays shut, a dispatch is a server, a pattern of a header is a rule', () => {
  const { spec, text, asked } = read(
    'haproxy',
    `defaults
  mode http
${TIMES}listen web
  bind *:80
  stats enable
  stats uri /admin?stats
  stats auth ann:canary
  reqideny ^X-Bad:\\ evil
  reqideny ^[^\\ ]*\\ /private
  dispatch 192.0.2.31:81
`,
  )
  assert.equal(text.includes('canary'), false)
  assert.deepEqual(spec.proxies.web.extra, [
    'http-request deny if { path_beg /admin }',
    'stats enable',
    'stats uri /admin?stats',
    'http-request deny if { req.fhdr(X-Bad) -m reg -i ^evil }',
    'http-request deny if { url_reg -i ^/private }',
  ])
  assert.deepEqual(spec.pools.web.servers, { dispatch: { address: '192.0.2.31', port: 81 } })
  assert.match(asked.join('\n'), /the page \/admin is denied to all/)
})

test("the same text of two hosts is one, with both nodes; other text is the host's own", () => {
  const of = (size: number) => `global\n  tune.bufsize ${size}\ndefaults\n  mode http\n${TIMES}`
  const host = (node: string, text: string): SourceFile => ({
    name: node,
    node,
    text,
    kind: 'haproxy',
  })
  const same = read('haproxy', of(16_384), host('lb2', of(16_384))).spec.verbatim
  assert.deepEqual(Object.values<{ nodes: string[] }>(same)[0]?.nodes, ['lb1', 'lb2'])
  const apart = read('haproxy', of(16_384), host('lb2', of(32_768))).spec.verbatim
  assert.deepEqual(
    Object.values<{ nodes: string[] }>(apart).map(({ nodes }) => nodes),
    [['lb1'], ['lb2']],
  )
})
