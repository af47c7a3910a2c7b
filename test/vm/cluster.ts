// A cluster of VMs for tests: every node of a spec a machine with systemd and our agent, and a client beside them.
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Value } from '@sinclair/typebox/value'
import { labDown } from '../../cli/lab/down.ts'
import {
  batch,
  enter,
  inSwitch,
  setPort,
  startMember,
  startSwitch,
} from '../../cli/lab/namespace.ts'
import { probe, type ProbeResult } from '../../cli/lab/probe.ts'
import { must, type Ran, run } from '../../cli/lab/process.ts'
import { startWeb } from '../../cli/lab/services.ts'
import { freshState, type State, writeState } from '../../cli/lab/state.ts'
import { CLIENT, topologyOf } from '../../cli/lab/topology.ts'
import { AGENT_UNIT, agentUnit } from '../../cli/install/unit.ts'
import { vmImage } from '../../cli/lab/vm/image.ts'
import type { Layer } from '../../cli/lab/vm/recipe.ts'
import { createVm, type Vm, type VmOptions } from '../../cli/lab/vm/vm.ts'
import { webConfig } from '../../cli/lab/web.ts'
import { checkSpec } from '../../spec/check.ts'
import { PEER_PORT } from '../../spec/limits.ts'
import { Summary } from '../../spec/report.ts'
import { Spec } from '../../spec/schema.ts'
import { HACTL_PATH, SPEC_PATH, WEB_PATH, WEB_UNIT, WEB_UNIT_TEXT } from './units.ts'

const READY_TIMEOUT_MS = 120_000
const UNTIL_TIMEOUT_MS = 40_000
const POLL_MS = 100
const PEER_TOKEN = 'vm-cluster-peer-token'
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

export type VmCluster = {
  readonly root: string
  /** Throws when there is no such VM. */
  readonly node: (name: string) => Vm
  readonly names: readonly string[]
  /** Polls until check holds and gives its value; fails with `what` and the last error or value when it does not. */
  readonly until: <T>(what: string, check: () => Promise<T> | T, timeoutMs?: number) => Promise<T>
  /** What the agent of a node says of itself; undefined while it does not answer. */
  readonly summary: (node: string) => Promise<Summary | undefined>
  /** Every agent proved the spec that was pushed last (or that of `nodes` only). */
  readonly ready: (nodes?: readonly string[], timeoutMs?: number) => Promise<void>
  /** Gives the agents a new spec file and wakes nobody: they look every three seconds. */
  readonly push: (spec: unknown) => Promise<void>
  /** Nodes whose kernel has that address now, by asking them. */
  readonly holders: (address: string) => Promise<readonly string[]>
  /** Polls until exactly this node has the address. */
  readonly heldBy: (address: string, node: string, timeoutMs?: number) => Promise<void>
  /** Runs a program in the network of the client. */
  readonly client: (argv: readonly string[], timeoutMs?: number) => Promise<Ran>
  /** Body of an URL as the client gets it; throws when it gets none within 5 s. */
  readonly get: (url: string) => Promise<string>
  /** Requests of the client, one every intervalMs (default 20: a VM is no fast server) on a fresh connection. */
  readonly probe: (url: string, seconds: number, intervalMs?: number) => Promise<ProbeResult>
  /** All cables of a node. */
  readonly link: (node: string, to: 'up' | 'down') => Promise<void>
  /** Switches a node on again after cut(); its agent and units start by themselves. */
  readonly on: (node: string) => Promise<void>
  readonly close: () => Promise<void>
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
  const made: Made = {
    root,
    spec,
    options,
    vms: new Map(),
    state: await startNetwork(root, spec, options),
  }
  try {
    await startNodes(made)
    const cluster = clusterOf(made)
    await cluster.push(options.spec)
    await Promise.all(agentsOf(made).map((name) => startAgent(cluster.node(name), name)))
    if (options.wait ?? true) await cluster.ready()
    return cluster
  } catch (error) {
    await close(made)
    throw error
  }
}

type Made = {
  readonly root: string
  readonly spec: Spec
  readonly options: ClusterOptions
  readonly vms: Map<string, Vm>
  readonly state: State
}

const namesOf = ({ spec, vms }: { readonly spec: Spec; readonly vms?: readonly string[] }) =>
  vms ?? Object.keys(spec.nodes)
const agentsOf = ({ spec, options }: Made): readonly string[] =>
  options.agents ?? namesOf({ ...options, spec })

/** Bridges, the client, and every member that is no VM: namespaces as in the lab without VMs. */
async function startNetwork(root: string, spec: Spec, options: ClusterOptions): Promise<State> {
  const topology = topologyOf(spec)
  const members = topology.members.filter(({ kind }) => kind !== 'hub')
  const hactl = [resolve('dist/hactl')]
  const state = freshState(spec.cluster, { ...topology, members }, hactl, false)
  mkdirSync(join(root, 'log'), { recursive: true })
  writeState(root, state)
  state.switch = await startSwitch(root, state)
  writeState(root, state)
  const vms = namesOf({ ...options, spec })
  for (const member of members.filter(({ name }) => !vms.includes(name))) {
    state.inits[member.name] = await startMember(root, state, member, [])
    writeState(root, state)
    await startWeb(root, state, member)
  }
  const taps = members
    .filter(({ name }) => vms.includes(name))
    .flatMap(({ nics }) =>
      nics.flatMap(({ port, bridge }) =>
        [`link set ${port} master ${bridge}`, `link set ${port} up`].map((l) => [port, l] as const),
      ),
    )
  for (const port of new Set(taps.map(([name]) => name)))
    await must(root, `make the tap ${port}`, [
      ...inSwitch(state),
      'ip',
      'tuntap',
      'add',
      'dev',
      port,
      'mode',
      'tap',
    ])
  await batch(
    root,
    inSwitch(state),
    'plug the VMs in',
    taps.map(([, line]) => line),
  )
  return state
}

async function startNodes(made: Made): Promise<void> {
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
    const folder = join(root, name)
    const prefix = inSwitch(state)
    vms.set(name, createVm({ name, image, folder, root, prefix, nics, hosts, ...own, shares }))
  }
  await Promise.all([...vms.values()].map((vm) => startNode(made, vm)))
}

async function startNode({ state, options }: Made, vm: Vm): Promise<void> {
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

async function close({ root, vms }: Made): Promise<void> {
  await Promise.all([...vms.values()].map((vm) => vm.close()))
  await labDown({ root, log: () => undefined })
}

function clusterOf(made: Made): VmCluster {
  const { root, state, vms } = made
  let digest = ''
  const node = (name: string): Vm => {
    const vm = vms.get(name)
    if (vm === undefined)
      throw new Error(`cannot find the VM ${name}: there are ${[...vms.keys()].join(', ')}`)
    return vm
  }
  const client = (argv: readonly string[], timeoutMs = 15_000) =>
    run(root, [...enter(state, CLIENT), ...argv], { timeoutMs })
  const summary = (name: string) => summaryOf(node(name))
  const until: VmCluster['until'] = async (what, check, timeoutMs = UNTIL_TIMEOUT_MS) => {
    const end = performance.now() + timeoutMs
    for (let last: unknown; ; ) {
      try {
        const value = await check()
        if (value) return value
        last = value
      } catch (error) {
        last = error instanceof Error ? error.message : error
      }
      if (performance.now() > end)
        throw new Error(`not within ${timeoutMs} ms: ${what} (last: ${JSON.stringify(last)})`)
      await sleep(POLL_MS)
    }
  }
  const ready = async (nodes = agentsOf(made), timeoutMs = READY_TIMEOUT_MS) => {
    await Promise.all(
      nodes.map(async (name) => {
        let last: Summary | undefined
        const proved = async () => {
          last = await summary(name)
          return last?.condition === 'Ready' && last.running === digest
        }
        await until(`${name} proves the spec`, proved, timeoutMs).catch(async () => {
          const log = await node(name).sh(`journalctl -u ${AGENT_UNIT} -n 15 --no-pager -o cat`)
          throw new Error(
            `${name} is not Ready within ${timeoutMs} ms: ${JSON.stringify(last)}\n${log.stdout}`,
          )
        })
      }),
    )
  }
  const holders = async (address: string) => {
    const all = await Promise.all(
      [...vms.values()].map(async (vm) =>
        vm.isOn() && (await vm.sh(`ip -o addr show to ${address}`)).stdout.includes(address)
          ? [vm.name]
          : [],
      ),
    )
    return all.flat()
  }
  return {
    root,
    node,
    names: [...vms.keys()],
    until,
    summary,
    ready,
    push: async (value) => {
      digest = checkSpec(JSON.stringify(value)).cluster?.digest ?? ''
      const agents = agentsOf(made)
        .map(node)
        .filter((vm) => vm.isOn())
      await Promise.all(agents.map((vm) => vm.put(SPEC_PATH, JSON.stringify(value, null, 2))))
    },
    holders,
    heldBy: async (address, name, timeoutMs) => {
      await until(
        `${address} held by ${name} alone`,
        async () => (await holders(address)).join() === name,
        timeoutMs,
      )
    },
    client,
    get: async (url) => {
      const { code, stdout, stderr } = await client(['curl', '-sS', '-m', '5', url])
      if (code !== 0) throw new Error(`cannot get ${url}: ${stderr.trim()}`)
      return stdout
    },
    probe: (url, seconds, intervalMs = 20) =>
      probe(root, enter(state, CLIENT, 'network'), state.hactl, { url, seconds, intervalMs }),
    link: async (name, to) => {
      for (const { port } of state.members.find((m) => m.name === name)?.nics ?? [])
        await setPort(root, state, port, to)
    },
    on: async (name) => {
      await node(name).on()
    },
    close: () => close(made),
  }
}

/** By the agent's own door for peers, asked on the node itself. */
async function summaryOf(vm: Vm): Promise<Summary | undefined> {
  const { code, stdout } = await vm.sh(
    `curl -sS -m 2 -H 'Authorization: Bearer ${PEER_TOKEN}' http://127.0.0.1:${PEER_PORT}/v1/peer`,
  )
  if (code !== 0) return undefined
  const value: unknown = JSON.parse(stdout)
  return Value.Check(Summary, value) ? value : undefined
}
