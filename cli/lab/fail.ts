// Breaks a lab in the ways clusters break, and heals it again.
import { LabError } from './error.ts'
import {
  enter,
  isolatePort,
  keepPackets,
  logOf,
  losePackets,
  setCables,
  startMember,
  isVm,
} from './namespace.ts'
import { keptPaths } from './preflight.ts'
import { childrenOf, detach, isAlive, kill, must, type Proc, run, until } from './process.ts'
import { startAgent, startHub, startPrograms } from './services.ts'
import { type Fault, type How, readState, type State, writeState } from './state.ts'
import { contains, parseInet } from './subnet.ts'
import { HUB, type Member } from './topology.ts'
import { vmAgent, vmPower, vmSlow } from './vm/ways.ts'

export type FailOptions = { readonly root: string; readonly node: string; readonly how: How }

const GONE_TIMEOUT_MS = 5_000

/** Inside a node: kill -9 of every proxy, found by its name in the node's own process list; the lab's own web server is none. */
const KILL_PROXY = `found=1 web=none
if [ -e /run/lab/nginx.pid ]; then read -r web < /run/lab/nginx.pid; fi
for comm in /proc/[0-9]*/comm; do
  read -r name < "$comm" 2>/dev/null || continue
  pid=\${comm#/proc/} pid=\${pid%/comm}
  case $name in haproxy) ;; nginx)
    read -r _ _ _ parent _ < "/proc/$pid/stat" 2>/dev/null || continue
    if [ "$pid" = "$web" ] || [ "$parent" = "$web" ]; then continue; fi ;;
  *) continue ;; esac
  kill -9 "$pid" && found=0
done
exit $found`
const STUB_PROXY = `set -e
mkdir -p /run/lab
printf '#!/bin/sh\\nexit 1\\n' > /run/lab/stub
chmod 755 /run/lab/stub
for name in haproxy nginx; do
  if program=$(command -v $name); then mount --bind /run/lab/stub "$(readlink -f "$program")"; fi
done`
const UNSTUB_PROXY = `for name in haproxy nginx; do
  if program=$(command -v $name); then umount "$(readlink -f "$program")"; fi
done`
/** Of a bad cable or an overloaded switch; connections crawl, and VRRP loses a hello now and then. */
const LOSS_PERCENT = 20
/** Four fifths of the time the node stands still, as under heavy swapping. kill -1 spares PID 1 and the caller. */
const SLOW = 'while :; do kill -STOP -1; sleep 0.08; kill -CONT -1; sleep 0.02; done'

const inside = (state: State, node: string, script: string) => [
  ...enter(state, node),
  'bash',
  '-c',
  script,
]
const memberOf = (state: State, node: string): Member => {
  const member = state.members.find(({ name }) => name === node)
  if (member === undefined)
    throw new LabError(
      `cannot find ${node} in this lab`,
      `members: ${state.members.map((m) => m.name).join(', ')}`,
    )
  return member
}
/** The program behind an nsenter: its child. Both are ended. */
function killBehind(proc: Proc | undefined): void {
  if (proc === undefined || !isAlive(proc)) return
  for (const child of childrenOf(proc.pid)) kill(child)
  kill(proc)
}

/** Where vips live: a second link of the nodes is another switch and stays whole. All, for a vip of no subnet here. */
function bridgesOf({ bridges }: State, vips: State['vips']): readonly string[] {
  const inets = vips.flatMap((vip) => vip.addresses.flatMap((text) => parseInet(text) ?? []))
  const found = bridges.filter(({ subnet }) => inets.some((inet) => contains(subnet, inet)))
  return (found.length === 0 ? bridges : found).map(({ name }) => name)
}

type Way = {
  readonly fail: (root: string, state: State, node: string) => Promise<Omit<Fault, 'node' | 'how'>>
  readonly heal: (root: string, state: State, fault: Fault) => Promise<void>
}
const WAYS: Record<How, Way> = {
  power: {
    fail: async (root, state, node) => {
      if (isVm(state, node)) await vmPower.fail(root, node)
      const init = state.inits[node]
      if (init !== undefined) kill(init)
      await until(() => init === undefined || !isAlive(init), GONE_TIMEOUT_MS, undefined, 2)
      return {}
    },
    heal: async (root, state, { node }) => {
      if (isVm(state, node)) return vmPower.heal(root, state, node)
      const member = memberOf(state, node)
      const start = () => startMember(root, state, member, keptPaths(state.hactl))
      state.inits[node] = await start()
      if (member.kind === 'hub') state.hub = await startHub(root, state)
      const agent = await startPrograms(root, state, member)
      if (agent !== undefined) state.agents[node] = agent
    },
  },
  link: {
    fail: async (root, state, node) => {
      await setCables(root, state, memberOf(state, node), 'down', isVm(state, node))
      return {}
    },
    heal: async (root, state, { node }) => {
      await setCables(root, state, memberOf(state, node), 'up', isVm(state, node))
    },
  },
  proxy: {
    fail: async (root, state, node) => {
      await must(root, `kill the proxy of ${node}: none runs`, inside(state, node, KILL_PROXY))
      return {}
    },
    // The agent starts it again; in a bare lab nobody does, so the node's own commands are run again.
    heal: async (root, state, { node }) => {
      if (state.bare !== undefined)
        await startPrograms(root, state, { ...memberOf(state, node), web: [] })
    },
  },
  'proxy-stuck': {
    fail: async (root, state, node) => {
      await must(root, `break the proxy of ${node}`, inside(state, node, STUB_PROXY))
      await run(root, inside(state, node, KILL_PROXY))
      return {}
    },
    heal: async (root, state, fault) => {
      await must(root, `mend the proxy of ${fault.node}`, inside(state, fault.node, UNSTUB_PROXY))
      await WAYS.proxy.heal(root, state, fault)
    },
  },
  partition: {
    fail: async (root, state, node) => {
      const vips = state.vips.filter((vip) => vip.peers.includes(node))
      const peers = [...new Set([node, ...vips.flatMap((vip) => vip.peers)])]
      const cut = bridgesOf(state, vips)
      const nics = peers.flatMap((peer) => memberOf(state, peer).nics)
      const ports = nics.filter((nic) => cut.includes(nic.bridge)).map((nic) => nic.port)
      for (const port of ports) await isolatePort(root, state, port, true)
      return { ports }
    },
    heal: async (root, state, { ports }) => {
      for (const port of ports ?? []) await isolatePort(root, state, port, false)
    },
  },
  agent: {
    fail: async (root, state, node) => {
      if (isVm(state, node)) await vmAgent.fail(root, state, node)
      killBehind(state.agents[node])
      return {}
    },
    heal: async (root, state, { node }) => {
      if (isVm(state, node)) await vmAgent.heal(root, state, node)
      else state.agents[node] = startAgent(root, state, node)
    },
  },
  hub: {
    fail: async (_, state) => {
      killBehind(state.hub)
      return {}
    },
    heal: async (root, state) => {
      state.hub = await startHub(root, state)
    },
  },
  loss: {
    fail: async (root, state, node) => {
      const ports = memberOf(state, node).nics.map((nic) => nic.port)
      for (const port of ports) await losePackets(root, state, port, LOSS_PERCENT)
      return { ports }
    },
    heal: async (root, state, { ports }) => {
      for (const port of ports ?? []) await keepPackets(root, state, port)
    },
  },
  slow: {
    fail: async (root, state, node) => {
      if (!isVm(state, node))
        return { proc: detach(root, inside(state, node, SLOW), logOf(root, node)) }
      const proc = vmSlow.fail(root, state, node)
      return proc === undefined ? {} : { proc }
    },
    heal: async (root, state, { node, proc }) => {
      if (isVm(state, node)) return vmSlow.heal(root, state, node, proc)
      killBehind(proc)
      await must(root, `let ${node} run again`, inside(state, node, 'kill -CONT -1'))
    },
  },
}

const isOfSwitch = (how: How): boolean => how === 'partition' || how === 'loss'

/** Breaks one thing. It stays broken until healed. Throws LabError when it is broken already. */
export async function labFail({ root, node, how }: FailOptions): Promise<void> {
  const state = readState(root)
  const target = how === 'hub' ? HUB : node
  memberOf(state, target)
  if (how === 'agent' && state.agents[target] === undefined && !isVm(state, target))
    throw new LabError(`cannot kill the agent of ${target}: it has none`)
  if (
    state.faults.some(
      (fault) => fault.node === target && (fault.how === how || fault.how === 'power'),
    )
  )
    throw new LabError(
      `cannot break ${target} again: it is broken that way already`,
      `hactl lab heal ${target}`,
    )
  const more = await WAYS[how].fail(root, state, target)
  // Without power every other fault of the node is gone too, except those of the switch.
  const kept = state.faults.filter(
    (fault) => how !== 'power' || fault.node !== target || isOfSwitch(fault.how),
  )
  writeState(root, { ...state, faults: [...kept, { node: target, how, ...more }] })
}

/** Undoes the faults of one node, or all; what was healed, newest first. */
export async function labHeal({
  root,
  node,
}: {
  readonly root: string
  readonly node?: string
}): Promise<readonly { node: string; how: How }[]> {
  const state = readState(root)
  if (node !== undefined) memberOf(state, node)
  const todo = state.faults.filter((fault) => node === undefined || fault.node === node).reverse()
  // Power first: nothing else can be done on a dead node.
  todo.sort((a, b) => Number(b.how === 'power') - Number(a.how === 'power'))
  for (const fault of todo) {
    await WAYS[fault.how].heal(root, state, fault)
    state.faults = state.faults.filter((other) => other !== fault)
    writeState(root, state)
  }
  return todo.map((fault) => ({ node: fault.node, how: fault.how }))
}
