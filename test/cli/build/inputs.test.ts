import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inputHash, inputPaths } from '../../../cli/build/inputs.ts'

const root = mkdtempSync(join(tmpdir(), 'hactl-inputs-'))
after(() => rmSync(root, { recursive: true, force: true }))
for (const folder of ['agent', 'cli/build', 'site', 'spec', 'test'])
  mkdirSync(join(root, folder), { recursive: true })
for (const file of ['package.json', 'package-lock.json', 'tsconfig.json'])
  writeFileSync(join(root, file), '{}')
writeFileSync(join(root, 'cli/build/a.ts'), 'a')
writeFileSync(join(root, 'site/page.html'), 'p')

test('every source and the lock file count, tests do not', () => {
  writeFileSync(join(root, 'test/x.ts'), 'x')
  assert.deepEqual(inputPaths(root), [
    'cli/build/a.ts',
    'package-lock.json',
    'package.json',
    'site/page.html',
    'tsconfig.json',
  ])
})

test('a changed byte, a moved file and another tool each change the hash; nothing else does', () => {
  const before = inputHash(root, ['strip 2.40'])
  assert.match(before, /^[0-9a-f]{64}$/)
  assert.equal(inputHash(root, ['strip 2.40']), before)
  assert.notEqual(inputHash(root, ['strip 2.41']), before)
  writeFileSync(join(root, 'site/page.html'), 'q')
  assert.notEqual(inputHash(root, ['strip 2.40']), before)
  writeFileSync(join(root, 'site/page.html'), 'p')
  assert.equal(inputHash(root, ['strip 2.40']), before)
})
