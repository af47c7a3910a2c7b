// The .rpm in a root directory: requirements, install, verify, upgrade, erase; the same for the EL7 one.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { execa } from 'execa'
import {
  assertDataPlane,
  binary,
  DATA_PLANE,
  lacks,
  makeTree,
  quickRpm,
  type Tree,
  workDirectory,
} from './kit.ts'

const CONFIG = '{"node":"lb1","source":{"path":"/etc/hactl/spec.json"}}\n'
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Nothing of the tree is known to its rpm database, so what a package requires is not there: --nodeps. */
async function rpm(tree: Tree, ...args: readonly string[]) {
  const argv = ['-m', 'sh', '-c', 'mount -t proc proc "$0/proc" && exec rpm --root "$0" "$@"']
  return execa('unshare', [...argv, tree.path, ...args], { reject: false, timeout: 120_000 })
}

const skip = lacks('rpmbuild', 'rpm', 'mmdebstrap')
const work = workDirectory('rpm')
const file = (version: string) => join(work, `hactl-${version}.rpm`)
let tree: Tree

before(async () => {
  if (skip) return
  tree = await makeTree(join(work, 'tree'))
  for (const [path, text] of Object.entries(DATA_PLANE)) tree.write(path, text)
  for (const version of ['0.1.0', '0.1.1', '0.1.2']) await quickRpm(version, file(version))
})

async function ok(...args: readonly string[]) {
  const result = await rpm(tree, ...args)
  assert.equal(result.exitCode, 0, result.stderr)
  return result
}

test('two builds are equal', { skip }, async () => {
  await quickRpm('0.1.0', join(work, 'again.rpm'))
  assert.equal(sha256(join(work, 'again.rpm')), sha256(file('0.1.0')))
})

test('it requires the symbols that keep it off EL7', { skip }, async () => {
  const { stdout } = await execa('rpm', ['-qp', '--requires', file('0.1.0')])
  assert.match(stdout, /^libc\.so\.6\(GLIBC_2\.28\)\(64bit\)$/m)
  assert.match(stdout, /^libstdc\+\+\.so\.6\(CXXABI_1\.3\.11\)\(64bit\)$/m)
})

test('install starts nothing and verifies clean', { skip }, async () => {
  await ok('-i', '--nodeps', file('0.1.0'))
  assert.deepEqual(tree.calls(), [
    'systemctl --no-reload preset hactl-agent.service hactl-hub.service',
    'systemctl try-restart hactl-agent.service',
    'systemctl try-restart hactl-hub.service',
  ])
  assert.equal((await ok('-V', '--nodeps', 'hactl')).stdout, '')
  assert.equal(sha256(join(tree.path, 'usr/bin/hactl')), sha256(binary))
  assert.match((await tree.run(['hactl', 'version'])).stdout, /^hactl \d/)
  assert.match((await ok('-ql', 'hactl')).stdout, /^\/etc\/hactl\/agent\.json\.example$/m)
})

test('an upgrade names only the agent and the hub', { skip }, async () => {
  tree.write('/etc/hactl/agent.json', CONFIG, 0o600)
  tree.write('/etc/hactl/agent.json.example', '// mine\n')
  await ok('-U', '--nodeps', file('0.1.1'))
  assert.deepEqual(tree.calls(), [
    'systemctl try-restart hactl-agent.service',
    'systemctl try-restart hactl-hub.service',
  ])
  assert.equal(tree.read('/etc/hactl/agent.json.example'), '// mine\n')
  assertDataPlane(tree, assert.equal)
})

test('a configuration that the new version refuses leaves the old agent running', {
  skip,
}, async () => {
  tree.write('/etc/hactl/agent.json', '{"node":"lb1"}\n', 0o600)
  const said = await ok('-U', '--nodeps', file('0.1.2'))
  assert.deepEqual(tree.calls(), ['systemctl try-restart hactl-hub.service'])
  assert.match(said.stderr, /agent was not restarted/)
  tree.write('/etc/hactl/agent.json', CONFIG, 0o600)
})

test('erasing stops agent and hub only, and keeps configuration and state', { skip }, async () => {
  tree.write('/var/lib/hactl/specs/proven', '{}')
  tree.write('/var/lib/hactl/rt/rt-1/hactl', 'unpacked')
  await ok('-e', 'hactl')
  assert.deepEqual(tree.calls(), [
    'systemctl --no-reload disable hactl-agent.service hactl-hub.service',
    'systemctl stop hactl-agent.service hactl-hub.service',
  ])
  assert.equal(tree.read('/etc/hactl/agent.json'), CONFIG)
  assert.ok(tree.has('/var/lib/hactl/specs/proven'))
  assert.ok(!tree.has('/var/lib/hactl/rt'))
  assert.ok(!tree.has('/usr/bin/hactl'))
  assertDataPlane(tree, assert.equal)
})

test('the EL7 .rpm makes its user and requires no library', {
  skip: lacks('rpmbuild', 'rpm', 'mmdebstrap'),
}, async () => {
  const work = workDirectory('rpm7')
  const tree = await makeTree(join(work, 'tree'))
  const file = join(work, 'hactl.el7.rpm')
  await quickRpm('0.1.0', file, { executable: binary })
  mkdirSync(join(tree.path, 'root'), { recursive: true })
  const { stdout } = await execa('rpm', ['-qp', '--requires', file])
  assert.doesNotMatch(stdout, /\.so\.|GLIBC/)
  const installed = await rpm(tree, '-i', '--nodeps', file)
  assert.equal(installed.exitCode, 0, installed.stderr)
  assert.match(tree.read('/etc/passwd'), /^hactl-hub:.*:\/var\/lib\/hactl-hub:\/sbin\/nologin$/m)
  assert.match(tree.read('/usr/lib/systemd/system/hactl-agent.service'), /^MemoryLimit=/m)
  assert.equal((await rpm(tree, '-V', '--nodeps', 'hactl')).stdout, '')
})
