// From a killed master to the page that shows the new holder: real daemons, real agents, a real browser. How fast: npm run bench -- page.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { labDown, labFail, labHeal, labUp, leftOf } from '../../cli/lab/index.ts'
import { DARK, launch, noBrowser as skip, openPage, violations } from './browser.ts'

const root = join('/run/hactl-lab', `page-${process.pid}`)
const hactl = [join(process.cwd(), 'dist/hactl')]
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const log = () => undefined
const WAIT_MS = 30_000
let browser: Browser
let url = ''

before(async () => {
  if (skip !== false) return
  url = (await labUp({ specText, hactl, root, log })).url ?? ''
  browser = await launch()
})
after(async () => {
  if (skip !== false) return
  await browser?.close()
  await labDown({ root, log })
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
})

const says = (page: Page, text: string) =>
  page
    .locator('.vip .big')
    .getByText(text)
    .filter({ visible: true })
    .first()
    .waitFor({ timeout: WAIT_MS })

test('a killed master: the page shows the new holder, then the old one again', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, url)
  await says(page, '✓ lb1')
  await labFail({ root, node: 'lb1', how: 'power' })
  await says(page, '✓ lb2')
  await page.locator('#events').getByText('lb1 → lb2').first().waitFor({ timeout: WAIT_MS })
  await labHeal({ root })
  await says(page, '✓ lb1')
  assert.deepEqual(await violations(page), [])
  assert.deepEqual(faults, [])
  await page.context().close()
})

test('what real agents report is drawn, and a node has engines and files on its page', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, url, DARK)
  await page.locator('#pool-appsrvs').getByText('2 up').waitFor({ timeout: WAIT_MS })
  await says(page, '✓ lb1')
  const edge = page.locator('[id="t-vip:web>node:lb1"]')
  assert.match((await edge.getAttribute('class')) ?? '', /flow/)
  await page.goto(new URL('/nodes/lb1', url).href)
  await page.locator('#engines').getByText('keepalived').waitFor({ timeout: WAIT_MS })
  const file = page.locator('#files').getByText('/etc/haproxy/haproxy.cfg')
  await file.click()
  const text = (await page.locator('#files pre').first().textContent()) ?? ''
  assert.match(text, /backend appsrvs/)
  assert.equal(/\$5\$/.test(text), false)
  assert.deepEqual(await violations(page), [])
  assert.deepEqual(faults, [])
  await page.context().close()
})
