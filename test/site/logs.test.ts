// Log lines through the hub: asked of the one agent, answered once, bounded in time and rate, and kept nowhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join, summaryOf, testHub, tokens } from './kit.ts'

const LINE = { unit: 'haproxy', at: 1_700_000_000_000, priority: 4, text: 'Server wp1 is DOWN' }
const answer = { lines: [LINE], after: 'here', note: '', error: '' }

function joined(hub: ReturnType<typeof testHub>['hub'], node: string, able = true) {
  const agent = join(hub, node)
  if (able) agent.say({ type: 'abilities', logs: true })
  agent.say({ type: 'heartbeat', seq: 1, summary: summaryOf(node) })
  /** The last question put to it. */
  const asked = () =>
    agent.sent.map((text) => JSON.parse(text)).findLast(({ type }) => type === 'logs')
  return { ...agent, asked }
}
/** Lets what was asked reach its wire. */
const turn = () => new Promise((done) => setImmediate(done))
const errorOf = async (answer: Response | Promise<Response>) => {
  return JSON.stringify(await (await answer).json())
}

test('a question reaches the agent, and its answer the operator; who asked first is noted', async () => {
  const { hub, get, store } = testHub()
  const lb1 = joined(hub, 'lb1')
  const asking = get('/v1/logs/lb1?unit=agent&unit=haproxy&lines=7&since=5')
  await turn()
  const { id, ...question } = lb1.asked()
  assert.deepEqual(question, { type: 'logs', units: ['haproxy', 'agent'], lines: 7, since: 5 })
  // A word of another node under that number, and one that nobody waits for.
  joined(hub, 'lb2').say({ type: 'logs', id, ...answer, after: 'lie' })
  lb1.say({ type: 'logs', id: 'none', ...answer })
  lb1.say({ type: 'logs', id, ...answer, more: 'of a newer agent' })
  const answered = await asking
  assert.deepEqual([answered.status, await answered.json()], [200, answer])
  const following = get('/v1/logs/lb1?after=here')
  await turn()
  assert.equal(lb1.asked()?.after, 'here')
  lb1.say({ type: 'logs', id: lb1.asked()?.id, ...answer })
  assert.equal((await following).status, 200)
  const noted = store.events(Number.MAX_SAFE_INTEGER, 10).filter(({ kind }) => kind === 'access')
  assert.deepEqual(
    noted.map(({ text }) => text),
    ['shared-operator read logs of lb1: haproxy, agent'],
  )
  assert.deepEqual(lb1.closes, [])
  hub.close()
})

test('who cannot be asked: strangers, agents that are away or of before, and why', async () => {
  const { hub, get } = testHub()
  const old = joined(hub, 'lb1', false)
  const away = joined(hub, 'lb2')
  away.session.ended()
  for (const [path, status, says] of [
    ['lb1', 409, /agent \(t\) is too old/],
    ['lb2', 503, /not connected/],
    ['lb9', 404, /no agent of that name/],
    ['lb1?unit=sshd', 400, /haproxy, keepalived/],
    ['lb1?lines=100000', 400, /lines=/],
    ['lb1?after=a%20b', 400, /cannot read the question/],
  ] as const) {
    const answered = await get(`/v1/logs/${path}`)
    assert.equal(answered.status, status, path)
    assert.match(await errorOf(answered), says)
  }
  assert.equal((await get('/v1/logs/lb1', tokens.viewer)).status, 403)
  assert.equal(old.asked(), undefined)
  hub.close()
})

test('an agent that does not answer costs ten seconds, one that is asked too often a refusal', async () => {
  const { hub, get, clock } = testHub()
  const lb1 = joined(hub, 'lb1')
  const asking = Array.from({ length: 12 }, () => get('/v1/logs/lb1'))
  await turn()
  clock.advance(10_000)
  const statuses = (await Promise.all(asking)).map(({ status }) => status)
  assert.deepEqual([...new Set(statuses)], [504, 429])
  assert.equal(statuses.filter((status) => status === 504).length, 10)
  assert.deepEqual(lb1.closes, [])
  hub.close()
})
