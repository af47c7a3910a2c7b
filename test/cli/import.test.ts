// hactl import on the command line: names, kinds, exit codes, both outputs.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from './fake.ts'

const folder = mkdtempSync(join(tmpdir(), 'hactl-import-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const TIMES = ['client', 'connect', 'server'].map((one) => `  timeout ${one} 60s\n`).join('')
const CFG = `listen web\n  bind *:80\n  mode http\n${TIMES}  server a 192.0.2.21:80 check\n`
const ADDRESS = ['--address', 'lb1=192.0.2.11/24']

test('a spec on standard output, the sum on standard error, exit 0', async () => {
  const { exit, out, err } = await run(['import', file('h.cfg', CFG), ...ADDRESS])
  assert.equal(exit, 0)
  assert.deepEqual(JSON.parse(out).nodes, { lb1: { address: '192.0.2.11/24' } })
  assert.match(err, /7 directives: 7 modelled, 0 kept, 0 replaced, 0 not-taken\n$/)
})

test('no address is invalid, something to decide is 1, and both are said', async () => {
  const plain = await run(['import', file('h.cfg', CFG)])
  assert.equal(plain.exit, 3)
  assert.match(plain.err, /give --address lb1=ADDRESS\/PREFIX/)
  assert.match(plain.err, /HA005/)
  const odd = await run([
    'import',
    file('o.cfg', `${CFG}listen u\n  bind /run/u.sock\n${TIMES}  server b 192.0.2.22:80\n`),
    ...ADDRESS,
  ])
  assert.equal(odd.exit, 1)
  assert.match(odd.err, /decide .*u\.sock/)
})

test('two nodes, --out, --report, --json', async () => {
  const spec = join(folder, 'spec.json')
  const report = join(folder, 'report.txt')
  const cfg = file('h.cfg', CFG)
  const both = [`lb1=${cfg}`, `lb2=${cfg}`, ...ADDRESS, '--address', 'lb2=192.0.2.12/24']
  const { exit, out } = await run(['import', ...both, '--out', spec, '--report', report, '--json'])
  assert.equal(exit, 0)
  const said = JSON.parse(out)
  assert.equal(said.counts.modelled, 14)
  assert.deepEqual(said.spec.proxies.web.nodes, ['lb1', 'lb2'])
  assert.deepEqual(JSON.parse(readFileSync(spec, 'utf8')), said.spec)
  assert.equal(readFileSync(report, 'utf8').trimEnd().split('\n').length, 14)
})

test('--summary: each file with what is taken of it, instead of the spec', async () => {
  const vrrp = `global_defs {\n router_id x\n}\nvrrp_instance v {\n interface eth0\n virtual_router_id 7\n virtual_ipaddress {\n 192.0.2.9\n }\n}\n`
  const files = [file('h.cfg', CFG), file('k.conf', vrrp)]
  const { exit, out, err } = await run(['import', ...files, ...ADDRESS, '--summary'])
  assert.equal(exit, 0, err)
  assert.deepEqual(
    out.split('\n').map((line) => line.replace(`${folder}/`, '')),
    [
      '100.0 %  h.cfg: 7 modelled, 0 kept, 0 replaced, 0 not-taken',
      ' 85.7 %  k.conf: 6 modelled, 0 kept, 1 replaced, 0 not-taken',
      '',
    ],
  )
  assert.doesNotMatch(err, /router_id/)
  assert.match(err, /14 directives/)
})

test("a user's mistakes are one sentence", async () => {
  const cfg = file('h.cfg', CFG)
  for (const [argv, pattern] of [
    [['nosuch.cfg'], /cannot read nosuch.cfg/],
    [[`Lb_1=${cfg}`], /cannot name a node Lb_1/],
    [[cfg, '--kind', `${cfg}=apache`], /FILE=KIND/],
    [[cfg, '--address', 'lb1=here'], /NODE=ADDRESS\/PREFIX/],
    [[cfg, '--cluster', 'A b'], /a letter first/],
    [[], /files/],
  ] as const) {
    const { exit, err } = await run(['import', ...argv])
    assert.equal(exit, 2, err)
    assert.match(err, pattern)
  }
})

test('a directory: files by their names, and what nginx.conf includes, wherever it was', async () => {
  const etc = join(folder, 'etc-nginx')
  for (const below of ['conf.d', 'sites-available', 'sites-enabled'])
    mkdirSync(join(etc, below), { recursive: true })
  const write = (path: string, text: string) => writeFileSync(join(etc, path), text)
  write(
    'nginx.conf',
    'events {}\nhttp {\n  include /etc/nginx/mime.types;\n  include /etc/nginx/conf.d/*.conf;\n  include sites-enabled/*;\n}\n',
  )
  write('conf.d/pool.conf', 'upstream app { server 192.0.2.21:80; }\n')
  write('sites-available/web', 'server { listen 80; location / { proxy_pass http://app; } }\n')
  write('sites-available/off', 'server { listen 81; return 204; }\n')
  symlinkSync('../sites-available/web', join(etc, 'sites-enabled/web'))
  const { exit, out } = await run(['import', etc, ...ADDRESS, '--json'])
  const { spec, report } = JSON.parse(out)
  // That servers see another Host is asked.
  assert.equal(exit, 1)
  assert.deepEqual(Object.keys(spec.pools), ['app'])
  assert.deepEqual(
    Object.values<{ port: number }>(spec.proxies).map(({ port }) => port),
    [80],
  )
  const files = new Set(report.map((entry: { file: string }) => entry.file.slice(etc.length + 1)))
  assert.deepEqual([...files].sort(), ['conf.d/pool.conf', 'nginx.conf', 'sites-enabled/web'])
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  const nothing = await run(['import', empty, ...ADDRESS])
  assert.equal(nothing.exit, 2)
  assert.match(nothing.err, /cannot import the directory/)
})
