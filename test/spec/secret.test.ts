// A secret cannot be printed by accident: every way that a program has to make text of a value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { SECRET_MASK, Secret } from '../../spec/secret.ts'
import { placeOf, referencesIn, withoutReferences } from '../../spec/secrets.ts'

const VALUE = 'canary-31d2'
const ref = (name: string): string => `\${secret:${name}}`

test('no way of making text of it shows the value', () => {
  const secret = new Secret(VALUE)
  const holder = { token: secret, list: [secret], map: new Map([[secret, secret]]) }
  const texts = [
    `${secret}`,
    String(secret),
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true }),
    format('%s %o %O %j', secret, secret, holder, holder),
    new Error(`failed: ${secret}`).message,
    Object.entries(secret).join(),
    JSON.stringify({ ...secret }),
    JSON.stringify(structuredClone(secret)),
  ]
  for (const text of texts) assert.equal(text.includes(VALUE), false, text)
  assert.equal(texts[0], SECRET_MASK)
  assert.equal(secret.reveal(), VALUE)
})

test('references are found, and what only looks like one is found as well', () => {
  assert.deepEqual(referencesIn(`a ${ref('db')} b ${ref('db')} ${ref('Not one')} $secret \${x}`), [
    'db',
    'Not one',
  ])
  assert.equal(withoutReferences(`password ${ref('db')};`), 'password ;')
  const secrets = { db: { from: 'credential:db' } }
  assert.equal(placeOf(secrets, ref('db')), 'credential:db')
  assert.equal(placeOf(secrets, '/etc/db'), '/etc/db')
})
