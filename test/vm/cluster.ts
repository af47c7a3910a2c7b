// A cluster of VMs for tests: every node of a spec a machine with systemd and our agent, and a client beside them.
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { labDown } from '../../cli/lab/down.ts'
import { inSwitch, startMember, startSwitch } from '../../cli/lab/namespace.ts'
import { makeRoot } from '../../cli/lab/place.ts'
import { startWeb } from '../../cli/lab/services.ts'
import { freshState, type State, writeState } from '../../cli/lab/state.ts'
import { topologyOf } from '../../cli/lab/topology.ts'
import { AGENT_UNIT, agentUnit } from '../../cli/install/unit.ts'
import { vmImage } from '../../cli/lab/vm/image.ts'
import type { Layer } from '../../cli/lab/vm/recipe.ts'
import { plugTaps } from '../../cli/lab/vm/taps.ts'
import { createVm, type Vm, type VmOptions } from '../../cli/lab/vm/vm.ts'
import { webConfig } from '../../cli/lab/web.ts'
import { checkSpec } from '../../spec/check.ts'
import { Spec } from '../../spec/schema.ts'
import { handleOf, type VmCluster } from './handle.ts'
import { HACTL_PATH, WEB_PATH, WEB_UNIT, WEB_UNIT_TEXT } from '../../cli/lab/vm/units.ts'
import { PEER_TOKEN, SPEC_PATH } from './units.ts'

export type { VmCluster } from './handle.ts'

const ROOT_PREFIX = 'hactl-vm-'

export type NodeOptions = Partial<Pick<VmOptions, 'memoryMb' | 'gateway' | 'shares'>>
export type ClusterOptions = {
  /** A spec as JSON.parse gives it. */
  readonly spec: unknown
  /** Nodes that are VMs; default all. The others are namespaces with the lab's small web servers. */
  readonly vms?: readonly string[]
  /** VMs that run our agent; default all of them. */
  readonly agents?: readonly string[]
  readonly layer?: Layer
  readonly nodes?: Readonly<Record<string, NodeOptions>>
  /** Small web servers on VMs, for servers of pools; default true. */
  readonly web?: boolean
  /** Done on every VM after its first boot, before its agent starts. */
  readonly prepare?: (vm: Vm) => Promise<void>
  /** Wait until every agent is Ready with this spec; default true. */
  readonly wait?: boolean
}

const base = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/** What a run that was killed left behind. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(base()).filter((n) => n.startsWith(ROOT_PREFIX))) {
    const pid = Number(/-(\d+)-\d+$/.exec(name)?.[1])
    if (existsSync(`/proc/${pid}`)) continue
    await labDown({ root: join(base(), name), log: () => undefined })
  }
}

function specOf(value: unknown): Spec {
  if (Value.Check(Spec, value)) return value
  throw new Error(
    `cannot use the spec: ${checkSpec(JSON.stringify(value))
      .diagnostics.map((d) => `${d.path} ${d.message}`)
      .join('; ')}`,
  )
}

let clusters = 0

/** Starts everything in parallel; whatever fails on the way, nothing is left. Needs the built dist/hactl. */
export async function vmCluster(options: ClusterOptions): Promise<VmCluster> {
  await sweep()
  const root = join(base(), `${ROOT_PREFIX}${process.pid}-${++clusters}`)
  const spec = specOf(options.spec)
  const vms = new Map<string, Vm>()
  const close = async (): Promise<void> => {
    await Promise.all([...vms.values()].map((vm) => vm.close()))
    await labDown({ root, log: () => undefined })
  }
  try {
    const state = await startNetwork(root, spec, options)
    await startNodes({ root, spec, options, vms, state })
    const agents = options.agents ?? [...vms.keys()]
    const cluster = handleOf({ root, state, vms, agents }, close)
    await cluster.push(options.spec)
    await Promise.all(agents.map((name) => startAgent(cluster.node(name), name)))
    if (options.wait ?? true) await cluster.ready()
    return cluster
  } catch (error) {
    await close()
    throw error
  }
}

type Making = {
  readonly root: string
  readonly spec: Spec
  readonly options: ClusterOptions
  readonly vms: Map<string, Vm>
  readonly state: State
}

const namesOf = ({ spec, vms }: { readonly spec: Spec; readonly vms?: readonly string[] }) =>
  vms ?? Object.keys(spec.nodes)

/** Bridges, the client, and every member that is no VM: namespaces as in the lab without VMs. */
async function startNetwork(root: string, spec: Spec, options: ClusterOptions): Promise<State> {
  const topology = topologyOf(spec)
  const members = topology.members.filter(({ kind }) => kind !== 'hub')
  const hactl = [resolve('dist/hactl')]
  const state = freshState(spec.cluster, { ...topology, members }, hactl, false)
  makeRoot(root)
  writeState(root, state)
  state.switch = await startSwitch(root, state)
  writeState(root, state)
  const vms = namesOf({ ...options, spec })
  for (const member of members.filter(({ name }) => !vms.includes(name))) {
    state.inits[member.name] = await startMember(root, state, member, [])
    writeState(root, state)
    await startWeb(root, state, member)
  }
  await plugTaps(root, state, vms)
  return state
}

async function startNodes(made: Making): Promise<void> {
  const { root, spec, options, vms, state } = made
  const image = await vmImage((line) => process.stderr.write(`${line}\n`), options.layer)
  const hosts = Object.entries(spec.nodes).map(
    ([name, { address }]) => `${address.split('/')[0]} ${name}`,
  )
  const [hactl = ''] = state.hactl
  for (const name of namesOf({ ...options, spec })) {
    const member = state.members.find((m) => m.name === name)
    if (member === undefined)
      throw new Error(`cannot make a VM of ${name}: the spec has no such node`)
    const own = options.nodes?.[name] ?? {}
    const shares = [
      { from: dirname(hactl), at: '/opt/hactl', readOnly: true },
      ...(own.shares ?? []),
    ]
    const nics = member.nics.map((nic) => ({ ...nic, tap: nic.port }))
    const folder = join(root, 'vms', name)
    const prefix = inSwitch(state)
    vms.set(name, createVm({ name, image, folder, root, prefix, nics, hosts, ...own, shares }))
  }
  await Promise.all([...vms.values()].map((vm) => startNode(made, vm)))
}

async function startNode({ state, options }: Making, vm: Vm): Promise<void> {
  await vm.on()
  const member = state.members.find((m) => m.name === vm.name)
  const config = member === undefined || options.web === false ? undefined : webConfig(member)
  if (config !== undefined) {
    await vm.put(WEB_PATH, config)
    await vm.put(`/etc/systemd/system/${WEB_UNIT}`, WEB_UNIT_TEXT)
    await vm.must(`systemctl enable -q --now ${WEB_UNIT}`)
  }
  await options.prepare?.(vm)
}

async function startAgent(vm: Vm, name: string): Promise<void> {
  const config = {
    node: name,
    source: { path: SPEC_PATH },
    peer: { token: PEER_TOKEN },
    intervalMs: 3_000,
  }
  await vm.put('/etc/hactl/agent.json', JSON.stringify(config), 0o600)
  await vm.put(`/etc/systemd/system/${AGENT_UNIT}`, agentUnit(HACTL_PATH))
  // A machine was installed long before its first power cut: what is in memory only would be lost by it.
  await vm.must(`systemctl enable -q --now ${AGENT_UNIT} && sync`)
}
