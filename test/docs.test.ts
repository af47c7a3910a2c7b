// The README's commands exist and its examples are valid.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkSpec } from '../spec/check.ts'

const readme = readFileSync('README.md', 'utf8')
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (m) => m[1] ?? '',
  )

test('the README gives exactly two commands, and both are scripts with a file behind them', () => {
  const commands = blocks('sh')
    .flatMap((b) => b.trim().split('\n'))
    .map((l) => l.split('#')[0]?.trim())
  assert.deepEqual(commands, ['npm run demo', 'npm test'])
  for (const name of ['demo', 'test']) {
    const file = /^node (\S+)$/.exec(scripts[name])?.[1] ?? ''
    assert(existsSync(file), `${name}: ${scripts[name]}`)
  }
})

test('every JSON example of the README is a valid spec', () => {
  const examples = blocks('json')
  assert(examples.length > 0)
  for (const text of examples) {
    const { diagnostics } = checkSpec(text)
    assert.deepEqual(
      diagnostics.filter((d) => d.severity === 'error'),
      [],
    )
  }
})

test('every command that the README names has a file', () => {
  const names = new Set([...readme.matchAll(/`hactl (\w+)`/g)].map((m) => m[1]))
  assert(names.size > 8)
  assert.deepEqual(
    [...names].filter((n) => !existsSync(`cli/commands/${n}.ts`)),
    [],
  )
})
