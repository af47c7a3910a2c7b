// What can happen: pushes, deaths, cuts, lies, hands. The scheduler picks from this table.
import { CONFIG_PATH } from '../../agent/providers/haproxy/paths.ts'
import type { OrderKind } from '../../spec/order.ts'
import { LIES } from './hub.ts'
import type { SimNode } from './node.ts'
import { ASKERS } from './outside.ts'
import type { Run } from './sim.ts'
import { type Push, SECOND_PORT } from './specs.ts'

export type Event = { readonly name: string; readonly do: (run: Run, node: SimNode) => void }

const EFFECTS_MAX = 90

/** More of what matters most stands in the table more than once. */
const pushOf = (kind: Push): Event => ({ name: `push: ${kind}`, do: (run) => run.push(kind) })
const push = pushOf('good')
const pushBad = pushOf('bad')
const killAgent: Event = {
  name: 'kill -9 of the agent soon',
  do: (run, node) => {
    node.killAt = run.random.between(0, EFFECTS_MAX)
  },
}

export const EVENTS: readonly Event[] = [
  push,
  push,
  push,
  pushBad,
  pushBad,
  pushOf('wire'),
  pushOf('wire refused'),
  pushOf('emptied'),
  pushOf('again'),
  killAgent,
  killAgent,
  {
    name: 'power cut or back',
    do: (run, node) => {
      run.split()
      if (!node.up) run.start(node)
      else run.powerOff(node)
    },
  },
  { name: 'a node is cut off from its peers', do: (run, node) => void run.cut.add(node.name) },
  { name: 'the hub is cut off', do: (run, node) => void run.cut.add(`hub ${node.name}`) },
  {
    name: 'cuts heal',
    do: (run) => {
      run.split()
      run.cut.clear()
    },
  },
  {
    name: 'hub down or up',
    do: (run) => {
      run.hub.up = !run.hub.up
    },
  },
  {
    name: 'the hub lies',
    do: (run) => run.hub.lie(LIES[run.random.between(0, LIES.length - 1)] ?? 'older'),
  },
  {
    name: 'disk full or free',
    do: (_, node) => {
      node.diskFull = !node.diskFull
    },
  },
  {
    name: 'clock step',
    do: (run, node) => {
      node.clockOffsetMs = run.random.between(-86_400, 86_400) * 1000
    },
  },
  {
    name: 'hand edit',
    do: (run, node) => {
      const text = node.fake.disk.read(CONFIG_PATH)?.body
      if (text === undefined) return
      node.handText = `${text}# by hand ${run.random.between(0, 1) === 0 ? 'BROKEN' : ''}\n`
      node.fake.disk.write(CONFIG_PATH, node.handText, 0o644)
    },
  },
  {
    name: 'a daemon is killed',
    do: (run, node) => {
      run.split()
      node.excused = true
      node.fake.daemons.kill(run.random.between(0, 1) === 0 ? 'haproxy' : 'keepalived')
    },
  },
  {
    name: 'a port is taken',
    do: (_, node) => {
      node.fake.taken.add(`0.0.0.0:${SECOND_PORT}`)
      node.fake.taken.add(`*:${SECOND_PORT}`)
    },
  },
]

/** Besides the others, in the seeds that are for it: kept seeds keep their meaning. */
export const CONFIRM_EVENTS: readonly Event[] = [
  ...Array.from({ length: 4 }, () => ({
    name: 'push: good, to be confirmed',
    do: (run: Run) => run.push('good', run.random.between(5, 20) * 1_000),
  })),
  { name: 'confirm', do: (run) => run.hub.confirm() },
  { name: 'confirm', do: (run) => run.hub.confirm() },
]

/** In the seeds in which nodes ask each other from outside. */
export const OUTSIDE_EVENTS: readonly Event[] = [
  ...Array.from({ length: 4 }, () => pushOf('shut')),
  ...Array.from({ length: 3 }, () => ({
    name: 'an asker answers nothing, too late, or lies',
    do: (run: Run, node: SimNode) => {
      const is = ASKERS[run.random.between(0, ASKERS.length - 1)] ?? 'true'
      run.say(`  ${node.name} as asker: ${is}`)
      node.asker = is
    },
  })),
]

const ordered = (kind: OrderKind): readonly Event[] => [
  {
    name: `${kind} a node`,
    do: (run, node) => {
      const leftMs = run.random.between(0, 2) === 0 ? run.random.between(1, 20) * 1_000 : undefined
      run.hub.order(kind, node.name, leftMs)
    },
  },
  { name: `end the ${kind} of a node`, do: (run, node) => run.hub.endOrders(kind, node.name) },
]
/** As above. Many, so that they meet everything else. */
export const ORDER_EVENTS: readonly Event[] = [
  ...ordered('pause'),
  ...ordered('pause'),
  ...ordered('drain'),
  ...ordered('drain'),
  ...ordered('drain'),
]
