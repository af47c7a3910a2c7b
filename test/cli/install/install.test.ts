// Installing below a root directory with a systemctl that only listens: what is written, in what order, what is refused.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { enrolDoors } from '../../../agent/host/enrol-doors.ts'
import { readFileState, renameFile, writeFileAtomic } from '../../../agent/host/files.ts'
import { parseAgentConfig } from '../../../agent/config.ts'
import type { InstallFlags } from '../../../cli/commands/agent.ts'
import { Exit } from '../../../cli/exit.ts'
import { installOn, uninstallFrom } from '../../../cli/install/index.ts'
import type { Machine } from '../../../cli/install/perform.ts'
import { agentUnit } from '../../../cli/install/unit.ts'
import type { Io } from '../../../cli/io.ts'
import { jumpingClock } from '../fake.ts'

type Said = { out: string; err: string }
const ioOf = (said: Said, cwd: string): Io => ({
  out: (text) => {
    said.out += text
  },
  err: (text) => {
    said.err += text
  },
  color: false,
  terminal: false,
  json: false,
  cwd,
  env: {},
  user: 'kim',
  stdin: async () => '',
  signal: new AbortController().signal,
  clock: jumpingClock(),
})

type Bench = {
  readonly root: string
  readonly at: (path: string) => string
  readonly said: Said
  readonly io: Io
  readonly machine: Machine
  readonly ran: string[]
  readonly self: string
  /** Units that systemctl calls active. */
  readonly active: Set<string>
}

async function bench(t: TestContext): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'hactl-install-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const root = join(directory, 'root')
  const self = join(directory, 'hactl')
  mkdirSync(root)
  writeFileSync(self, 'the single file\n')
  writeFileSync(join(directory, 'token'), 'agent-token-1\n')
  writeFileSync(join(directory, 'peer'), 'peer-token-1\n')
  const said = { out: '', err: '' }
  const ran: string[] = []
  const active = new Set(['haproxy', 'keepalived'])
  const answer = (code: number, stdout = '') => ({ code, signal: null, stdout, stderr: '' })
  const machine: Machine = {
    root,
    run: async (argv) => {
      ran.push(argv.join(' '))
      if (argv.includes('--version')) return answer(0, 'systemd 252 (252.39-1~deb12u2)\n')
      if (argv[1] === 'is-active') return answer(active.has(argv.at(-1) ?? '') ? 0 : 3)
      return answer(0)
    },
    get: async () => ({ status: 0, body: '' }),
    enrol: enrolDoors({ read: readFileState, write: writeFileAtomic, rename: renameFile }),
  }
  const at = (path: string) => join(root, path)
  return { root, at, said, io: ioOf(said, directory), machine, ran, self, active }
}

const HUB: InstallFlags = {
  hub: 'http://192.0.2.10:9400',
  tokenFile: 'token',
  peerTokenFile: 'peer',
  node: 'lb1',
  prefix: '/usr/local',
}
const mode = (path: string): number => statSync(path).mode & 0o7777
const refused = async (work: Promise<void>, says: RegExp): Promise<void> => {
  await assert.rejects(work, (error) => error instanceof Exit && says.test(error.message))
}

test('program, unit, configuration and token are there, secrets for root alone', async (t) => {
  const b = await bench(t)
  await installOn(b.io, HUB, b.machine, b.self)
  assert.equal(readFileSync(b.at('/usr/local/bin/hactl'), 'utf8'), 'the single file\n')
  assert.equal(mode(b.at('/usr/local/bin/hactl')), 0o755)
  assert.equal(
    readFileSync(b.at('/etc/systemd/system/hactl-agent.service'), 'utf8'),
    agentUnit('/usr/local/bin/hactl'),
  )
  const config = parseAgentConfig(readFileSync(b.at('/etc/hactl/agent.json'), 'utf8'))
  assert.ok(config.ok)
  assert.equal(config.value.node, 'lb1')
  assert.deepEqual(config.value.source, { hub: true })
  assert.deepEqual(config.value.hub, {
    url: 'http://192.0.2.10:9400',
    tokenFile: '/etc/hactl/token',
  })
  assert.equal(config.value.peer.token?.reveal(), 'peer-token-1')
  assert.equal(readFileSync(b.at('/etc/hactl/token'), 'utf8'), 'agent-token-1\n')
  assert.equal(mode(b.at('/etc/hactl/agent.json')), 0o600)
  assert.equal(mode(b.at('/etc/hactl/token')), 0o600)
  assert.deepEqual(b.ran.slice(1), [`systemctl --root=${b.root} enable hactl-agent.service`])
  assert.doesNotMatch(b.said.out, /agent-token|peer-token/)
})

test('a second time with the same options changes nothing and is no error', async (t) => {
  const b = await bench(t)
  await installOn(b.io, HUB, b.machine, b.self)
  const before = readFileSync(b.at('/etc/hactl/agent.json'), 'utf8')
  await installOn(b.io, HUB, b.machine, b.at('/usr/local/bin/hactl'))
  assert.equal(readFileSync(b.at('/etc/hactl/agent.json'), 'utf8'), before)
})

test('another configuration is not overwritten unless that is asked for', async (t) => {
  const b = await bench(t)
  await installOn(b.io, HUB, b.machine, b.self)
  const other = { ...HUB, node: 'lb2' }
  await refused(installOn(b.io, other, b.machine, b.self), /there is another one/)
  await installOn(b.io, { ...other, force: true }, b.machine, b.self)
  assert.match(readFileSync(b.at('/etc/hactl/agent.json'), 'utf8'), /"lb2"/)
})

test('a dry run says all of it and does nothing', async (t) => {
  const b = await bench(t)
  await installOn(b.io, { ...HUB, dryRun: true }, b.machine, b.self)
  assert.match(b.said.out, /copy .*\/usr\/local\/bin\/hactl/)
  assert.match(b.said.out, /write +\/etc\/hactl\/agent\.json \(mode 600/)
  assert.match(b.said.out, /nothing was changed/)
  assert.equal(existsSync(b.at('/etc')), false)
})

test('a spec file must be one that passes now', async (t) => {
  const b = await bench(t)
  writeFileSync(join(b.io.cwd, 'bad.json'), '{"version": 1}')
  const flags: InstallFlags = { source: 'bad.json', node: 'lb1', prefix: '/usr/local' }
  await assert.rejects(installOn(b.io, flags, b.machine, b.self))
  assert.equal(existsSync(b.at('/etc')), false)
  const good = join(process.cwd(), 'spec/examples/wordpress.json')
  await installOn(b.io, { ...flags, source: good }, b.machine, b.self)
  assert.match(readFileSync(b.at('/etc/hactl/agent.json'), 'utf8'), /"path": ".*wordpress\.json"/)
})

test('what cannot work is refused with the missing option, before anything is written', async (t) => {
  const b = await bench(t)
  const none: InstallFlags = { node: 'lb1', prefix: '/usr/local' }
  await refused(installOn(b.io, none, b.machine, b.self), /where the spec comes from/)
  await refused(
    installOn(b.io, { ...none, hub: 'http://h:1' }, b.machine, b.self),
    /how to speak to the hub/,
  )
  await refused(
    installOn(b.io, { ...HUB, node: 'Not A Name' }, b.machine, b.self),
    /cannot make a configuration/,
  )
  assert.equal(existsSync(b.at('/etc')), false)
})

test('uninstall takes the unit away, and says which daemons go on', async (t) => {
  const b = await bench(t)
  await refused(uninstallFrom(b.io, { prefix: '/usr/local' }, b.machine), /there is no/)
  await installOn(b.io, HUB, b.machine, b.self)
  b.ran.length = 0
  await uninstallFrom(b.io, { prefix: '/usr/local' }, b.machine)
  assert.equal(existsSync(b.at('/etc/systemd/system/hactl-agent.service')), false)
  assert.equal(existsSync(b.at('/etc/hactl/agent.json')), true)
  assert.ok(b.ran.includes('systemctl disable --now hactl-agent.service'))
  assert.match(b.said.out, /haproxy, keepalived go on/)
  assert.equal(
    b.ran.some((line) => /(?:stop|restart) (?:haproxy|keepalived)/.test(line)),
    false,
  )
})

test('uninstall with --purge takes program, configuration and token too', async (t) => {
  const b = await bench(t)
  await installOn(b.io, HUB, b.machine, b.self)
  await uninstallFrom(b.io, { prefix: '/usr/local', purge: true }, b.machine)
  for (const path of ['/usr/local/bin/hactl', '/etc/hactl/agent.json', '/etc/hactl/token'])
    assert.equal(existsSync(b.at(path)), false, path)
})

test('an image with a join token enrols when it starts: the configuration says so', async (t) => {
  const b = await bench(t)
  const { tokenFile: _, ...flags } = HUB
  await installOn(b.io, { ...flags, join: 'join-join-join-join-join' }, b.machine, b.self)
  const config = parseAgentConfig(readFileSync(b.at('/etc/hactl/agent.json'), 'utf8'))
  assert.ok(config.ok)
  const { url, join: token } = config.value.hub ?? {}
  assert.deepEqual([url, token?.reveal()], ['http://192.0.2.10:9400', 'join-join-join-join-join'])
  assert.ok(!existsSync(b.at('/etc/hactl/token')))
  assert.doesNotMatch(b.said.out, /join-join/)
})

test('a join token and a token file at once are refused, and so is neither', async (t) => {
  const b = await bench(t)
  const both = { ...HUB, join: 'join-join-join-join-join' }
  await refused(installOn(b.io, both, b.machine, b.self), /how to speak to the hub/)
})
