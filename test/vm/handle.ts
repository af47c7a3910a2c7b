// What a test does with a cluster of VMs: ask and break its nodes, look as its client, wait until something holds.
import { setTimeout as sleep } from 'node:timers/promises'
import { Value } from '@sinclair/typebox/value'
import { AGENT_UNIT } from '../../cli/install/unit.ts'
import { enter, setCables } from '../../cli/lab/namespace.ts'
import { probe, type ProbeResult } from '../../cli/lab/probe.ts'
import { type Ran, run } from '../../cli/lab/process.ts'
import type { State } from '../../cli/lab/state.ts'
import { CLIENT } from '../../cli/lab/topology.ts'
import type { Vm } from '../../cli/lab/vm/vm.ts'
import { checkSpec } from '../../spec/check.ts'
import { PEER_PORT } from '../../spec/limits.ts'
import { Summary } from '../../spec/report.ts'
import { PEER_TOKEN, SPEC_PATH } from './units.ts'

const READY_TIMEOUT_MS = 120_000
const UNTIL_TIMEOUT_MS = 40_000
const POLL_MS = 100
const PROBE_INTERVAL_MS = 20

export type VmCluster = {
  readonly root: string
  /** Throws when there is no such VM. */
  readonly node: (name: string) => Vm
  readonly names: readonly string[]
  /** Polls until check holds and gives its value; fails with `what` and the last error or value when it does not. */
  readonly until: <T>(
    what: string,
    check: () => Promise<T | undefined> | T | undefined,
    timeoutMs?: number,
  ) => Promise<T>
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
  /** All cables of a node; a VM does not see its carrier go. */
  readonly link: (node: string, to: 'up' | 'down') => Promise<void>
  /** Switches a node on again after cut(); its agent and units start by themselves. */
  readonly on: (node: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** What stands, before a test has it. */
export type Made = {
  readonly root: string
  readonly state: State
  readonly vms: ReadonlyMap<string, Vm>
  /** VMs with an agent. */
  readonly agents: readonly string[]
}

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

/** By the agent's own door for peers, asked on the node itself. */
async function summaryOf(vm: Vm): Promise<Summary | undefined> {
  const { code, stdout } = await vm.sh(
    `curl -sS -m 2 -H 'Authorization: Bearer ${PEER_TOKEN}' http://127.0.0.1:${PEER_PORT}/v1/peer`,
  )
  if (code !== 0) return undefined
  const value: unknown = JSON.parse(stdout)
  return Value.Check(Summary, value) ? value : undefined
}

async function proves(vm: Vm, digest: string, timeoutMs: number): Promise<void> {
  let last: Summary | undefined
  const proved = async () => {
    last = await summaryOf(vm)
    return last?.condition === 'Ready' && last.running === digest
  }
  await until(`${vm.name} proves the spec`, proved, timeoutMs).catch(async () => {
    const { stdout } = await vm.sh(`journalctl -u ${AGENT_UNIT} -n 15 --no-pager -o cat`)
    const said = JSON.stringify(last)
    throw new Error(`${vm.name} is not Ready within ${timeoutMs} ms: ${said}\n${stdout}`)
  })
}

const hasAddress = async (vm: Vm, address: string): Promise<boolean> =>
  vm.isOn() && (await vm.sh(`ip -o addr show to ${address}`)).stdout.includes(address)

/** As its client sees the cluster. */
function clientOf({ root, state }: Made): Pick<VmCluster, 'client' | 'get' | 'probe'> {
  const client: VmCluster['client'] = (argv, timeoutMs = 15_000) =>
    run(root, [...enter(state, CLIENT), ...argv], { timeoutMs })
  return {
    client,
    get: async (url) => {
      const { code, stdout, stderr } = await client(['curl', '-sS', '-m', '5', url])
      if (code !== 0) throw new Error(`cannot get ${url}: ${stderr.trim()}`)
      return stdout
    },
    probe: (url, seconds, intervalMs = PROBE_INTERVAL_MS) =>
      probe(root, enter(state, CLIENT, 'network'), state.hactl, { url, seconds, intervalMs }),
  }
}

/** The cluster for its test. */
export function handleOf(made: Made, close: () => Promise<void>): VmCluster {
  const { root, state, vms } = made
  let digest = ''
  const node = (name: string): Vm => {
    const vm = vms.get(name)
    if (vm === undefined)
      throw new Error(`cannot find the VM ${name}: there are ${[...vms.keys()].join(', ')}`)
    return vm
  }
  const holders = async (address: string) => {
    const all = [...vms.values()]
    const has = await Promise.all(all.map((vm) => hasAddress(vm, address)))
    return all.filter((_, i) => has[i]).map((vm) => vm.name)
  }
  return {
    ...clientOf(made),
    root,
    node,
    names: [...vms.keys()],
    until,
    summary: (name) => summaryOf(node(name)),
    ready: async (nodes = made.agents, timeoutMs = READY_TIMEOUT_MS) => {
      await Promise.all(nodes.map((name) => proves(node(name), digest, timeoutMs)))
    },
    push: async (value) => {
      const text = JSON.stringify(value, null, 2)
      digest = checkSpec(text).cluster?.digest ?? ''
      const on = made.agents.map(node).filter((vm) => vm.isOn())
      await Promise.all(on.map((vm) => vm.put(SPEC_PATH, text)))
    },
    holders,
    heldBy: async (address, name, timeoutMs) => {
      const alone = async () => (await holders(address)).join() === name
      await until(`${address} held by ${name} alone`, alone, timeoutMs)
    },
    link: async (name, to) => {
      const member = state.members.find((m) => m.name === name)
      if (member !== undefined) await setCables(root, state, member, to, vms.has(name))
    },
    on: (name) => node(name).on(),
    close,
  }
}
