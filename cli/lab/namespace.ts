// Members of a lab as namespaces: made, wired, entered. None has a name in the kernel or a file, so
// all of it ends with its PID 1.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './error.ts'
import { HOLD, INIT } from './init.ts'
import { childrenOf, detachReady, isAlive, must, type Proc, run } from './process.ts'
import type { State } from './state.ts'
import { HUB, type Member } from './topology.ts'

export const diskOf = (root: string, name: string): string => join(root, 'nodes', name)
export const logOf = (root: string, name: string): string => join(root, 'log', `${name}.log`)
const DISK = ['etc-hactl', 'etc-haproxy', 'etc-keepalived', 'etc-nginx', 'var-lib-hactl'] as const

const asOuter = ({ outer }: Pick<State, 'outer'>): readonly string[] =>
  outer === undefined
    ? []
    : ['nsenter', '-U', '--preserve-credentials', '-n', '-m', '-t', String(outer.pid), '--']

export const isVm = (state: State, name: string): boolean =>
  state.vms?.names.includes(name) === true

/** Prefix of argv that runs a program inside a member. 'network' keeps the host's files and processes in view. */
export function enter(state: State, name: string, view: 'all' | 'network' = 'all'): string[] {
  const init = state.inits[name]
  if (init === undefined)
    throw new LabError(
      `cannot find ${name} in this lab`,
      `members: ${state.members.map((m) => m.name).join(', ')}`,
    )
  if (!isAlive(init))
    throw new LabError(`cannot enter ${name}: it is without power`, `hactl lab heal ${name}`)
  if (isVm(state, name))
    return [...state.hactl, 'lab-inner', 'vm', state.vms?.root ?? '', name, '--']
  const user = state.rootless ? ['-U', '--preserve-credentials'] : []
  const views = view === 'all' ? ['-n', '-m', '-p', '-u'] : ['-n']
  return ['nsenter', ...user, ...views, '-t', String(init.pid), '--']
}
/** Prefix of argv that runs a program where the lab's bridges are. */
export const inSwitch = (state: State): string[] => {
  if (state.switch === undefined || !isAlive(state.switch))
    throw new LabError("cannot reach the lab's switch: it is gone", 'hactl lab down, then up again')
  const user = state.rootless ? ['-U', '--preserve-credentials'] : []
  return ['nsenter', ...user, '-n', '-t', String(state.switch.pid), '--']
}

/** Holder of the user namespace in which an ordinary user may do the rest. */
export const startOuter = (root: string): Promise<Proc> =>
  detachReady(
    root,
    ['unshare', '--user', '--map-root-user', '--net', '--mount', 'bash', '-c', HOLD],
    logOf(root, 'outer'),
  )

/** Network namespace with one bridge per subnet, and nothing else. */
export async function startSwitch(root: string, state: State): Promise<Proc> {
  const argv = [...asOuter(state), 'unshare', '--net', 'bash', '-c', HOLD]
  // Neither nsenter without -p nor unshare without --fork forks: this is the holder itself.
  const proc = await detachReady(root, argv, logOf(root, 'switch'))
  const lines = state.bridges.flatMap(({ name }) => [
    `link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${name} up`,
  ])
  await batch(root, inSwitch({ ...state, switch: proc }), "build the lab's switch", lines)
  return proc
}

/** ip -batch: all lines in one process. */
export const batch = (
  root: string,
  prefix: readonly string[],
  doing: string,
  lines: readonly string[],
) => must(root, doing, [...prefix, 'ip', '-batch', '-'], { input: `${lines.join('\n')}\n` })

/** Makes a member from its disk (created when absent) and plugs it in; its PID 1 on return. */
export async function startMember(
  root: string,
  state: State,
  member: Member,
  keep: readonly string[],
): Promise<Proc> {
  const disk = diskOf(root, member.name)
  for (const directory of DISK) mkdirSync(join(disk, directory), { recursive: true })
  const visible = member.name === HUB ? [root, ...keep] : keep
  const argv = [
    ...asOuter(state),
    ...['unshare', '--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'],
    ...['bash', '-c', INIT, 'init', member.name, disk, ...visible],
  ]
  const parent = await detachReady(root, argv, logOf(root, member.name))
  const init = childrenOf(parent.pid)[0]
  if (init === undefined)
    throw new LabError(
      `cannot start ${member.name}: its first process is gone`,
      `see ${logOf(root, member.name)}`,
    )
  await plug(root, state, member, init)
  return init
}

async function plug(root: string, state: State, { name, nics }: Member, init: Proc): Promise<void> {
  const outside = nics.flatMap(({ port, bridge, mac, interface: name }) => [
    `link add ${port} type veth peer name ${name} address ${mac} netns ${init.pid}`,
    `link set ${port} master ${bridge} up`,
  ])
  // The kernel takes a dead namespace's cables down a little after its last process: after a power cut they may still be
  // here. Those that are gone already are no error.
  const stale = nics.map(({ port }) => `link del ${port}\n`).join('')
  await run(root, [...inSwitch(state), 'ip', '-force', '-batch', '-'], { input: stale })
  await batch(root, inSwitch(state), `plug ${name} in`, outside)
  const inside = nics.flatMap(({ interface: name, addresses }) => [
    ...addresses.map((a) => `addr add ${a} dev ${name}${a.includes(':') ? ' nodad' : ''}`),
    `link set ${name} up`,
  ])
  const inits = { ...state.inits, [name]: init }
  const lines = ['link set lo up', ...inside]
  await batch(
    root,
    enter({ ...state, inits }, name, 'network'),
    `give ${name} its addresses`,
    lines,
  )
}

/**
 * All cables of a member. A VM's stays where it is and leads to no bridge instead: UML never uses a tap again that was
 * down once. So a namespace sees that its carrier is gone, a VM only that nobody answers.
 */
export async function setCables(
  root: string,
  state: State,
  { name, nics }: Pick<Member, 'name' | 'nics'>,
  to: 'up' | 'down',
  vm: boolean,
): Promise<void> {
  for (const { port, bridge } of nics) {
    const words = !vm ? [to] : to === 'up' ? ['master', bridge] : ['nomaster']
    const argv = [...inSwitch(state), 'ip', 'link', 'set', port, ...words]
    await must(root, `set the cables of ${name} ${to}`, argv)
  }
}

/** Isolated ports reach everything but each other. */
export const isolatePort = (root: string, state: State, port: string, isolated: boolean) =>
  must(root, `isolate port ${port}`, [
    ...[...inSwitch(state), 'bridge', 'link', 'set', 'dev', port],
    ...['isolated', isolated ? 'on' : 'off'],
  ])

const lossTable = (port: string): string => `loss_${port.replaceAll('-', '_')}`
/**
 * Drops this share of the packets of a port, each way by itself. In the switch, so that the node sees nothing of it
 * but its effect. Throws LabError without nft, or where the kernel has no nftables for bridges.
 */
export function losePackets(root: string, state: State, port: string, percent: number) {
  const table = `bridge ${lossTable(port)}`
  const drop = `numgen random mod 100 < ${percent} drop`
  const rules = [
    `add table ${table}`,
    `add chain ${table} forward { type filter hook forward priority 0; }`,
    `add rule ${table} forward iifname "${port}" ${drop}`,
    `add rule ${table} forward oifname "${port}" ${drop}`,
  ]
  const argv = [...inSwitch(state), 'nft', '-f', '-']
  return must(root, `lose packets of port ${port}`, argv, { input: `${rules.join('\n')}\n` })
}
export const keepPackets = (root: string, state: State, port: string) =>
  must(root, `keep the packets of port ${port}`, [
    ...[...inSwitch(state), 'nft', 'delete', 'table', 'bridge', lossTable(port)],
  ])

/** Addresses that the kernel of a member has now; none when it is without power. */
export async function addressesOf(
  root: string,
  state: State,
  name: string,
): Promise<readonly string[]> {
  const init = state.inits[name]
  if (init === undefined || !isAlive(init)) return []
  const text = await must(root, `read the addresses of ${name}`, [
    ...enter(state, name, 'network'),
    'ip',
    '-o',
    'addr',
    'show',
  ])
  return [...text.matchAll(/\sinet6? ([0-9a-f.:]+)/g)].map((match) => match[1] ?? '')
}
