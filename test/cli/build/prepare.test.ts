import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingPackages, NEEDS, programExists } from '../../../cli/build/prepare.ts'

test('only what is missing is installed, once, under the name of the package manager', () => {
  const here = new Set(['haproxy', 'keepalived', 'unshare', 'nft', 'tcpdump'])
  const exists = (program: string) => here.has(program)
  assert.deepEqual(missingPackages(NEEDS, 'apt', exists), ['nginx-light', 'iproute2', 'procps'])
  assert.deepEqual(missingPackages(NEEDS, 'dnf', exists), ['nginx', 'iproute', 'procps-ng'])
  assert.deepEqual(
    missingPackages(NEEDS, 'apt', () => true),
    [],
  )
})

test('an empty PATH entry and a missing program are not found', () => {
  assert.equal(programExists('no-such-program-of-hactl', '::/bin'), false)
  assert.equal(programExists('sh', '/nowhere:/bin'), true)
})
