// A headless browser on the hub's page: what may not happen on it is noted, what axe-core finds is told.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { HEARTBEAT_MS } from '../../spec/limits.ts'
import type { Report, Summary } from '../../spec/report.ts'
import { reportOf, summaryOf } from '../site/kit.ts'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']
const executablePath = (process.env['PATH'] ?? '')
  .split(':')
  .flatMap((folder) => BROWSERS.map((name) => join(folder, name)))
  .find((path) => existsSync(path))
/** Why the tests of a page are skipped here. */
export const noBrowser =
  executablePath === undefined ? `no browser here (${BROWSERS.join(', ')})` : false
export const WAIT_MS = 10_000
export const NARROW = { width: 360, height: 740 }
export const DARK = { colorScheme: 'dark' } as const
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox'],
  })

type Watched = { readonly page: Page; readonly faults: string[] }
/** A page with all that may not happen on it: errors, warnings, requests to anywhere else. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') faults.push(line.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`asks ${request.url()}`)
  })
  await page.goto(url)
  return { page, faults }
}

export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found: unknown = await page.evaluate(
    'axe.run().then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html)))',
  )
  assert.ok(Array.isArray(found))
  return found.map(String)
}

export type FakeAgent = {
  say(patch: Partial<Summary>): void
  report(patch: Partial<Report>): void
  end(): void
}
type AgentOptions = {
  readonly url: string
  readonly token: string
  readonly cluster: string
  readonly node: string
  readonly digest: string
  readonly holds?: readonly string[]
}

/** An agent as the hub sees it: a real socket, and words that the test puts in its mouth. */
export async function fakeAgent(options: AgentOptions): Promise<FakeAgent> {
  const { url, token, cluster, node, digest, holds = [] } = options
  const proved = { wanted: digest, running: digest, wantedRevision: 1, runningRevision: 1 }
  let now: Summary = { ...summaryOf(node, holds), ...proved }
  let seq = 0
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const say = (message: unknown) => ws.send(JSON.stringify(message))
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
  ws.on('error', () => undefined)
  say({ type: 'hello', protocol: 1, cluster, node, boot: 'b1', agentVersion: 'test' })
  let told = reportOf(now)
  const report = () => say({ type: 'report', seq: seq++, report: { ...told, summary: now } })
  report()
  const beat = () => say({ type: 'heartbeat', seq: seq++, summary: now })
  const timer = setInterval(beat, HEARTBEAT_MS)
  return {
    say(patch) {
      now = { ...now, ...patch }
      beat()
    },
    report(patch) {
      told = { ...told, ...patch }
      report()
    },
    end() {
      clearInterval(timer)
      ws.terminate()
    },
  }
}
