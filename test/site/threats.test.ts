// Every line of THREATS.md names a test that is there.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const PAGE = 'site/THREATS.md'
const rows = readFileSync(PAGE, 'utf8')
  .split('\n')
  .filter((line) => /^\|(?! ?-)/.test(line))
  .map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim()),
  )
  .filter(([, file]) => file !== 'test')

/** Names as they stand behind `test(`, with either quote, on the same line or the next. */
const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\btest\(\s*(['"`])(.*?)\1\s*,/g)].map((match) => match[2] ?? '')

test('every line of THREATS.md names a test that is there', () => {
  assert.ok(rows.length > 55)
  const bad = rows.filter(([, cell = '', name = '']) => {
    const file = cell.replaceAll('`', '')
    if (!/^test\/.*\.test\.ts$/.test(file) || name === '' || !existsSync(file)) return true
    // A name that is made of parts is known by its last one.
    return !namesIn(readFileSync(file, 'utf8')).some((one) => one === name || one.endsWith(name))
  })
  assert.deepEqual(bad, [])
})
