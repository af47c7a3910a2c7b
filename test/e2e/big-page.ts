// A hub with 500 agents and 5,000 servers, and what a browser notes while it watches the page of it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { realClock } from '../../agent/host/clock.ts'
import { serveHub } from '../../site/serve.ts'
import { checkSpec } from '../../spec/check.ts'
import { fakeCourier, tokensIn } from '../site/kit.ts'
import { BIG_VIP, bigNodes, bigServers, bigSpec } from '../site/page/big.ts'
import { type FakeAgent, fakeAgent, launch, openPage, WAIT_MS } from './browser.ts'

export type BigPage = {
  readonly url: string
  readonly browser: Browser
  /** In the order of bigNodes; the first two report all servers as up, the first holds the vip. */
  readonly agents: readonly FakeAgent[]
  close(): Promise<void>
}

export async function bigPage(): Promise<BigPage> {
  const state = mkdtempSync(join(tmpdir(), 'hactl-big-page-'))
  const quiet = { clock: realClock, courier: fakeCourier(), log: () => undefined }
  const hub = await serveHub({ state, listen: ['127.0.0.1:0'], open: true, ...quiet })
  const url = hub.addresses[0] ?? ''
  const body = bigSpec()
  const { operator, agent: token } = tokensIn(state)
  const headers = { authorization: `Bearer ${operator}`, 'if-match': '0' }
  const pushed = await fetch(`${url}/v1/specs`, { method: 'POST', headers, body })
  assert.equal(pushed.status, 201, await pushed.text())
  const digest = checkSpec(body).cluster?.digest ?? ''
  const agents: FakeAgent[] = []
  for (const node of bigNodes) {
    const holds = node === 'lb1' ? [BIG_VIP] : []
    agents.push(await fakeAgent({ url, token, cluster: 'big', node, digest, holds }))
  }
  for (const one of agents.slice(0, 2)) one.report({ servers: bigServers('', 3) })
  const browser = await launch()
  return {
    url,
    browser,
    agents,
    async close() {
      for (const one of agents) one.end()
      await browser.close()
      await hub.close()
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** The page once it is live. */
export async function openLive(browser: Browser, url: string): ReturnType<typeof openPage> {
  const opened = await openPage(browser, url)
  await opened.page.locator('#live', { hasText: 'live' }).waitFor({ timeout: WAIT_MS })
  return opened
}

/** Counts what the browser does from now on: its longest task, and elements that were changed. */
const WATCH = `
  window.seen = { long: 0, changed: 0 }
  const see = (type, add) => new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type })
  see('longtask', (e) => { seen.long = Math.max(seen.long, e.duration) })
  new MutationObserver((all) => {
    const out = all.filter((m) => !m.target.closest?.('[data-heard], #live') && m.attributeName !== 'class')
    seen.changed += out.length
  }).observe(document.getElementById('main'), { subtree: true, childList: true, attributes: true })
`
/** `long` in ms; the Long Tasks API names none below 50 ms, then it is 0. */
export type Seen = { readonly long: number; readonly changed: number }
export const watch = (page: Page): Promise<unknown> => page.evaluate(WATCH)
export async function seenBy(page: Page): Promise<Seen> {
  const one = async (key: keyof Seen) => Number(await page.evaluate(`seen.${key}`))
  return { long: await one('long'), changed: await one('changed') }
}
