// The single file: same bytes from the same sources, and it runs where no node is.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'

const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'hactl-e2e-build-'))
after(() => rmSync(work, { recursive: true, force: true }))
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
const build = (out: string) =>
  execa(process.execPath, [join(root, 'cli/build/build.ts'), '--out', out], { timeout: 120_000 })

test('two builds are equal, in different directories and on another day', async () => {
  await build(join(work, 'one/hactl'))
  await build(join(work, 'two/hactl'))
  assert.equal(sha256(join(work, 'one/hactl')), sha256(join(work, 'two/hactl')))
})

test('the file says its version and takes no code from the environment', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const env = { NODE_OPTIONS: '--require=/nonexistent-module', PATH: '' }
  const result = await execa(join(work, 'one/hactl'), ['version'], { env, extendEnv: false })
  assert.match(result.stdout, new RegExp(version.replaceAll('.', '\\.')))
})
