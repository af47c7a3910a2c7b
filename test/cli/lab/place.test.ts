// Which directories a lab may be made in, and what taking one down removes.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { labDown } from '../../../cli/lab/down.ts'
import { LabError } from '../../../cli/lab/error.ts'
import { clearRoot, defaultRoot, isLab, makeRoot, rootOfLab } from '../../../cli/lab/place.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-place-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const fresh = (name: string): string => join(scratch, name)

test('a new root is a lab from its first file on, and goes as a whole', () => {
  const root = fresh('new')
  makeRoot(root)
  assert.ok(isLab(root))
  mkdirSync(join(root, 'nodes/lb1/etc-haproxy'), { recursive: true })
  clearRoot(root, false)
  assert.equal(existsSync(root), false)
})

test('logs that are kept leave a lab that can be taken down again', () => {
  const root = fresh('logs')
  makeRoot(root)
  writeFileSync(join(root, 'spec.json'), '{}')
  clearRoot(root, true)
  assert.deepEqual(readdirSync(root).sort(), ['.hactl-lab', 'log'])
  clearRoot(root, false)
  assert.equal(existsSync(root), false)
})

test("a directory of the user's is no place for a lab, and nothing of it is ever removed", async () => {
  const root = fresh('home')
  mkdirSync(join(root, 'log'), { recursive: true })
  writeFileSync(join(root, 'log/mine'), '')
  assert.throws(() => makeRoot(root), LabError)
  await labDown({ root, log: () => undefined })
  assert.ok(existsSync(join(root, 'log/mine')))
})

test('what a user put beside a lab stays', () => {
  const root = fresh('beside')
  makeRoot(root)
  writeFileSync(join(root, 'notes.txt'), '')
  clearRoot(root, false)
  assert.deepEqual(readdirSync(root), ['notes.txt'])
})

test('a name is no path, a path is taken as it stands', () => {
  assert.equal(rootOfLab('./x', '/work'), '/work/x')
  assert.match(rootOfLab('shop', '/work'), /\/hactl-lab\/shop$/)
  for (const name of ['..', '.', '', '-x', 'a b', 'x'.repeat(64)])
    assert.throws(() => defaultRoot(name), LabError, name)
})

test('a root that is too long for a socket is refused before anything is made', () => {
  const root = fresh('x'.repeat(120))
  assert.throws(() => makeRoot(root), /longer than 98 bytes/)
  assert.equal(existsSync(root), false)
})
