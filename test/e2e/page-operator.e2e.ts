// What an operator does from the page in a real browser: roll back and confirm, with a token that stays in the tab.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Browser } from 'playwright-core'
import { realClock } from '../../agent/host/clock.ts'
import { serveHub } from '../../site/serve.ts'
import { Revision } from '../../spec/protocol.ts'
import { fakeCourier, SPEC, tokensIn } from '../site/kit.ts'
import { fakeAgent, launch, noBrowser as skip, openPage, violations, WAIT_MS } from './browser.ts'

const state = mkdtempSync(join(tmpdir(), 'hactl-e2e-operator-'))
let browser: Browser
let hub: Awaited<ReturnType<typeof serveHub>>
let url = ''

const push = (body: string, parent: number, more: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}/v1/specs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokensIn(state).operator}`,
      'if-match': String(parent),
      ...more,
    },
    body,
  })
const specAt = (port: number) => SPEC.replace('"port": 10086', `"port": ${port}`)

before(async () => {
  if (skip !== false) return
  const quiet = { clock: realClock, courier: fakeCourier(), log: () => undefined }
  hub = await serveHub({ state, listen: ['127.0.0.1:0'], open: true, ...quiet })
  url = hub.addresses[0] ?? ''
  browser = await launch()
  assert.equal((await push(SPEC, 0)).status, 201)
  assert.equal((await push(specAt(10_087), 1)).status, 201)
})
after(async () => {
  await browser?.close()
  await hub?.close()
  rmSync(state, { recursive: true, force: true })
})

test('an operator rolls back from the page with a token; a viewer is refused', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, url)
  await page.getByRole('button', { name: 'Roll back to 1' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Operator token').fill(tokensIn(state).viewer)
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Enter')
  await dialog.getByText('this needs the operator token').waitFor({ timeout: WAIT_MS })
  // Chromium itself logs the refused request.
  assert.deepEqual(
    faults.filter((text) => !/403/.test(text)),
    [],
  )
  const revisions = async (): Promise<Revision[]> => {
    const said: unknown = await (await fetch(`${url}/v1/specs`)).json()
    return Value.Check(Type.Array(Revision), said) ? said : []
  }
  assert.equal((await revisions()).length, 2)
  assert.equal(await page.evaluate('sessionStorage.length'), 0)
  await dialog.getByLabel('Operator token').fill(tokensIn(state).operator)
  await dialog.getByRole('button', { name: 'Roll back' }).click()
  await dialog.getByText('Revision 3 has the text of revision 1').waitFor({ timeout: WAIT_MS })
  await page.keyboard.press('Escape')
  await page.locator('#revision-3').getByText('newest').waitFor({ timeout: WAIT_MS })
  const [newest, , first] = await revisions()
  assert.equal(newest?.digest, first?.digest)
  assert.equal(newest?.note, 'rollback to revision 1')
  await page.goto(`${url}/revisions/3`)
  await page.locator('.diff .added').first().waitFor({ timeout: WAIT_MS })
  assert.equal(/passwordHash": "\$/.test(await page.content()), false)
  await page.context().close()
})

test('a revision that waits is confirmed from the page', { skip }, async () => {
  const { operator } = tokensIn(state)
  const pushed = await push(specAt(10_088), 3, { 'x-hactl-confirm': '300000' })
  assert.equal(pushed.status, 201)
  const { page, faults } = await openPage(browser, url)
  await page.getByText('Revision 4 waits for a person').waitFor({ timeout: WAIT_MS })
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Confirm 4' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Operator token').fill(operator)
  await dialog.getByRole('button', { name: 'Confirm', exact: true }).click()
  await dialog.getByText('is confirmed and stays').waitFor({ timeout: WAIT_MS })
  await page.keyboard.press('Escape')
  await page.getByText('waits for a person').waitFor({ state: 'detached', timeout: WAIT_MS })
  assert.deepEqual(faults, [])
  await page.context().close()
})

test('a hub that is not open asks for a token, lets in with one, and forgets it again', {
  skip,
}, async () => {
  const shut = mkdtempSync(join(tmpdir(), 'hactl-e2e-sign-in-'))
  const quiet = { clock: realClock, courier: fakeCourier(), log: () => undefined }
  const closed = await serveHub({ state: shut, listen: ['127.0.0.1:0'], open: false, ...quiet })
  try {
    // Without script too: the form is plain HTML.
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await openPage(browser, `${closed.addresses[0]}/events`, {
        javaScriptEnabled,
      })
      if (javaScriptEnabled) assert.deepEqual(await violations(page), [])
      await page.getByLabel('Token').fill('not-a-token-of-this-hub')
      await page.keyboard.press('Enter')
      await page.getByText('The hub does not know this token').waitFor({ timeout: WAIT_MS })
      if (javaScriptEnabled) assert.deepEqual(await violations(page), [])
      await page.getByLabel('Token').fill(tokensIn(shut).viewer)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('No spec yet').waitFor({ timeout: WAIT_MS })
      assert.equal(new URL(page.url()).pathname, '/events')
      if (javaScriptEnabled) assert.deepEqual(await violations(page), [])
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in to look' }).waitFor({ timeout: WAIT_MS })
      await page.context().close()
    }
  } finally {
    await closed.close()
    rmSync(shut, { recursive: true, force: true })
  }
})

test('a node is paused and resumed from its page by keyboard, with script and without; a viewer is refused', {
  skip,
}, async () => {
  const { operator, viewer, agent: token } = tokensIn(state)
  const said: unknown = await (await fetch(`${url}/v1/status`)).json()
  const { digest = '', cluster = '' } = Value.Check(
    Type.Object({ digest: Type.String(), cluster: Type.String() }),
    said,
  )
    ? said
    : {}
  const agent = await fakeAgent({ url, token, cluster, node: 'lb1', digest })
  try {
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await openPage(browser, `${url}/nodes/lb1`, { javaScriptEnabled })
      await page.getByRole('link', { name: 'Pause lb1' }).press('Enter')
      await page.getByRole('heading', { name: 'Pause lb1?' }).waitFor({ timeout: WAIT_MS })
      if (javaScriptEnabled) assert.deepEqual(await violations(page), [])
      await page.getByLabel('Operator token').fill(viewer)
      await page.keyboard.press('Enter')
      await page.getByText('This needs the token of an operator').waitFor({ timeout: WAIT_MS })
      if (javaScriptEnabled) assert.deepEqual(await violations(page), [])
      await page.getByLabel('Reason').fill('new kernel')
      await page.getByLabel('Operator token').fill(operator)
      await page.getByRole('button', { name: 'Pause lb1' }).press('Enter')
      await page.getByText('by shared-operator: new kernel').waitFor({ timeout: WAIT_MS })
      await page.getByText('not taken').first().waitFor({ timeout: WAIT_MS })
      if (javaScriptEnabled) assert.deepEqual(await violations(page), [])
      await page.getByRole('link', { name: 'Resume lb1' }).first().press('Enter')
      await page.getByLabel('Operator token').fill(operator)
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: 'Pause lb1' }).waitFor({ timeout: WAIT_MS })
      await page.context().close()
    }
  } finally {
    agent.end()
  }
})
