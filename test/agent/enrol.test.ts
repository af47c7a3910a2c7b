// A node gets its own token: cut at any moment it asks again; a refusal is said once and harms nothing.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Secret } from '../../spec/secret.ts'
import { type EnrolDoors, enrolNode, openHubKey, tokenPath } from '../../agent/enrol.ts'
import { parseAgentConfig } from '../../agent/config.ts'
import { testClock } from '../site/kit.ts'

const JOIN = 'join-join-join-join-join'
const joining = { url: 'http://192.0.2.1:9400', join: new Secret(JOIN), node: 'lb1', state: '/s' }

function bench(answers: readonly { status: number; body: string }[]) {
  const files = new Map<string, { body: string; mode: number }>()
  const asked: { token: string; value: unknown }[] = []
  const cut = { rename: false }
  let secrets = 0
  const doors: EnrolDoors = {
    read: async (path) => files.get(path),
    write: async (path, body, mode) => void files.set(path, { body, mode }),
    rename: async (from, to) => {
      if (cut.rename) throw new Error('power cut')
      const file = files.get(from)
      if (file !== undefined) files.set(to, file)
      files.delete(from)
    },
    post: async (_url, _path, token, value) => {
      asked.push({ token: token.reveal(), value })
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      if (answer === undefined) throw new Error('connection refused')
      return answer
    },
    chain: async () => assert.fail('a join token without a fingerprint asks for no chain'),
    secret: () => new Secret(`secret-${++secrets}`),
  }
  return { files, asked, doors, cut }
}
const OK = { status: 201, body: '{"node":"lb1","more":1}' }
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

test('only the hash of the token travels; the token is kept for root alone', async () => {
  const b = bench([OK])
  assert.equal((await enrolNode(b.doors, joining)).token.reveal(), 'secret-1')
  assert.deepEqual(b.asked, [
    { token: JOIN, value: { node: 'lb1', tokenHash: hashOf('secret-1') } },
  ])
  assert.deepEqual([...b.files], [[tokenPath(joining), { body: 'secret-1\n', mode: 0o600 }]])
  assert.equal((await enrolNode(b.doors, joining)).token.reveal(), 'secret-1')
  assert.equal(b.asked.length, 1)
})

test('cut after the hub said yes: the next try asks for the same token', async () => {
  const b = bench([OK])
  b.cut.rename = true
  await assert.rejects(enrolNode(b.doors, joining), /power cut/)
  b.cut.rename = false
  assert.equal((await enrolNode(b.doors, joining)).token.reveal(), 'secret-1')
  assert.deepEqual(b.asked[0], b.asked[1])
})

test('a refusal and a lie are told in words, and give no token', async () => {
  const refused = { status: 409, body: '{"error":"cannot enrol: used already"}' }
  await assert.rejects(enrolNode(bench([refused]).doors, joining), /409: cannot enrol: used/)
  await assert.rejects(
    enrolNode(bench([{ status: 502, body: '<html>' }]).doors, joining),
    /it answers 502/,
  )
  const lie = bench([{ status: 201, body: '{"node":"lb2"}' }])
  await assert.rejects(enrolNode(lie.doors, joining), /for another node/)
  assert.ok(![...lie.files.keys()].includes(tokenPath(joining)))
})

test('the agent goes on without a hub, says why once, and has its token when the hub comes', async () => {
  const parsed = parseAgentConfig(
    JSON.stringify({
      node: 'lb1',
      state: '/s',
      source: { hub: true },
      hub: { url: joining.url, join: JOIN },
    }),
  )
  assert.ok(parsed.ok)
  const down = { status: 503, body: '' }
  const b = bench([down, down, OK])
  const clock = testClock()
  const said: string[] = []
  let ready = 0
  const key = await openHubKey(parsed.value, {
    doors: b.doors,
    clock,
    random: { between: (_, max) => max, id: () => '' },
    say: (text) => said.push(text),
    ready: () => ready++,
  })
  assert.equal(key.token().reveal(), '')
  const trying = key.keepTrying(new AbortController().signal)
  for (let n = 0; n < 500 && key.token().empty; n++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1_000)
  }
  await trying
  assert.equal(key.token().reveal(), 'secret-1')
  assert.equal(ready, 1)
  assert.deepEqual(said, [
    'cannot enrol at http://192.0.2.1:9400: it answers 503',
    'enrolled at http://192.0.2.1:9400 as lb1',
  ])
})

test('join and a token at once are refused', () => {
  const hub = { url: 'http://192.0.2.1:9400', join: JOIN, token: 'token-token' }
  const parsed = parseAgentConfig(JSON.stringify({ node: 'lb1', source: { hub: true }, hub }))
  assert.ok(!parsed.ok && /both join and a token/.test(parsed.diagnostics[0]?.message ?? ''))
})
