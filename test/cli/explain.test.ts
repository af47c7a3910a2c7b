// hactl explain: every code that the sources can give has words, and only a code has.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CODES } from '../../cli/codes.ts'
import { EXIT } from '../../cli/exit.ts'
import { run } from './fake.ts'

const inSources = (folder: string, pattern: RegExp): readonly string[] => [
  ...new Set(
    globSync(`${folder}/**/*.ts`).flatMap(
      (path) => readFileSync(path, 'utf8').match(pattern) ?? [],
    ),
  ),
]

test('every finding, refusal and exit code of the sources is explained, once', async () => {
  const findings = inSources('spec', /(?<=')HA\d{3}(?=')/g)
  const refusals = inSources('agent', /(?<=')GUARD_[A-Z]+(?=')/g)
  assert.ok(findings.length > 80 && refusals.length > 3)
  const all = [...findings, ...refusals, ...Object.values(EXIT).map(String)]
  for (const code of all) {
    const { exit, out } = await run(['explain', code, '--json'])
    assert.equal(exit, 0, code)
    const told = JSON.parse(out)
    assert.equal(told.code, code)
    assert.ok(told.about.length > 3, code)
  }
  const codes = CODES.map(({ code }) => code)
  assert.equal(new Set(codes).size, codes.length, 'a code is in the tables twice')
})

test('a refusal names what overrides it, or that nothing does', async () => {
  const some = await run(['explain', 'guard_empty'])
  assert.match(some.out, /^GUARD_EMPTY: refuses a pool .*\n.*hactl push --allow-empty\n$/)
  const none = await run(['explain', 'GUARD_NODE'])
  assert.match(none.out, /^GUARD_NODE: refuses a spec without this node\nNothing overrides it/)
})

test('an exit code by number, with the word before it, or by name', async () => {
  const [number, words, name] = await Promise.all([
    run(['explain', '4']),
    run(['explain', 'exit', '4']),
    run(['explain', 'refused']),
  ])
  assert.match(number.out, /^exit code 4: refused: the hub or a guard said no\n/)
  assert.equal(words.out, number.out)
  assert.equal(name.out, number.out)
})

test('a finding says whether the spec is taken', async () => {
  assert.match(
    (await run(['explain', 'HA015'])).out,
    /^HA015: error: equal priorities.*\n.*nowhere/,
  )
  assert.match((await run(['explain', 'HA024'])).out, /^HA024: warning: a vip.*\n.*all the same/)
})

test('without a code: all of them; an unknown one: a sentence and exit 2', async () => {
  assert.equal((await run(['explain'])).out.trimEnd().split('\n').length, CODES.length)
  const { exit, err } = await run(['explain', 'HA999'])
  assert.equal(exit, EXIT.usage)
  assert.match(err, /cannot explain HA999: no such code\n.*hactl explain lists them/)
})
