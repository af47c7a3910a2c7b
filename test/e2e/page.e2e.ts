// The status page in a real browser: it follows the cluster, reads without script, and harms nobody.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { realClock } from '../../agent/host/clock.ts'
import { serveHub } from '../../site/serve.ts'
import { checkSpec } from '../../spec/check.ts'
import { fakeCourier, SPEC, tokensIn } from '../site/kit.ts'
import {
  DARK,
  type FakeAgent,
  fakeAgent,
  launch,
  NARROW,
  noBrowser as skip,
  openPage,
  violations,
  WAIT_MS,
} from './browser.ts'

const VIP = 'web/172.18.67.33'
const state = mkdtempSync(join(tmpdir(), 'hactl-e2e-page-'))
let browser: Browser
let hub: Awaited<ReturnType<typeof serveHub>>
let url = ''
const logs: string[] = []
const serve = (listen: string) =>
  serveHub({
    ...{ state, listen: [listen], open: true, clock: realClock, courier: fakeCourier() },
    log: (l) => logs.push(l),
  })

before(async () => {
  if (skip !== false) return
  hub = await serve('127.0.0.1:0')
  url = hub.addresses[0] ?? ''
  browser = await launch()
})
after(async () => {
  for (const one of agents) one.end()
  await browser?.close()
  await hub?.close()
  rmSync(state, { recursive: true, force: true })
})

const agents = new Set<FakeAgent>()
const digest = checkSpec(SPEC).cluster?.digest ?? ''
async function agent(node: string, holds: readonly string[] = []): Promise<FakeAgent> {
  const token = tokensIn(state).agent
  const one = await fakeAgent({ url, token, cluster: 'wordpress', node, digest, holds })
  agents.add(one)
  return one
}
const open = (options: BrowserContextOptions = {}, path = '/') =>
  openPage(browser, `${url}${path}`, options)
const push = (body: string, parent: number) =>
  fetch(`${url}/v1/specs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokensIn(state).operator}`,
      'if-match': String(parent),
    },
    body,
  })

const vipSays = (page: Page, text: string) =>
  page
    .locator('.vip .big')
    .getByText(text)
    .filter({ visible: true })
    .first()
    .waitFor({ timeout: WAIT_MS })

test('before the first spec: a word of what to do, in light and dark', { skip }, async () => {
  for (const look of [{}, DARK]) {
    const { page, faults } = await open(look)
    assert.match((await page.textContent('main')) ?? '', /No spec yet.*hactl push/)
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(faults, [])
    await page.context().close()
  }
})

test('a holder that changes is shown without a reload of the page', { skip }, async () => {
  const pushed = await push(SPEC, 0)
  assert.equal(pushed.status, 201)
  const lb1 = await agent('lb1', [VIP])
  const lb2 = await agent('lb2')
  await agent('web1')
  await agent('web2')
  const { page, faults } = await open()
  await vipSays(page, '✓ lb1')
  await page.evaluate('window.same = true')
  await page.evaluate("window.getSelection().selectAllChildren(document.querySelector('h2'))")
  const since = performance.now()
  lb1.say({ holds: [] })
  lb2.say({ holds: [VIP] })
  await vipSays(page, '✓ lb2')
  process.stdout.write(`shown after ${Math.round(performance.now() - since)} ms\n`)
  assert.equal(await page.evaluate('window.same'), true)
  assert.equal(await page.evaluate('String(window.getSelection()).length > 0'), true)
  assert.match((await page.textContent('main')) ?? '', /vip web: lb1 → lb2/)
  assert.deepEqual(await violations(page), [])
  assert.deepEqual(faults, [])
  lb1.say({ holds: [VIP] })
  await vipSays(page, '⚠ SPLIT BRAIN')
  assert.deepEqual(await violations(page), [])
  lb1.say({ holds: [] })
  lb2.say({ holds: [] })
  await vipSays(page, '✕ NOBODY')
  assert.deepEqual(await violations(page), [])
  lb1.say({ holds: [VIP] })
  await vipSays(page, '✓ lb1')
  assert.deepEqual(faults, [])
  await page.context().close()
})

test('every colour has contrast in the dark, and a phone needs no sideways scrolling', {
  skip,
}, async () => {
  const { page, faults } = await open({ ...DARK, viewport: NARROW })
  await vipSays(page, '✓ lb1')
  assert.deepEqual(await violations(page), [])
  const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
  assert.equal(await page.evaluate(width), 0)
  assert.deepEqual(faults, [])
  await page.context().close()
})

test("an agent's words are text, never markup", { skip }, async () => {
  const evil = await agent('web1')
  evil.say({ condition: 'Degraded', reason: '<img src=x onerror="window.harm=1"><b>bold</b>' })
  const { page, faults } = await open()
  await page.getByText('<b>bold</b>').first().waitFor({ timeout: WAIT_MS })
  assert.equal(await page.evaluate('window.harm'), undefined)
  assert.equal(await page.locator('main img, main td b').count(), 0)
  assert.deepEqual(await violations(page), [])
  assert.deepEqual(faults, [])
  evil.say({ condition: 'Ready', reason: '' })
  await page.context().close()
})

test('without script it reads the same and loads itself anew', { skip }, async () => {
  const { page, faults } = await open({ javaScriptEnabled: false })
  await vipSays(page, '✓ lb1')
  assert.equal(await page.locator('#lost').isVisible(), false)
  const lb1 = await agent('lb1')
  const lb2 = await agent('lb2', [VIP])
  lb1.say({ holds: [] })
  await vipSays(page, '✓ lb2')
  lb2.say({ holds: [] })
  lb1.say({ holds: [VIP] })
  await vipSays(page, '✓ lb1')
  assert.deepEqual(faults, [])
  await page.context().close()
})

test('a hub that dies makes knowledge old; one that comes back makes it fresh', {
  skip,
}, async () => {
  const { page } = await open()
  await vipSays(page, '✓ lb1')
  await hub.close()
  await page.locator('#lost').waitFor({ state: 'visible', timeout: WAIT_MS })
  await vipSays(page, '? UNKNOWN')
  assert.match((await page.textContent('#lost')) ?? '', /Not live: the hub has not answered/)
  assert.deepEqual(await violations(page), [])
  hub = await serve(url.replace('http://', ''))
  await agent('lb1', [VIP])
  await vipSays(page, '✓ lb1')
  assert.equal(await page.locator('#lost').isVisible(), false)
  await page.context().close()
})

test('without a mouse: skip to the state, walk the picture, open a node, come back', {
  skip,
}, async () => {
  await agent('lb2')
  const { page, faults } = await open()
  await vipSays(page, '✓ lb1')
  const focused = () => page.evaluate('document.activeElement.textContent.trim().slice(0, 80)')
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the state')
  const seen: string[] = []
  for (let n = 0; n < 40 && !seen.some((text) => text.startsWith('lb2')); n++) {
    await page.keyboard.press('Tab')
    seen.push(String(await focused()))
  }
  const box = 'document.activeElement.textContent'
  assert.match(String(await page.evaluate(box)), /^\s*lb2\s*Ready/)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/nodes/lb2')
  await page.getByRole('heading', { name: 'Node lb2' }).waitFor({ timeout: WAIT_MS })
  assert.deepEqual(await violations(page), [])
  await page.getByRole('link', { name: '← overview' }).focus()
  await page.keyboard.press('Enter')
  await vipSays(page, '✓ lb1')
  assert.deepEqual(faults, [])
  await page.context().close()
})

test('a broken server is drawn broken while a person has its line open and the focus elsewhere', {
  skip,
}, async () => {
  const { page, faults } = await open()
  const lb1 = await agent('lb1', [VIP])
  await page.locator('[id="t-pool:appsrvs"] a').focus()
  const server = { pool: 'appsrvs', server: 'wp1', why: 'L4CON', weight: 1, sessions: 0 }
  lb1.report({ servers: [{ ...server, status: 'DOWN' }] })
  await page
    .locator('[id="t-server:web1"] .face.bad, [id^="t-server:"] .face.bad')
    .first()
    .waitFor()
  await page.locator('#pool-appsrvs').getByText('wp1 DOWN').waitFor({ timeout: WAIT_MS })
  const focus = 'document.activeElement.closest("g").id'
  assert.equal(await page.evaluate(focus), 't-pool:appsrvs')
  assert.deepEqual(await violations(page), [])
  assert.deepEqual(faults, [])
  await page.context().close()
})

test('every page passes axe in light, dark and narrow, and none scrolls sideways', {
  skip,
}, async () => {
  const paths = ['/', '/nodes/lb1', '/pools/appsrvs', '/events', '/revisions', '/revisions/1']
  for (const look of [{}, DARK, { viewport: NARROW }, { ...DARK, viewport: NARROW }])
    for (const path of paths) {
      const { page, faults } = await open(look, path)
      await page.locator('#live', { hasText: 'live' }).waitFor({ timeout: WAIT_MS })
      assert.deepEqual(await violations(page), [], path)
      const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      assert.equal(await page.evaluate(width), 0, path)
      assert.deepEqual(faults, [], path)
      await page.context().close()
    }
})
