// Golden cases: a folder is a spec and what the operator reads about it. UPDATE=1 writes the texts anew.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { renderDiagnostics } from '../../spec/caret.ts'
import { checkSpec } from '../../spec/check.ts'

const CASES = 'test/cases/lint'
const names = readdirSync(CASES).sort()

for (const name of names) {
  test(`lint ${name}`, () => {
    const text = readFileSync(`${CASES}/${name}/spec.json`, 'utf8')
    const { cluster, diagnostics } = checkSpec(text)
    const wanted = name.startsWith('ha') ? [name.slice(0, 5).toUpperCase()] : []
    assert.deepEqual([...new Set(diagnostics.map((one) => one.code))], wanted)
    const failed = diagnostics.some((one) => one.severity === 'error')
    assert.equal(cluster === undefined, failed)
    for (const one of diagnostics) {
      assert.ok(one.at, `${one.code} has no position`)
      assert.notEqual(one.hint, '')
      if (one.severity === 'error') assert.match(one.message, /^cannot /)
    }
    const got = renderDiagnostics(text, diagnostics, 'spec.json', false)
    const golden = `${CASES}/${name}/out.txt`
    if (process.env['UPDATE']) writeFileSync(golden, got)
    assert.equal(got, existsSync(golden) ? readFileSync(golden, 'utf8') : '(no out.txt)')
  })
}

test('every code of a rule and of the parser has a case and a line in the table', () => {
  const sources = readdirSync('spec', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`spec/${file}`, 'utf8'))
  const codes = sources.flatMap((source) => source.match(/(?<=')HA[0-9]{3}(?=')/g) ?? [])
  const table = readFileSync('spec/README.md', 'utf8')
  assert.ok(new Set(codes).size > 40)
  for (const code of new Set(codes)) {
    assert.ok(
      names.some((name) => name.startsWith(code.toLowerCase())),
      `${code} has no case`,
    )
    assert.ok(table.includes(`| ${code} |`), `${code} is not in spec/README.md`)
  }
})
