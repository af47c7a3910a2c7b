// The .deb through its life in a bookworm tree: install, configure, upgrade, a bad upgrade, remove, purge.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { execa } from 'execa'
import {
  assertDataPlane,
  binary,
  DATA_PLANE,
  lacks,
  makeTree,
  quickDeb,
  type Tree,
  workDirectory,
} from './kit.ts'

const CONFIG = '{"node":"lb1","source":{"path":"/etc/hactl/spec.json"}}\n'
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
const skip = lacks('dpkg-deb', 'mmdebstrap', 'unshare')

const work = workDirectory('deb')
let tree: Tree

before(async () => {
  if (skip) return
  tree = await makeTree(join(work, 'tree'))
  for (const [path, text] of Object.entries(DATA_PLANE)) tree.write(path, text)
  for (const version of ['0.1.0', '0.1.1', '0.1.2'])
    await quickDeb(version, join(tree.path, `hactl_${version}.deb`))
})
const dataPlaneIsAsItWas = () => assertDataPlane(tree, assert.equal)

test('two builds are equal', { skip }, async () => {
  await quickDeb('0.1.0', join(work, 'again.deb'))
  assert.equal(sha256(join(work, 'again.deb')), sha256(join(tree.path, 'hactl_0.1.0.deb')))
})

test('install starts nothing, enables the agent for the day it is configured', {
  skip,
}, async () => {
  await tree.run(['dpkg', '-i', '/hactl_0.1.0.deb'])
  // Enabled for the next boot; the condition of the unit keeps it from starting before it is configured.
  assert.deepEqual(tree.calls(), [
    'systemctl --root=/ --system --preset-mode=enable-only preset hactl-agent.service',
  ])
  assert.equal(statSync(join(tree.path, 'etc/hactl')).mode & 0o777, 0o750)
  assert.equal(sha256(join(tree.path, 'usr/bin/hactl')), sha256(binary))
  assert.equal((await tree.run(['dpkg', '-V', 'hactl'])).stdout, '')
  assert.match((await tree.run(['hactl', 'version'])).stdout, /^hactl \d/)
  const unconfigured = await tree.run(['hactl', 'agent'], false)
  assert.notEqual(unconfigured.exitCode, 0)
  dataPlaneIsAsItWas()
})

test('an upgrade restarts the agent that runs, and nothing else', { skip }, async () => {
  tree.write('/etc/hactl/agent.json', CONFIG, 0o600)
  tree.write('/etc/hactl/agent.json.example', '// mine\n')
  tree.write('/active', 'hactl-agent.service\n')
  await tree.run(['dpkg', '-i', '--force-confold', '/hactl_0.1.1.deb'])
  assert.deepEqual(tree.calls(), ['systemctl --quiet --system restart hactl-agent.service'])
  assert.equal(tree.read('/etc/hactl/agent.json.example'), '// mine\n')
  dataPlaneIsAsItWas()
})

test('an agent that is stopped on purpose stays stopped', { skip }, async () => {
  tree.write('/active', '')
  await tree.run(['dpkg', '-i', '--force-confold', '/hactl_0.1.1.deb'])
  assert.deepEqual(tree.calls(), [])
})

test('a configuration that the new version refuses leaves the old agent running', {
  skip,
}, async () => {
  tree.write('/etc/hactl/agent.json', '{"node":"lb1"}\n', 0o600)
  tree.write('/active', 'hactl-agent.service\n')
  const said = await tree.run(['dpkg', '-i', '--force-confold', '/hactl_0.1.2.deb'])
  assert.deepEqual(tree.calls(), [])
  assert.match(said.stderr, /agent was not \(re\)started/)
  tree.write('/etc/hactl/agent.json', CONFIG, 0o600)
})

test('removal stops agent and hub only, and keeps configuration and state', { skip }, async () => {
  tree.write('/var/lib/hactl/specs/proven', '{}')
  await tree.run(['dpkg', '-r', 'hactl'])
  assert.deepEqual(tree.calls(), ['systemctl stop hactl-agent.service hactl-hub.service'])
  assert.equal(tree.read('/etc/hactl/agent.json'), CONFIG)
  assert.ok(tree.has('/var/lib/hactl/specs/proven'))
  assert.ok(!tree.has('/usr/bin/hactl'))
  dataPlaneIsAsItWas()
})

test('an install over an old configuration starts the agent again', { skip }, async () => {
  tree.write('/active', '')
  await tree.run(['dpkg', '-i', '--force-confold', '/hactl_0.1.2.deb'])
  assert.deepEqual(tree.calls(), ['systemctl --quiet --system start hactl-agent.service'])
})

test("purge removes what is hactl's own and no file of a daemon", { skip }, async () => {
  await tree.run(['dpkg', '-P', 'hactl'])
  assert.deepEqual(tree.calls(), ['systemctl stop hactl-agent.service hactl-hub.service'])
  for (const path of ['/etc/hactl', '/var/lib/hactl', '/usr/share/doc/hactl'])
    assert.ok(!tree.has(path), path)
  for (const path of ['multi-user.target.wants/hactl-agent.service', 'hactl-agent.service'])
    assert.ok(!tree.has(`/etc/systemd/system/${path}`), path)
  dataPlaneIsAsItWas()
})

test('lintian finds no error in the .deb', { skip: skip || lacks('lintian') }, async () => {
  await quickDeb('0.1.0', join(work, 'hactl_0.1.0_amd64.deb'))
  // node's own statically linked libraries, and the date of a changelog that is no Debian upload, are as they are.
  const suppress = 'embedded-library,unstripped-binary-or-object,hardening-no-pie,no-copyright-file'
  const args = ['--allow-root', '--fail-on', 'error', '--suppress-tags', suppress]
  const result = await execa('lintian', [...args, join(work, 'hactl_0.1.0_amd64.deb')], {
    reject: false,
    all: true,
    timeout: 300_000,
  })
  assert.equal(result.exitCode, 0, result.all)
})
