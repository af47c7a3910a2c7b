// Nodes of a lab as VMs: their agent and small web servers are units, which come back by themselves after a boot.
import { AGENT_UNIT, agentUnit } from '../../install/unit.ts'
import { LabError } from '../error.ts'
import { enter, logOf } from '../namespace.ts'
import { detachReady, must, type Proc, run } from '../process.ts'
import { put } from '../services.ts'
import type { State } from '../state.ts'
import type { Member } from '../topology.ts'
import { webConfig } from '../web.ts'
import { switchOn } from './keeper.ts'
import { plugTaps } from './taps.ts'
import { HACTL_PATH, WEB_PATH, WEB_UNIT, WEB_UNIT_TEXT } from './units.ts'

/** Keeper first, then all nodes at once. `save` is called when there is something to remember. */
export async function startVms(root: string, state: State, save: () => void): Promise<void> {
  const [hactl = '', ...more] = state.hactl
  if (more.length > 0 || !hactl.endsWith('/hactl'))
    throw new LabError(
      'cannot run this hactl in a VM: it is no single file',
      'npm run build, then dist/hactl',
    )
  const names = state.members.filter(({ kind }) => kind === 'node').map(({ name }) => name)
  await plugTaps(root, state, names)
  const keeper = await detachReady(root, [hactl, 'lab-inner', 'vms', root], logOf(root, 'vms'))
  state.vms = { root, names, keeper }
  save()
  const procs = await Promise.all(names.map((name) => switchOn(root, name)))
  names.forEach((name, i) => {
    const proc = procs[i]
    if (proc !== undefined) state.inits[name] = proc
  })
  save()
}

const systemctl = (root: string, state: State, name: string, ...words: readonly string[]) =>
  must(
    root,
    `systemctl ${words.join(' ')} on ${name}`,
    [...enter(state, name), 'systemctl', ...words],
    {
      timeoutMs: 90_000,
    },
  )

export async function startVmWeb(root: string, state: State, member: Member): Promise<void> {
  const config = webConfig(member)
  if (config === undefined) return
  await put(root, state, member.name, WEB_PATH, config)
  await put(root, state, member.name, `/etc/systemd/system/${WEB_UNIT}`, WEB_UNIT_TEXT)
  await systemctl(root, state, member.name, 'enable', '-q', '--now', WEB_UNIT)
}

/** `config`: text of agent.json. */
export async function startVmAgent(
  root: string,
  state: State,
  name: string,
  config: string,
): Promise<void> {
  await put(root, state, name, '/etc/hactl/agent.json', config)
  await put(root, state, name, `/etc/systemd/system/${AGENT_UNIT}`, agentUnit(HACTL_PATH))
  await systemctl(root, state, name, 'enable', '-q', '--now', AGENT_UNIT)
  // What an installed machine has on its disk long before its first power cut.
  await run(root, [...enter(state, name), 'sync'])
}

/** Killed, and kept from coming back by its unit. */
export async function killVmAgent(root: string, state: State, name: string): Promise<void> {
  await run(root, [...enter(state, name), 'systemctl', 'kill', '-s', 'KILL', AGENT_UNIT])
  await systemctl(root, state, name, 'stop', AGENT_UNIT)
}

export const reviveVmAgent = (root: string, state: State, name: string) =>
  systemctl(root, state, name, 'start', AGENT_UNIT)

export async function vmAgentRuns(root: string, state: State, name: string): Promise<boolean> {
  return (
    (await run(root, [...enter(state, name), 'systemctl', 'is-active', '-q', AGENT_UNIT])).code ===
    0
  )
}

/** Four fifths of the time the machine stands still: all processes of its group on this host. */
export const slowVm = (proc: Proc): readonly string[] => [
  ...[
    'bash',
    '-c',
    'while :; do kill -STOP -- "-$1"; sleep 0.08; kill -CONT -- "-$1"; sleep 0.02; done',
  ],
  ...['slow', String(proc.pid)],
]
export const unslowVm = (proc: Proc): readonly string[] => [
  'bash',
  '-c',
  'kill -CONT -- "-$1"',
  'unslow',
  String(proc.pid),
]
