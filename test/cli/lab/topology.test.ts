import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { LabError } from '../../../cli/lab/error.ts'
import { checkTools } from '../../../cli/lab/preflight.ts'
import { topologyOf } from '../../../cli/lab/topology.ts'
import { webConfig } from '../../../cli/lab/web.ts'
import { Spec } from '../../../spec/schema.ts'

function specWith(change: (raw: Record<string, Record<string, unknown>>) => void) {
  const raw = JSON.parse(readFileSync('spec/examples/wordpress.json', 'utf8'))
  change(raw)
  return Value.Check(Spec, raw) ? raw : assert.fail('the example is not valid')
}

test('the example: one bridge, web servers on the web nodes, client and hub on free addresses', () => {
  const lab = topologyOf(specWith(() => undefined))
  assert.deepEqual(lab.bridges, [{ name: 'br0', subnet: '172.18.67.0/24' }])
  assert.deepEqual(
    lab.members.map((m) => [m.name, m.kind, m.web.map((w) => w.port).sort()]),
    [
      ['lb1', 'node', []],
      ['lb2', 'node', []],
      ['web1', 'node', [80, 8080]],
      ['web2', 'node', [80, 8080]],
      ['lab-client', 'client', []],
      ['lab-hub', 'hub', []],
    ],
  )
  assert.equal(lab.hubAddress, '172.18.67.254')
  assert.equal(lab.vips[0]?.url, 'http://172.18.67.33:80/')
  const ports = lab.members.flatMap((m) => m.nics.map((nic) => nic.port))
  assert.equal(new Set(ports).size, ports.length)
})

test('a plain address in a lab subnet gets a member of its own; outside, a note', () => {
  const lab = topologyOf(
    specWith((raw) => {
      const servers = {
        in: { address: '172.18.67.50', port: 81 },
        out: { address: '8.8.8.8', port: 80 },
      }
      raw['pools'] = { ...raw['pools'], more: { servers } }
    }),
  )
  const own = lab.members.find((m) => m.kind === 'server')
  assert.equal(own?.name, 'srv-172-18-67-50')
  assert.deepEqual(own?.nics[0]?.addresses, ['172.18.67.50/24'])
  assert.match(lab.notes.join(), /more\/out: its address is outside/)
})

test('the web server answers with who it is', () => {
  const web = [{ name: 'wp1', addresses: ['192.0.2.1'], port: 80 }]
  const config = webConfig({ name: 'web1', web }) ?? ''
  assert.match(config, /listen 192\.0\.2\.1:80;/)
  assert.match(config, /return 200 "web1 wp1 80 \$uri\\n"/)
  assert.equal(webConfig({ name: 'web1', web: [] }), undefined)
})

test('missing programs are named at once, with both package managers', () => {
  const find = (name: string) =>
    name === 'ip' || name === 'nginx' ? undefined : `/usr/sbin/${name}`
  const error = (() => {
    try {
      checkTools(find)
    } catch (e) {
      return e
    }
  })()
  assert.ok(error instanceof LabError)
  assert.match(error.message, /nginx, ip$/)
  assert.equal(
    error.hint,
    'Debian, Ubuntu: apt-get install nginx-light iproute2; EL, Fedora: dnf install nginx iproute',
  )
})
