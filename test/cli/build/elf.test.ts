// Symbol versions are read as binutils reads them, and judged against what each system has.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { DISTRIBUTIONS, runsOn, symbolsOf } from '../../../cli/build/distributions.ts'
import { byVersion, highest, type Needs, needsOf } from '../../../cli/build/elf.ts'
import { ownBase } from '../../../cli/build/base.ts'
import { withReader } from '../../../cli/build/make.ts'

const base = ownBase().path
const needs = (versions: Record<string, readonly string[]>, libraries = ['libc.so.6']): Needs => ({
  libraries,
  versions: new Map(Object.entries(versions)),
  interpreter: '/lib64/ld-linux-x86-64.so.2',
})

test('the base node needs what BINARY tables say: EL8 and later, not EL7', () => {
  const found = withReader(base, needsOf)
  assert.equal(found.interpreter, '/lib64/ld-linux-x86-64.so.2')
  assert.deepEqual(
    [...found.libraries].sort(),
    'ld-linux-x86-64.so.2 libc.so.6 libdl.so.2 libgcc_s.so.1 libm.so.6 libpthread.so.0 libstdc++.so.6'.split(
      ' ',
    ),
  )
  const { GLIBC, GLIBCXX, CXXABI } = highest(found)
  assert.deepEqual([GLIBC, GLIBCXX, CXXABI], ['2.28', '3.4.21', '1.3.11'])
  const not = runsOn(found).filter((verdict) => verdict.why.length > 0)
  assert.deepEqual(
    not.map((verdict) => verdict.name),
    ['EL7'],
  )
})

function objdump(): string | undefined {
  try {
    return execFileSync('objdump', ['-p', base], { encoding: 'utf8', maxBuffer: 4 << 20 })
  } catch {
    return undefined
  }
}

test('objdump says the same', { skip: objdump() === undefined && 'no binutils here' }, () => {
  const section = (objdump() ?? '').split('Version References:')[1] ?? ''
  const names = [...section.matchAll(/0x[0-9a-f]+ 0x[0-9a-f]+ \d+ (\S+)/g)].map((m) => m[1] ?? '')
  const ours = [...withReader(base, needsOf).versions.values()].flat()
  assert.ok(names.length > 20)
  assert.deepEqual(ours.sort(), names.sort())
})

test('versions are compared as numbers', () => {
  const names = ['GLIBC_2.28', 'GLIBC_2.9', 'GLIBC_2.2.5', 'CXXABI_1.3.11', 'CXXABI_1.3.9']
  assert.deepEqual(names.sort(byVersion), [
    'CXXABI_1.3.9',
    'CXXABI_1.3.11',
    'GLIBC_2.2.5',
    'GLIBC_2.9',
    'GLIBC_2.28',
  ])
})

test('a newer symbol, and a library that a minimal system lacks, are named', () => {
  const newer = runsOn(needs({ 'libc.so.6': ['GLIBC_2.34'] }))
  assert.deepEqual(
    newer.filter((v) => v.why.length > 0).map((v) => [v.name, ...v.why]),
    [
      ['EL7', 'needs GLIBC 2.34, has 2.17'],
      ['EL8', 'needs GLIBC 2.34, has 2.28'],
      ['Debian 11', 'needs GLIBC 2.34, has 2.31'],
    ],
  )
  const strange = runsOn(needs({}, ['libc.so.6', 'libatomic.so.1']))
  for (const { why } of strange)
    assert.deepEqual(why, ['libatomic.so.1 is not part of a minimal system'])
})

test('every system has its row of libstdc++ versions', () => {
  for (const one of DISTRIBUTIONS)
    assert.deepEqual(Object.keys(symbolsOf(one)).sort(), ['CXXABI', 'GLIBC', 'GLIBCXX'], one.name)
})

/** Debian 12's own libraries, where the tests run on it: the table's row is what they define. */
function definedVersions(library: string): readonly string[] {
  try {
    const text = execFileSync('objdump', ['-p', library], { encoding: 'utf8', maxBuffer: 4 << 20 })
    const section = text.split('Version definitions:')[1]?.split('\n\n')[0] ?? ''
    return [...section.matchAll(/^\d+ 0x\S+ 0x\S+ (\S+)/gm)].map((m) => m[1] ?? '')
  } catch {
    return []
  }
}

const codename = (() => {
  try {
    return execFileSync('sh', ['-c', '. /etc/os-release && echo $VERSION_CODENAME'], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return ''
  }
})()

test('the row of Debian 12 is what its libraries define', {
  skip: codename !== 'bookworm' && 'another system',
}, () => {
  const row = DISTRIBUTIONS.find((d) => d.name === 'Debian 12')
  assert.ok(row)
  const library = readlinkSync('/usr/lib/x86_64-linux-gnu/libstdc++.so.6')
  const defined = definedVersions(`/usr/lib/x86_64-linux-gnu/${library}`)
  const last = (family: string) =>
    defined
      .filter((name) => new RegExp(`^${family}_[\\d.]+$`).test(name))
      .sort(byVersion)
      .at(-1)
  assert.equal(last('GLIBCXX'), `GLIBCXX_${symbolsOf(row)['GLIBCXX']}`)
  assert.equal(last('CXXABI'), `CXXABI_${symbolsOf(row)['CXXABI']}`)
})

test('what is no ELF file is refused', () => {
  assert.throws(
    () => withReader(import.meta.filename, needsOf),
    /^Error: cannot read: not a 64-bit/,
  )
})
