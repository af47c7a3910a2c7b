// Every example is a spec without a finding that asks for a change, and says what it leaves to chance.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkSpec } from '../../spec/check.ts'

const FOLDER = 'spec/examples'
const foundIn = (name: string) => checkSpec(readFileSync(join(FOLDER, name), 'utf8'))

for (const name of readdirSync(FOLDER))
  test(`${name} is valid, without a warning`, () => {
    const { cluster, diagnostics } = foundIn(name)
    assert.ok(cluster, JSON.stringify(diagnostics))
    assert.deepEqual(
      diagnostics.filter(({ severity }) => severity !== 'info'),
      [],
    )
  })

test('the whole WordPress cluster: its one storage and its one database are named as such', () => {
  const { diagnostics } = foundIn('wordpress-full.json')
  const said = diagnostics.filter(({ code }) => code === 'HA092').map(({ path }) => path)
  assert.deepEqual(said, ['/exports/uploads', '/services/mariadb'])
})
