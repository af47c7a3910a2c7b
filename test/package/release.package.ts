// A whole release, twice: equal sums, every file there; aarch64 runs under qemu as far as that goes. Minutes: HACTL_RELEASE=1.
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { ownBase } from '../../cli/build/base.ts'
import { runsOn } from '../../cli/build/distributions.ts'
import { highest, needsOf } from '../../cli/build/elf.ts'
import { withReader } from '../../cli/build/make.ts'
import { phdrCheck } from '../../cli/build/phdr.ts'
import { release } from '../../cli/build/release.ts'
import { binary, lacks, releaseOnly, root, workDirectory } from './kit.ts'

const tools = lacks('gcc', 'patchelf', 'rpmbuild', 'dpkg-deb', 'aarch64-linux-gnu-strip', 'npm')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('a release', { skip: releaseOnly() || tools }, async (t) => {
  const work = workDirectory('release')
  const made = async (name: string) => {
    const built = join(work, `${name}-hactl`)
    copyFileSync(binary, built)
    const folder = join(work, name)
    const entry = join(root, 'cli/main.ts')
    return release({ root, entry, version, base: ownBase(), built, folder, quick: true }, () => {})
  }
  const first = await made('one')

  await t.test('has every file', () => {
    assert.deepEqual(first.missing, [])
    assert.deepEqual(
      first.sums
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[1]),
      [
        `hactl-${version}-1.aarch64.rpm`,
        `hactl-${version}-1.el7.x86_64.rpm`,
        `hactl-${version}-1.x86_64.rpm`,
        `hactl-${version}-el7-x86_64`,
        `hactl-${version}-linux-aarch64`,
        `hactl-${version}-linux-x86_64`,
        `hactl_${version}_amd64.deb`,
        `hactl_${version}_arm64.deb`,
      ],
    )
  })

  await t.test('made twice, in another directory, is the same to the byte', async () => {
    assert.equal((await made('two')).sums, first.sums)
  })

  const arm = join(work, 'one', `hactl-${version}-linux-aarch64`)
  await t.test(
    'aarch64 asks for no newer symbols than x86_64, and old kernels can start it',
    () => {
      const needs = withReader(arm, needsOf)
      assert.equal(highest(needs)['GLIBC'], '2.28')
      const not = runsOn(needs).filter((verdict) => verdict.why.length > 0)
      assert.deepEqual(
        not.map((verdict) => verdict.name),
        ['EL7'],
      )
      assert.ok(withReader(arm, (read) => phdrCheck(read(0, 64), read).ok))
    },
  )

  const qemu = lacks('qemu-aarch64-static')
  await t.test('aarch64 runs under qemu with the cross libraries', { skip: qemu }, async () => {
    const run = (...args: readonly string[]) =>
      execa('qemu-aarch64-static', ['-L', '/usr/aarch64-linux-gnu', arm, ...args], {
        timeout: 120_000,
      })
    assert.match((await run('version')).stdout, /^hactl \d/)
    await run('validate', join(root, 'spec/examples/wordpress.json'))
    assert.match((await run('completion', 'bash')).stdout, /complete -o filenames/)
  })
})

test('the x86_64 file starts by the rule of kernels before 5.18', {
  skip: lacks('qemu-x86_64-static'),
}, async () => {
  assert.ok(withReader(binary, (read) => phdrCheck(read(0, 64), read).ok))
  const { stdout } = await execa('qemu-x86_64-static', [binary, 'version'], { timeout: 120_000 })
  assert.match(stdout, /^hactl \d/)
})
