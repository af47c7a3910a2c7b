import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { CHANNEL, GUEST_FILES } from '../../../../cli/lab/vm/guest.ts'
import { PREPARE, recipeHash } from '../../../../cli/lab/vm/recipe.ts'

test('layers are different images, the same recipe is the same image', () => {
  assert.match(recipeHash('base'), /^[0-9a-f]{16}$/)
  assert.equal(recipeHash('base'), recipeHash('base'))
  assert.notEqual(recipeHash('base'), recipeHash('wordpress'))
})

test('the scripts of the image parse', () => {
  const scripts = [PREPARE, ...GUEST_FILES.map(([, , text]) => text)].filter((text) =>
    /^(#!\/bin\/bash|set -eu)/.test(text),
  )
  assert.equal(scripts.length, 2)
  for (const input of scripts) {
    const { status, stderr } = spawnSync('bash', ['-n'], { input })
    assert.equal(status, 0, String(stderr))
  }
})

test('the end of the channel in the guest is valid perl', (t) => {
  const { status, stderr, error } = spawnSync('perl', ['-c'], { input: CHANNEL })
  if (error !== undefined) return t.skip('no perl here')
  assert.equal(status, 0, String(stderr))
})
