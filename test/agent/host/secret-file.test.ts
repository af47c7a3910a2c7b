// Where a secret may lie, and that no fault says what it is.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { readSecretLine } from '../../../agent/host/secret-file.ts'
import { Webhook } from '../../../spec/notify.ts'
import { temporaryDirectory } from './temporary.ts'

const CANARY = 'canary-7f3a91'

test('a file, a credential of systemd, a variable: the first line of each', async (context) => {
  const directory = await temporaryDirectory(context)
  writeFileSync(`${directory}/hook.token`, `${CANARY}\nnot this\n`, { mode: 0o600 })
  const env = { CREDENTIALS_DIRECTORY: directory, HACTL_SECRET_HOOK: `${CANARY}\n` }
  for (const place of [
    `${directory}/hook.token`,
    'credential:hook.token',
    'env:HACTL_SECRET_HOOK',
  ]) {
    assert.equal((await readSecretLine(place, { env })).reveal(), CANARY)
    assert(Value.Check(Webhook, { url: 'https://example.org', tokenFile: place }), place)
  }
})

test('what is missing, empty or too long is named by its place, never by its content', async (context) => {
  const directory = await temporaryDirectory(context)
  writeFileSync(`${directory}/long`, CANARY.repeat(1_000), { mode: 0o600 })
  writeFileSync(`${directory}/empty`, `\n${CANARY}`, { mode: 0o600 })
  const env = {
    CREDENTIALS_DIRECTORY: directory,
    HACTL_SECRET_LONG: CANARY.repeat(1_000),
    HACTL_SECRET_EMPTY: '',
  }
  const said: string[] = []
  for (const place of [
    ...['credential:none', 'credential:long', 'credential:empty', `${directory}/long`],
    ...['env:HACTL_SECRET_NONE', 'env:HACTL_SECRET_EMPTY', 'env:HACTL_SECRET_LONG'],
  ])
    await assert.rejects(readSecretLine(place, { env }), (error: Error) => {
      said.push(error.message)
      return /^cannot (?:read|use) /.test(error.message)
    })
  assert.equal(said.length, 7)
  assert.equal(
    said.some((text) => text.includes(CANARY)),
    false,
  )
  await assert.rejects(readSecretLine('credential:hook', { env: {} }), /no credentials of systemd/)
})

test('no reference leaves the directory of credentials, or reads a variable that is not ours', () => {
  const refused = [
    ...['credential:../shadow', 'credential:a/b', 'credential:..', 'credential:', 'env:PATH'],
    ...['env:HACTL_TOKEN', 'env:HACTL_SECRET_', 'file:etc/shadow', 'relative/path'],
  ]
  for (const tokenFile of refused)
    assert.equal(Value.Check(Webhook, { url: 'https://example.org', tokenFile }), false, tokenFile)
})
