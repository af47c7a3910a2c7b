// What an operator sees of a node's files: rendered as proved, bounded, and no secret in it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { createFilesView, nodeFiles, withoutSecrets } from '../../agent/files.ts'
import { compile } from '../../agent/plan/index.ts'
import type { Want } from '../../agent/plan/types.ts'
import { NODE_FILE_CHARS_MAX } from '../../spec/limits.ts'
import { FilesMessage } from '../../spec/protocol.ts'
import { fakeClock } from '../fakes/clock.ts'
import { fakeFacts } from '../fakes/facts.ts'
import { clusterOf } from '../site/kit.ts'

const text = readFileSync(
  new URL('../../spec/examples/wordpress-full.json', import.meta.url),
  'utf8',
)
const cluster = clusterOf(text)
const lb1 = fakeFacts('lb1', '172.18.67.13')
const web1 = fakeFacts('web1', '172.18.67.11', { supervisor: 'systemd' })

test('configurations of daemons are shown, files of services only named; a hash of a password is in neither', () => {
  const files = nodeFiles(compile(cluster, lb1).wants)
  const haproxy = files.find(({ path }) => path === '/etc/haproxy/haproxy.cfg')
  assert.match(haproxy?.body ?? '', /backend appsrvs/)
  assert.match(text, /\$5\$hactlexample/)
  assert.equal(/hactlexample/.test(JSON.stringify(files)), false)
  const service = nodeFiles(compile(cluster, web1).wants)
  const php = service.find(({ path }) => path === '/etc/wordpress/config-default.php')
  assert.equal(php?.body, undefined)
  assert.match(php?.digest ?? '', /^[0-9a-f]{64}$/)
  assert.ok(Value.Check(FilesMessage, { type: 'files', files: [...files, ...service] }))
})
test('no canary comes through, whatever the word before it', () => {
  const lines = [
    'auth_pass CANARY1',
    'user admin password CANARY2',
    'stats auth admin:CANARY3',
    'http-request set-header Authorization "Basic CANARY4"',
    'http-request set-header X-Api-Key CANARY5',
    'proxy_set_header X-Token: "CANARY6";',
    'server a https://u:CANARY7@h/',
    'user x insecure-password CANARY8',
    'hash $6$salt$CANARY9',
    'secret=CANARY0',
  ]
  const shown = withoutSecrets(lines.join('\n'))
  assert.equal(/CANARY\d/.exec(shown)?.[0], undefined)
  assert.equal(shown.split('\n').length, lines.length)
  assert.equal(withoutSecrets('server wp1 10.0.0.1:80 check'), 'server wp1 10.0.0.1:80 check')
})
test('what is too long is named with its digest, without its text', () => {
  const daemon = compile(cluster, lb1).wants.find((want) => want.kind === 'daemon')
  assert.ok(daemon?.kind === 'daemon')
  const file = (n: number, chars: number) => ({
    ...{ path: `/etc/f${n}`, mode: 0o644 },
    body: 'x'.repeat(chars),
  })
  const want: Want = {
    ...daemon,
    files: [
      file(0, NODE_FILE_CHARS_MAX + 1),
      file(1, NODE_FILE_CHARS_MAX),
      file(2, 65_536),
      file(3, 1),
    ],
  }
  const shown = nodeFiles([want])
  assert.deepEqual(
    shown.map(({ body, bytes }) => [body?.length, bytes]),
    [
      [undefined, 65_537],
      [65_536, 65_536],
      [65_536, 65_536],
      [undefined, 1],
    ],
  )
})
test('the view answers at once, looks once for each proved spec, and gives the same array until it differs', async () => {
  const clock = fakeClock()
  let proven: typeof cluster | undefined
  let looks = 0
  const facts = async () => {
    looks++
    if (looks === 1) throw new Error('the host does not answer')
    return lb1
  }
  const view = createFilesView({ clock, proven: () => proven, facts })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(view(), [])
  proven = cluster
  assert.deepEqual(view(), [])
  await settle()
  assert.deepEqual(view(), [])
  clock.advance(300_000)
  view()
  await settle()
  const first = view()
  assert.ok(first.length > 0)
  assert.equal(looks, 2)
  clock.advance(300_000)
  view()
  await settle()
  assert.equal(view(), first)
  assert.equal(looks, 3)
})
