import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerText, probesOf, questionText } from '../../spec/verify.ts'
import { cluster } from '../agent/plan/fixtures.ts'

const asked = (edit?: (text: string) => string) => probesOf(cluster(edit)).map(questionText)

test('each listener is asked through its vip and at each peer: the root first, then one request for each route', () => {
  const through = asked().filter((text) => text.includes('172.18.67.33'))
  assert.deepEqual(through, [
    'http://172.18.67.33:80/',
    'http://172.18.67.33:80/static',
    'http://172.18.67.33:80/hactl-verify.jpg',
  ])
  assert.deepEqual(
    probesOf(cluster())
      .filter(({ rank }) => rank === 0)
      .map(({ address, node }) => [address, node]),
    [
      ['172.18.67.33', undefined],
      ['172.18.67.13', 'lb1'],
      ['172.18.67.14', 'lb2'],
    ],
  )
})

test('a listener on the vip alone is asked nowhere else, tcp by a connection, tls by https', () => {
  const only = (more: string) =>
    asked((text) => text.replace('"port": 80,', `"port": 80, ${more},`))
  assert(only('"bind": "vip"').every((text) => text.includes('172.18.67.33')))
  assert(
    asked((text) =>
      text.replace('"port": 80,', '"port": 443, "tls": {"certificate": "/etc/web.pem"},'),
    ).includes('https://172.18.67.33:443/'),
  )
})

test('the path and host of the pool check are asked as well', () => {
  const check =
    '"check": { "type": "http", "path": "/ready", "host": "www.example.org" }, "servers": { "wp1"'
  const found = asked((text) => text.replace('"servers": { "wp1"', check))
  assert(found.includes('http://172.18.67.33:80/ready (Host: www.example.org)'), found.join())
})

test('a request that the spec names is asked right after the root', () => {
  const verify = '"port": 80, "verify": { "path": "/login", "host": "www.example.org" },'
  const found = asked((text) => text.replace('"port": 80,', verify))
  const named = 'http://172.18.67.33:80/login (Host: www.example.org)'
  assert.equal(found.filter((text) => text.includes('172.18.67.33'))[1], named)
})

test('a question has the same key in every spec that asks it, and another one for anything else', () => {
  const one = probesOf(cluster())
  const other = probesOf(cluster((text) => text.replace('"port": 80,', '"port": 81,')))
  const same = probesOf(cluster((text) => text.replace('"refresh"', '"refresh"')))
  assert.deepEqual(
    one.map(({ key }) => key),
    same.map(({ key }) => key),
  )
  const keys = new Set(one.map(({ key }) => key))
  assert.equal(keys.size, one.length)
  assert(other.every(({ key }) => !keys.has(key)))
})

test('an answer in words', () => {
  assert.deepEqual([0, 1, 2, 5].map(answerText), ['no answer', 'a connection', '2xx', '5xx'])
})
