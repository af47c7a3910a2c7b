// The status page of 500 nodes and 5,000 servers: an update touches what differs and nothing else. How fast it is: npm run bench -- page.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BIG_VIP, bigNodes, bigServers, POOLS } from '../site/page/big.ts'
import { type BigPage, bigPage, openLive, seenBy, watch } from './big-page.ts'
import { noBrowser as skip, violations, WAIT_MS } from './browser.ts'

const UPDATES_MS = 3_000
let big: BigPage

before(async () => {
  if (skip === false) big = await bigPage()
})
after(() => big?.close())

test('updates touch what differs and nothing else', { skip }, async () => {
  const { agents } = big
  const { page, faults } = await openLive(big.browser, big.url)
  await page.locator('#pool-pool7, #pools-well').first().waitFor({ state: 'attached' })
  await watch(page)
  await page.waitForTimeout(UPDATES_MS)
  assert.equal((await seenBy(page)).changed, 0)
  agents[0]?.report({ servers: bigServers('pool7/s3', 3) })
  await page.locator('#pools #pool-pool7').waitFor({ timeout: WAIT_MS })
  agents[250]?.say({ condition: 'Degraded', reason: 'no space left' })
  await page.locator(`#nodes #node-${bigNodes[250]}`).waitFor({ timeout: WAIT_MS })
  assert.deepEqual(await violations(page), [])
  assert.deepEqual(faults, [])
  agents[0]?.report({ servers: bigServers('', 3) })
  agents[250]?.say({ condition: 'Ready', reason: '' })
  await page.context().close()
})

test('a failover is shown at this size too, and every server has its page', { skip }, async () => {
  const { agents } = big
  const { page } = await openLive(big.browser, big.url)
  const says = (text: string) =>
    page.locator('.vip .big').getByText(text).filter({ visible: true }).first()
  await says('✓ lb1').waitFor({ timeout: WAIT_MS })
  agents[0]?.say({ holds: [] })
  agents[1]?.say({ holds: [BIG_VIP] })
  await says('✓ lb2').waitFor({ timeout: WAIT_MS })
  await page.goto(`${big.url}/pools/pool${POOLS - 1}`)
  await page.locator('#servers-well summary').click()
  await page.locator('#s-s99-lb1').waitFor({ timeout: WAIT_MS })
  assert.deepEqual(await violations(page), [])
  await page.context().close()
})
