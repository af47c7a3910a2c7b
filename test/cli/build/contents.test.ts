// What packages hold and what their scriptlets may do: nothing starts unconfigured, no daemon of the data plane is named.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { changelogText, parseChangelog, rpmChangelog } from '../../../cli/build/changelog.ts'
import { contents, type ContentsOptions } from '../../../cli/build/contents.ts'
import { ownBase } from '../../../cli/build/base.ts'
import { selfExtracting, streamOf } from '../../../cli/build/el7.ts'
import { rpmSpec } from '../../../cli/build/rpm.ts'

const root = resolve(import.meta.dirname, '../../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const options = (other: Partial<ContentsOptions> = {}): ContentsOptions => ({
  root,
  kind: 'deb',
  el7: false,
  binary: '/nonexistent',
  node: ownBase().path,
  version,
  ...other,
})
const bodyOf = (path: RegExp, other: Partial<ContentsOptions> = {}): string => {
  const found = contents(options(other)).filter((file) => path.test(file.path))
  assert.equal(found.length, 1, String(path))
  return String(found[0]?.body)
}

test('both kinds of package hold the same but for three paths', () => {
  const names = (kind: 'deb' | 'rpm') => contents(options({ kind })).map((file) => file.path)
  const only = (a: readonly string[], b: readonly string[]) => a.filter((path) => !b.includes(path))
  assert.deepEqual(only(names('deb'), names('rpm')), [
    '/lib/systemd/system/hactl-agent.service',
    '/lib/systemd/system/hactl-hub.service',
    '/usr/share/doc/hactl/copyright',
    '/usr/share/zsh/vendor-completions/_hactl',
  ])
  assert.equal(names('deb').length, names('rpm').length)
  for (const path of ['/etc/hactl', '/usr/bin/hactl', '/usr/share/man/man1/hactl.1.gz'])
    assert.ok(names('deb').includes(path), path)
})

test('the directory of the configuration is closed to others, and holds no configuration', () => {
  const files = contents(options())
  assert.equal(files.find((file) => file.path === '/etc/hactl')?.mode, 0o750)
  const etc = files.filter((file) => file.path.startsWith('/etc/hactl/')).map((file) => file.path)
  assert.deepEqual(etc, ['/etc/hactl/agent.json.example'])
  assert.match(bodyOf(/agent\.service$/), /^ConditionPathExists=\/etc\/hactl\/agent\.json$/m)
})

test('units speak the language of the systemd they are for', () => {
  assert.match(bodyOf(/agent\.service$/), /^MemoryMax=/m)
  assert.match(bodyOf(/agent\.service$/, { kind: 'rpm', el7: true }), /^MemoryLimit=/m)
  assert.match(bodyOf(/hub\.service$/), /^DynamicUser=yes$/m)
  const old = bodyOf(/hub\.service$/, { kind: 'rpm', el7: true })
  assert.doesNotMatch(old, /DynamicUser|StateDirectory|MemoryMax|=strict/)
  assert.match(old, /^User=hactl-hub$/m)
})

test('scriptlets name no unit but the agent and the hub', () => {
  const folder = join(root, 'cli/build/package')
  for (const name of [...list('deb'), ...list('rpm')]) {
    const code = readFileSync(join(folder, name), 'utf8').replace(/^\s*#.*$/gm, '')
    const units = [...code.matchAll(/[\w@-]+\.service/g)].map((m) => m[0])
    assert.deepEqual(
      [...new Set(units)].filter((u) => !/^hactl-(?:agent|hub)\.service$/.test(u)),
      [],
      name,
    )
    assert.doesNotMatch(code, /haproxy|keepalived|nginx|\bkill|isolate|\/etc\/systemd/, name)
  }
  function list(kind: string): readonly string[] {
    return readdirSync(join(folder, kind)).map((name) => `${kind}/${name}`)
  }
})

test('the spec file keeps rpm from stripping the program, and lists every file', () => {
  const files = contents(options({ kind: 'rpm' }))
  const text = rpmSpec({ files, version, arch: 'x86_64', el7: false, atMs: 0, out: '' }, '/tree')
  assert.match(text, /^%global __os_install_post %\{nil\}$/m)
  assert.match(text, /^%global __strip \/bin\/true$/m)
  for (const { path } of files) assert.ok(text.includes(` ${path}\n`), path)
  assert.doesNotMatch(text, /^%pre$/m)
  assert.match(
    rpmSpec({ files, version, arch: 'x86_64', el7: true, atMs: 0, out: '' }, '/tree'),
    /^%pre$/m,
  )
})

test('the changelog begins with this version', () => {
  const [first] = parseChangelog(changelogText())
  assert.equal(first?.version, version)
  assert.match(
    rpmChangelog(parseChangelog(changelogText())),
    /^\* Sat Nov 21 2026 hactl maintainers/,
  )
  assert.throws(() => parseChangelog('nothing'), /^Error: cannot read the changelog/)
})

test('the self-extracting file is launcher, stream and a trailer that says where', () => {
  const stream = streamOf([{ name: 'a', body: Buffer.from('hello'), mode: 0o755 }])
  assert.equal(stream.length, 64 + 5 + 64)
  assert.equal(stream.readBigUInt64LE(48), 5n)
  assert.equal(stream.readUInt32LE(56), 0o755)
  const file = selfExtracting(Buffer.from('launcher'), stream, 1)
  const trailer = file.subarray(-40)
  assert.equal(trailer.toString('latin1', 0, 8), 'HACTLSFX')
  assert.equal(trailer.readBigUInt64LE(8), 8n)
  assert.equal(Number(trailer.readBigUInt64LE(16)), file.length - 48)
  assert.deepEqual(selfExtracting(Buffer.from('launcher'), stream, 1), file)
  assert.throws(() => streamOf([{ name: 'x'.repeat(48), body: stream, mode: 0 }]), /cannot pack/)
})
