// What viewers read of a revision: what changed, and nothing that looks like a secret.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffHtml, linesOf, readable } from '../../../site/page/diff.ts'

const HASH = '$5$abc$o7pE1N7L3HstBMPa.kYMFkN22XF02A0pzGEdi0jEBDC'
const CANARIES: Readonly<Record<string, unknown>> = {
  stats: { users: { admin: { passwordHash: `${HASH}CANARY1` } } },
  pools: { a: { extra: ['http-request set-header Authorization "Basic CANARY2aaaa"'] } },
  proxies: { a: { extra: ['stats auth admin:CANARY3'] } },
  source: { url: 'https://user:CANARY4@git.example.org/x' },
  notify: { webhooks: { w: { url: 'https://hooks.slack.com/services/CANARY5' } } },
  vips: { v: { auth: { password: 'CANARY6' } } },
  trust: { secrets: { db: { age: 'CANARY7' } } },
  services: { s: { files: { '/etc/x': { lines: ["define('DB_PASSWORD', 'CANARY8');"] } } } },
  nodes: { n: { token: ['CANARY9'] } },
}

test('nothing that looks like a secret is in what viewers read', () => {
  const text = readable(JSON.stringify(CANARIES))
  assert.equal(/CANARY[0-9]/.exec(text)?.[0], undefined)
  assert.equal(/CANARY/.test(diffHtml('{}', JSON.stringify(CANARIES)).html), false)
})
test('places of secrets may be read', () => {
  const text = readable(JSON.stringify({ notify: { mail: { passwordFile: '/etc/hactl/mail' } } }))
  assert.match(text, /\/etc\/hactl\/mail/)
})
test('only what differs is shown, with what stands around it', () => {
  const lines = linesOf('{"a":1,"b":2}', '{"a":1,"b":3}')
  assert.deepEqual(
    lines?.filter(([kind]) => kind === 'added' || kind === 'removed'),
    [
      ['removed', '  "b": 2'],
      ['added', '  "b": 3'],
    ],
  )
  assert.match(diffHtml('{"a":1}', '{ "a": 1 }').html, /Nothing that viewers may read differs/)
})
test('markup in a spec is text', () => {
  assert.match(diffHtml('{}', '{"a":"<img src=x>"}').html, /&lt;img src=x&gt;/)
})
test('two large texts that share nothing are not compared for ever', () => {
  const many = (word: string) => JSON.stringify(Array.from({ length: 20_000 }, (_, n) => word + n))
  assert.match(diffHtml(many('a'), many('b')).html, /more places than can be shown/)
})
