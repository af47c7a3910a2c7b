// The status page in a real browser: it follows the cluster, reads without script, and harms nobody.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { realClock } from '../../agent/host/clock.ts'
import { loadTokens } from '../../site/access.ts'
import { serveHub } from '../../site/serve.ts'
import { checkSpec } from '../../spec/check.ts'
import { HEARTBEAT_MS } from '../../spec/limits.ts'
import type { Summary } from '../../spec/report.ts'
import { fakeCourier, reportOf, SPEC, summaryOf } from '../site/kit.ts'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']
const executablePath = (process.env['PATH'] ?? '')
  .split(':')
  .flatMap((folder) => BROWSERS.map((name) => join(folder, name)))
  .find((path) => existsSync(path))
const skip = executablePath === undefined ? `no browser here (${BROWSERS.join(', ')})` : false
const WAIT_MS = 10_000
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
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
  if (executablePath === undefined) return
  hub = await serve('127.0.0.1:0')
  url = hub.addresses[0] ?? ''
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})
after(async () => {
  for (const agent of agents) agent.end()
  await browser?.close()
  await hub?.close()
  rmSync(state, { recursive: true, force: true })
})

const agents = new Set<{ end(): void }>()
const digest = checkSpec(SPEC).cluster?.digest ?? ''

/** An agent as the hub sees it: a real socket, and words that the test puts in its mouth. */
async function agent(node: string, holds: readonly string[] = []) {
  const proved = { wanted: digest, running: digest, wantedRevision: 1, runningRevision: 1 }
  let now: Summary = { ...summaryOf(node, holds), ...proved }
  let seq = 0
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, {
    headers: { authorization: `Bearer ${loadTokens(state).agent}` },
  })
  const say = (message: unknown) => ws.send(JSON.stringify(message))
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
  ws.on('error', () => undefined)
  const hello = { protocol: 1, cluster: 'wordpress', node, boot: 'b1', agentVersion: 'test' }
  say({ type: 'hello', ...hello })
  say({ type: 'report', seq: seq++, report: reportOf(now) })
  const beat = () => say({ type: 'heartbeat', seq: seq++, summary: now })
  const timer = setInterval(beat, HEARTBEAT_MS)
  const one = {
    say(patch: Partial<Summary>) {
      now = { ...now, ...patch }
      beat()
    },
    end() {
      clearInterval(timer)
      ws.terminate()
    },
  }
  agents.add(one)
  return one
}

type Watched = { readonly page: Page; readonly faults: string[] }

/** A page with all that may not happen on it: errors, warnings, requests to anywhere else. */
async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') faults.push(line.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) faults.push(`asks ${request.url()}`)
  })
  await page.goto(url)
  return { page, faults }
}

const vipSays = (page: Page, text: string) =>
  page.locator('section.vip .big', { hasText: text }).waitFor({ timeout: WAIT_MS })

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found: unknown = await page.evaluate(
    'axe.run().then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html)))',
  )
  assert.ok(Array.isArray(found))
  return found.map(String)
}
const DARK = { colorScheme: 'dark' } as const

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
  const pushed = await fetch(`${url}/v1/specs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${loadTokens(state).operator}`, 'if-match': '0' },
    body: SPEC,
  })
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
  assert.match((await page.textContent('main')) ?? '', /moved from lb1 to lb2/)
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
  const { page, faults } = await open({ ...DARK, viewport: { width: 360, height: 740 } })
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
