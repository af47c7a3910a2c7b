// Brings a lab up: namespaces, web servers, hub, agents; then waits until a client is served.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkSpec } from '../../spec/check.ts'
import type { Spec } from '../../spec/schema.ts'
import { labDown } from './down.ts'
import { LabError } from './error.ts'
import { enter, startMember, startOuter, startSwitch } from './namespace.ts'
import { defaultRoot, labName, makeRoot, uid } from './place.ts'
import { absoluteArgv, checkNamespaces, checkTools, keptPaths } from './preflight.ts'
import { isAlive, marked, until } from './process.ts'
import { probe } from './probe.ts'
import { pushSpec, startRelay } from './push.ts'
import { holders } from './status.ts'
import { startHub, startPrograms } from './services.ts'
import { type Bare, freshState, hasState, type State, writeState } from './state.ts'
import { CLIENT, topologyOf } from './topology.ts'
import { vmImage } from './vm/image.ts'
import { startVms } from './vm/nodes.ts'

/** Generous: a first election plus the first pass of every agent on a slow machine. */
const SERVING_TIMEOUT_MS = 60_000
/** A VM's first systemctl enable alone takes seconds. */
const VM_SERVING_TIMEOUT_MS = 180_000

export type Log = (line: string) => void
export type UpOptions = {
  readonly specText: string
  /** argv prefix of hactl itself: the binary, or node and main.ts. */
  readonly hactl: readonly string[]
  readonly root?: string
  readonly cwd?: string
  readonly log: Log
  readonly signal?: AbortSignal
  /** Every node a small machine with systemd and a kernel of its own. Needs root and apt. */
  readonly vm?: boolean
  /** The user's own files and commands instead of our hub and agents. */
  readonly bare?: Bare
}
export type Lab = {
  readonly root: string
  /** Address of the hub's page on this machine; absent in a bare lab. */
  readonly url?: string
  readonly operatorToken?: string
  readonly vips: State['vips']
  readonly members: readonly string[]
  readonly notes: readonly string[]
}

/** The commands show every fault with its line; here one is enough to find it. */
function specOf(text: string): Spec {
  const { spec, cluster, diagnostics } = checkSpec(text)
  if (spec !== undefined && cluster !== undefined) return spec
  const first = diagnostics.find(({ severity }) => severity === 'error')
  throw new LabError(
    `cannot use the spec: ${first?.code ?? ''} ${first?.message ?? 'it is not valid'}`,
    'hactl validate shows all faults and where they are',
  )
}

/**
 * Builds the whole cluster of a spec on this machine. Whatever goes wrong on the way, and when `signal` aborts, all
 * of it is taken down again before the error is thrown.
 */
export async function labUp(options: UpOptions): Promise<Lab> {
  const spec = specOf(options.specText)
  const root = options.root ?? defaultRoot(spec.cluster)
  if (hasState(root) && marked(root).length > 0)
    throw new LabError(
      `cannot start: a lab is up already in ${root}`,
      `hactl lab down ${labName(root)}`,
    )
  const rootless = uid() !== 0
  checkTools()
  await checkNamespaces(root, rootless)
  if (options.vm === true) await vmImage(options.log)
  await labDown({ root, log: () => undefined })
  makeRoot(root)
  try {
    return await build(root, spec, rootless, options)
  } catch (error) {
    options.log('taking down what was started')
    const interrupted = options.signal?.aborted === true
    await labDown({ root, log: options.log, keepLogs: !interrupted })
    throw interrupted ? new LabError('lab up was interrupted', '', error) : error
  }
}

async function build(
  root: string,
  spec: Spec,
  rootless: boolean,
  options: UpOptions,
): Promise<Lab> {
  const { log, signal } = options
  const { notes, ...topology } = topologyOf(spec)
  for (const note of notes) log(note)
  writeFileSync(join(root, 'spec.json'), options.specText, { mode: 0o600 })
  const bare = options.bare
  const members = topology.members.filter((m) => bare === undefined || m.kind !== 'hub')
  const hactl = absoluteArgv(options.hactl, options.cwd ?? process.cwd())
  const state: State = {
    ...freshState(spec.cluster, { ...topology, members }, hactl, rootless),
    ...(bare === undefined ? {} : { bare }),
  }
  writeState(root, state)
  await startNetwork(root, state, options)
  signal?.throwIfAborted()
  const place =
    bare === undefined ? await startCluster(root, state, options) : await startAll(root, state)
  log('waiting until a client is served')
  await waitServing(root, state, log, signal)
  return { root, ...place, vips: state.vips, members: members.map((m) => m.name), notes }
}

async function startNetwork(
  root: string,
  state: State,
  { log, signal, vm }: UpOptions,
): Promise<void> {
  if (state.rootless) state.outer = await startOuter(root)
  state.switch = await startSwitch(root, state)
  writeState(root, state)
  const keep = keptPaths(state.hactl)
  const spaces = state.members.filter(({ kind }) => vm !== true || kind !== 'node')
  for (const member of spaces) {
    signal?.throwIfAborted()
    state.inits[member.name] = await startMember(root, state, member, keep)
    writeState(root, state)
    const addresses = member.nics.flatMap((nic) => nic.addresses).join(' ')
    log(`${member.kind.padEnd(6)} ${member.name}  ${addresses}`)
  }
  if (vm !== true) return
  const save = () => writeState(root, state)
  await startVms(root, state, save)
  log(`VMs    ${state.vms?.names.join(', ')}`)
}

/** Web servers first, so that no check of a proxy ever fails at the start. */
async function startAll(root: string, state: State): Promise<Record<string, never>> {
  const inOrder = [...state.members].sort((a, b) => b.web.length - a.web.length)
  for (const member of inOrder) {
    const agent = await startPrograms(root, state, member)
    if (agent !== undefined) state.agents[member.name] = agent
  }
  writeState(root, state)
  return {}
}

async function startCluster(
  root: string,
  state: State,
  { specText, log }: UpOptions,
): Promise<{ url: string; operatorToken: string }> {
  state.hub = await startHub(root, state)
  writeState(root, state)
  state.relay = await startRelay(root, state)
  const url = `http://127.0.0.1:${state.relay.port}/`
  state.url = url
  writeState(root, state)
  log(`hub    ${url}`)
  const operatorToken = await pushSpec(root, url, specText)
  await startAll(root, state)
  return { url, operatorToken }
}

/** Every vip has exactly one holder by the kernels' word, and answers a request of the client. */
async function waitServing(
  root: string,
  state: State,
  log: Log,
  signal?: AbortSignal,
): Promise<void> {
  const seen = new Map<string, string>()
  let answer = ''
  const ready = async () => {
    const vips = await holders(root, state)
    for (const { name, holders: now } of vips) {
      const text = now.join(', ') || 'nobody'
      if (seen.get(name) !== text) log(`vip ${name} is held by ${text}`)
      seen.set(name, text)
    }
    if (vips.some((vip) => vip.holders.length !== 1)) return false
    for (const { url } of state.vips)
      if (url !== undefined) {
        const result = await askOnce(root, state, url)
        answer = `${url} answers ${JSON.stringify(result.failed > 0 ? result.errors : result.byServer)}`
        if (result.requests === 0 || result.failed > 0) return false
      }
    return true
  }
  const timeoutMs = state.vms === undefined ? SERVING_TIMEOUT_MS : VM_SERVING_TIMEOUT_MS
  if (await until(ready, timeoutMs, signal, 200)) return
  const dead = Object.entries(state.agents)
    .filter(([, proc]) => !isAlive(proc))
    .map(([name]) => name)
  const why =
    dead.length > 0
      ? `agents that ended: ${dead.join(', ')}`
      : [...seen].map(([v, h]) => `vip ${v} held by ${h}`).join('; ')
  throw new LabError(
    `cannot reach a serving cluster within ${timeoutMs / 1000} s: ${why}; ${answer}`,
    `logs are kept in ${join(root, 'log')}`,
  )
}

const askOnce = (root: string, state: State, url: string) =>
  probe(root, enter(state, CLIENT, 'network'), state.hactl, { url, seconds: 0.1, intervalMs: 50 })
