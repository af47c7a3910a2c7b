// hactl agent install and uninstall: from the bare file to an agent that has said it is alive, and back.
import type { AgentConfigFile } from '../../agent/config.ts'
import { remoteSource } from './source.ts'
import { bearer, NO_SECRET, Secret } from '../../spec/secret.ts'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { renderDiagnostics } from '../../spec/caret.ts'
import { Value } from '@sinclair/typebox/value'
import { parseAgentConfig } from '../../agent/config.ts'
import { enrolNode } from '../../agent/enrol.ts'
import { Summary } from '../../spec/report.ts'
import type { InstallFlags, UninstallFlags } from '../commands/agent.ts'
import { EXIT, Exit } from '../exit.ts'
import { readText } from '../files.ts'
import type { Io } from '../io.ts'
import { jsonOut } from '../print.ts'
import { needSpec } from '../spec-text.ts'
import { type Machine, machineAt, perform, textAt } from './perform.ts'
import { installPlan, STATE_PATH, type Step, stepText, uninstallPlan, type Wanted } from './plan.ts'
import { AGENT_UNIT, CONFIG_PATH, UNIT_DIRECTORY } from './unit.ts'

const ALIVE_TRIES_MAX = 60
const ALIVE_INTERVAL_MS = 500
const ASK_TIMEOUT_MS = 2_000
const PACKAGE_UNITS = ['/usr/lib/systemd/system', '/lib/systemd/system'] as const
const PACKAGE_PROGRAM = '/usr/bin/hactl'
/** systemd.exec(5) of 230 and later has MemoryMax=; EL7 has 219. */
const SYSTEMD_NEW_MIN = 230
const DAEMONS = ['haproxy', 'keepalived', 'nginx'] as const

export async function install(io: Io, flags: InstallFlags): Promise<void> {
  const machine = machineAt(flags.root === undefined ? '' : resolve(io.cwd, flags.root))
  await installOn(io, flags, machine, selfPath(io))
}

/** Exported for its tests: the machine and the program come in. */
export async function installOn(
  io: Io,
  flags: InstallFlags,
  machine: Machine,
  self: string,
): Promise<void> {
  if (flags.dryRun !== true) needSystemd(machine)
  const wanted = await wantedFrom(io, flags, machine, self)
  const made = installPlan(wanted)
  if (!made.ok) {
    io.err(renderDiagnostics('', made.diagnostics, 'agent.json', io.color))
    throw new Exit(EXIT.usage, 'cannot make a configuration from these options')
  }
  await keepOther(machine, made.config, flags)
  const say = (step: Step) => {
    if (!io.json) io.out(`${stepText(step)}\n`)
  }
  if (flags.dryRun === true) {
    made.steps.forEach(say)
    if (io.json) jsonOut(io, { ok: true, dryRun: true, steps: made.steps.map(stepText) })
    else io.out('nothing was changed\n')
    return
  }
  await enrolNow(machine, wanted, say)
  await perform(machine, made.steps, say)
  if (machine.root !== '') {
    if (io.json) jsonOut(io, { ok: true, root: machine.root })
    else io.out(`installed below ${machine.root}; the agent starts when that system does\n`)
    return
  }
  const summary = await alive(io, machine, made.config)
  if (io.json) jsonOut(io, { ok: true, node: summary.node, condition: summary.condition })
  else io.out(`the agent of ${summary.node} is alive: ${summary.condition}\n`)
}

/** Before anything is changed: a join token that the hub refuses is the user's to mend. An image enrols when it starts. */
async function enrolNow(
  machine: Machine,
  { hub, node }: Wanted,
  say: (step: Step) => void,
): Promise<void> {
  if (hub === undefined || !('join' in hub) || machine.root !== '') return
  const { url, join, ca } = hub
  try {
    await enrolNode(machine.enrol, {
      ...{ url, join, node, state: STATE_PATH },
      ...(ca === undefined ? {} : { ca }),
    })
  } catch (error) {
    throw new Exit(
      EXIT.refused,
      error instanceof Error ? error.message : String(error),
      'nothing was changed; hactl hub join-token makes another token there',
      error,
    )
  }
  say({ do: 'run', argv: ['enrol', node, 'at', url] })
}

/** sd_booted(3): that directory exists exactly where systemd is PID 1. */
function needSystemd({ root }: Machine): void {
  if (root !== '' || existsSync('/run/systemd/system')) return
  const init = readFileSync('/proc/1/comm', 'utf8').trim()
  throw new Exit(
    EXIT.no,
    `cannot install a service: systemd does not run this machine (PID 1 is ${init})`,
    'start it by what does: hactl agent --config /etc/hactl/agent.json; --root DIR prepares an image',
  )
}

/** The single file that runs now. The EL7 file unpacks itself and says where it came from. */
function selfPath(io: Io): string {
  const [, script = ''] = process.argv
  if (/\.(?:ts|js|cjs|mjs)$/.test(script))
    throw new Exit(
      EXIT.usage,
      'cannot install from sources: there is no single file yet',
      'npm run build, then dist/hactl agent install',
    )
  return realpathSync(io.env['HACTL_EXE'] ?? process.execPath)
}

async function wantedFrom(
  io: Io,
  flags: InstallFlags,
  machine: Machine,
  self: string,
): Promise<Wanted> {
  if (flags.hub === undefined && flags.source === undefined)
    throw new Exit(
      EXIT.usage,
      'cannot tell where the spec comes from',
      'give --hub URL --join TOKEN, or --source with a URL, a repository or a file',
    )
  const secret = async (file: string) => new Secret((await readText(io, file)).trim())
  if (flags.hub !== undefined && (flags.tokenFile === undefined) === (flags.join === undefined))
    throw new Exit(
      EXIT.usage,
      'cannot tell how to speak to the hub',
      'give --join TOKEN, which hactl hub join-token makes there, or --token-file FILE',
    )
  const key =
    flags.join === undefined
      ? { token: flags.tokenFile === undefined ? NO_SECRET : await secret(flags.tokenFile) }
      : { join: new Secret(flags.join) }
  const ca = flags.ca === undefined ? {} : { ca: await readText(io, flags.ca) }
  const program = `${flags.prefix}/bin/hactl`
  const packaged =
    self === PACKAGE_PROGRAM && PACKAGE_UNITS.some((at) => existsSync(join(at, AGENT_UNIT)))
  return {
    node: flags.node ?? hostname().split('.')[0] ?? '',
    ...(flags.hub === undefined ? {} : { hub: { url: flags.hub, ...key, ...ca } }),
    ...(flags.source === undefined ? {} : { source: await sourceOf(io, flags.source) }),
    ...(flags.peerTokenFile === undefined ? {} : { peerToken: await secret(flags.peerTokenFile) }),
    self,
    program: packaged ? PACKAGE_PROGRAM : program,
    packaged,
    oldSystemd: await oldSystemd(machine),
    ...(machine.root === '' ? {} : { root: machine.root }),
  }
}

/** A file must be a spec that passes now: an agent that starts and stalls helps nobody. */
async function sourceOf(io: Io, source: string): Promise<AgentConfigFile['source']> {
  const remote = remoteSource(source)
  if (remote !== undefined) return remote
  await needSpec(io, source)
  return { path: resolve(io.cwd, source) }
}

async function oldSystemd(machine: Machine): Promise<boolean> {
  const { stdout } = await machine.run(['systemctl', '--version'], ASK_TIMEOUT_MS)
  const version = Number(/^systemd (\d+)/.exec(stdout)?.[1] ?? SYSTEMD_NEW_MIN)
  return version < SYSTEMD_NEW_MIN
}

/** A configuration that somebody else wrote is not overwritten by accident. */
async function keepOther(machine: Machine, config: string, flags: InstallFlags): Promise<void> {
  const have = await textAt(machine, CONFIG_PATH)
  if (have === undefined || have === config || flags.force === true || flags.dryRun === true) return
  throw new Exit(
    EXIT.no,
    `cannot write ${CONFIG_PATH}: there is another one`,
    '--force overwrites it; hactl agent --check says whether it is good as it is',
  )
}

/** Asks the agent at the door that its peers use: what systemctl says is no proof. */
async function alive(io: Io, machine: Machine, config: string): Promise<Summary> {
  const parsed = parseAgentConfig(config)
  if (!parsed.ok) throw new Error('the configuration that was just written does not parse')
  const { node, peer } = parsed.value
  const url = `http://127.0.0.1:${peer.port}/v1/peer`
  const headers = { authorization: bearer(peer.token ?? NO_SECRET) }
  for (let tries = 0; tries < ALIVE_TRIES_MAX; tries++) {
    const { status, body } = await machine.get(url, headers, ASK_TIMEOUT_MS)
    const value: unknown = status === 200 ? JSON.parse(body) : undefined
    if (Value.Check(Summary, value) && value.node === node) return value
    await io.clock.sleep(ALIVE_INTERVAL_MS, io.signal)
  }
  const { stdout } = await machine.run(
    ['journalctl', '-u', AGENT_UNIT, '-n', '20', '--no-pager', '-o', 'cat'],
    ASK_TIMEOUT_MS,
  )
  io.err(stdout)
  throw new Exit(
    EXIT.no,
    `cannot hear the agent of ${node} on port ${peer.port} after ${(ALIVE_TRIES_MAX * ALIVE_INTERVAL_MS) / 1000} s`,
    'systemctl status hactl-agent',
  )
}

export async function uninstall(io: Io, flags: UninstallFlags): Promise<void> {
  await uninstallFrom(io, flags, machineAt(''))
}

/** Exported for its tests. */
export async function uninstallFrom(
  io: Io,
  flags: UninstallFlags,
  machine: Machine,
): Promise<void> {
  const unit = `${UNIT_DIRECTORY}/${AGENT_UNIT}`
  if ((await textAt(machine, unit)) === undefined)
    throw new Exit(
      EXIT.no,
      `cannot uninstall: there is no ${unit}`,
      'an agent from a package goes with it: apt-get remove hactl, or yum remove hactl',
    )
  const steps = uninstallPlan({ program: `${flags.prefix}/bin/hactl`, purge: flags.purge === true })
  const before = await running(machine)
  if (flags.dryRun === true) {
    for (const step of steps) io.out(`${stepText(step)}\n`)
    io.out('nothing was changed\n')
    return
  }
  await perform(machine, steps, (step) => {
    if (!io.json) io.out(`${stepText(step)}\n`)
  })
  const after = await running(machine)
  const lost = before.filter((name) => !after.includes(name))
  if (lost.length > 0)
    throw new Exit(
      EXIT.no,
      `cannot say that all goes on: ${lost.join(', ')} ran before and does not now`,
      `systemctl start ${lost.join(' ')}`,
    )
  if (io.json) jsonOut(io, { ok: true, running: after })
  else
    io.out(
      `the agent is gone; ${after.length === 0 ? 'no daemon of its ran' : `${after.join(', ')} go on`} with the last configuration\n`,
    )
}

async function running(machine: Machine): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of DAEMONS) {
    const { code } = await machine.run(['systemctl', 'is-active', '--quiet', name], ASK_TIMEOUT_MS)
    if (code === 0) found.push(name)
  }
  return found
}
