// Orders from a browser: a page that asks, and a form that does nothing without an operator's token in it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join, SPEC, summaryOf, testHub, tokens } from './kit.ts'

type Fields = Readonly<Record<string, string>>
const PAUSE = { do: 'give', kind: 'pause', about: 'lb1' }

async function bed() {
  const made = testHub()
  await made.push(SPEC, 0)
  for (const node of ['lb1', 'lb2'])
    join(made.hub, node).say({ type: 'heartbeat', seq: 1, summary: summaryOf(node) })
  const send = (fields: Fields, headers: Fields = {}) =>
    made.hub.app.request('/order', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    })
  const orders = async () => JSON.parse(await (await made.get('/v1/status')).text()).orders ?? []
  return { ...made, send, orders }
}

test('the page asks before anything happens, and loads no script', async () => {
  const { hub, get } = await bed()
  const answer = await get('/order?do=give&kind=drain&about=appsrvs%2Fwp1', tokens.viewer)
  const text = await answer.text()
  assert.equal(answer.status, 200)
  assert.match(text, /<h2>Drain appsrvs\/wp1\?<\/h2>/)
  assert.match(text, /<form method="post" action="\/order">/)
  const policy = answer.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'.*form-action 'self'/)
  assert.doesNotMatch(policy, /script-src/)
  assert.equal((await hub.app.request('/order?do=give&kind=pause&about=lb1')).status, 401)
  for (const bad of [
    'do=burn&kind=pause&about=lb1',
    'do=give&kind=x&about=lb1',
    'do=give&kind=pause&about=%3Cb%3E',
  ])
    assert.equal((await get(`/order?${bad}`)).status, 400, bad)
  hub.close()
})

test("with an operator's token it is given in that name, and ended", async () => {
  const { hub, send, orders } = await bed()
  const given = await send({ ...PAUSE, token: tokens.operator, reason: 'new kernel', for: '2h' })
  assert.deepEqual([given.status, given.headers.get('location')], [303, '/nodes/lb1'])
  const [order] = await orders()
  assert.deepEqual(
    [order.by, order.reason, order.until - order.at],
    ['shared-operator', 'new kernel', 7_200_000],
  )
  const ended = await send({ ...PAUSE, do: 'end', token: tokens.operator })
  assert.equal(ended.status, 303)
  assert.deepEqual(await orders(), [])
  hub.close()
})

test("a viewer's token, none, a cookie or another site's form does nothing", async () => {
  const { hub, send, orders, book } = await bed()
  const viewer = book.whoIs(tokens.operator)
  const cookie = { cookie: `hactl=${viewer === undefined ? '' : book.cookieFor(viewer)}` }
  assert.equal((await send({ ...PAUSE, token: tokens.viewer })).status, 403)
  assert.equal((await send(PAUSE)).status, 401)
  assert.equal((await send(PAUSE, cookie)).status, 401)
  const elsewhere = { 'sec-fetch-site': 'cross-site' }
  assert.equal((await send({ ...PAUSE, token: tokens.operator }, elsewhere)).status, 403)
  assert.deepEqual(await orders(), [])
  hub.close()
})

test('what is refused is said in the form, with what was typed; what force overrides may be forced', async () => {
  const { hub, send, orders } = await bed()
  const drain = { do: 'give', kind: 'drain', token: tokens.operator, reason: '<b>"disk"' }
  const time = await (await send({ ...drain, about: 'lb1', for: '2 hours' })).text()
  assert.match(time, /The time is 30m, 2h or 7d/)
  assert.match(time, /value="&lt;b&gt;&quot;disk&quot;"/)
  assert.doesNotMatch(time, new RegExp(tokens.operator))
  assert.equal((await send({ ...drain, about: 'lb1' })).status, 303)
  const refused = await send({ ...drain, about: 'lb2' })
  assert.equal(refused.status, 409)
  const text = await refused.text()
  assert.match(text, /nobody else could hold vip web: lb1 is drained itself/)
  assert.match(text, /type="checkbox" name="force"/)
  assert.equal((await send({ ...drain, about: 'lb2', force: 'yes' })).status, 303)
  assert.equal((await orders()).length, 2)
  hub.close()
})

test('pages name orders, what nodes make of them, and the way to end them', async () => {
  const { hub, get, send } = await bed()
  await send({ ...PAUSE, token: tokens.operator, reason: '<i>kernel' })
  const home = await (await get('/')).text()
  assert.match(home, /<h2>Orders<\/h2>/)
  assert.match(home, /by shared-operator: &lt;i&gt;kernel/)
  assert.match(home, /not taken/)
  const node = await (await get('/nodes/lb1')).text()
  assert.match(node, /href="\/order\?do=end&amp;kind=pause&amp;about=lb1">Resume lb1/)
  assert.match(node, /href="\/order\?do=give&amp;kind=drain&amp;about=lb1">Drain lb1/)
  hub.close()
})
