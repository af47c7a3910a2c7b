// What a simulated node sees of another's listeners, and how an asker may be wrong: it answers nothing, too late, or lies.
import { createAnswerer, type Answerer } from '../../agent/outside/answer.ts'
import type { Agent } from '../../agent/pass.ts'
import { takenClusters } from '../../agent/target.ts'
import type { Clock } from '../../agent/world.ts'
import type { Asked, Question } from '../../spec/verify.ts'
import type { NodeDeps, SimNode } from './node.ts'
import type { Timeline } from './timeline.ts'

export const PEER_PORT = 9
export const ASKERS = ['true', 'lost', 'late', 'lies'] as const
export type AskerIs = (typeof ASKERS)[number]

/** Longer than an asker is waited for. */
const LATE_MS = 1_200

type Net = {
  readonly nodes: readonly SimNode[]
  readonly reachable: (a: SimNode, b: SimNode) => boolean
  readonly timeline: Timeline
}
type Doors = Pick<NodeDeps, 'knock' | 'verify'>
export const NO_OUTSIDE: Doors = { knock: undefined, verify: async () => undefined }

/** Nodes knock at each other's listeners, and ask each other to. */
export function outsideOf(net: Net): Doors {
  const { nodes, reachable, timeline } = net
  return {
    knock: (from, question) => seen(net, from, question),
    verify: async (from, url) => {
      const to = nodes.find((node) => url.includes(`//${node.address}:`))
      const hears = () => to !== undefined && reachable(from, to) && to.asker !== 'lost'
      if (to === undefined || !hears()) return undefined
      const asked = await to.answerer?.answer(from.name, url.split('keys=')[1]?.split(',') ?? [])
      if (to.asker === 'late') await timeline.sleep(LATE_MS)
      if (asked === undefined || to.asker === 'late' || !hears()) return undefined
      return JSON.stringify(to.asker === 'lies' ? lied(asked) : asked)
    },
  }
}

/** As a client at `from` would see it. SHUT answers nobody outside; SHUTVIP only at the node's own address. */
function seen({ nodes, reachable }: Net, from: SimNode, { address, port, how }: Question): number {
  const direct = nodes.find((node) => node.address === address)
  const holder = nodes.find(
    (node) => node.up && node.fake.addresses.some((one) => one.address === address),
  )
  const at = direct ?? holder
  if (at === undefined || !reachable(from, at)) return 0
  if (port === PEER_PORT) return at.agent === undefined ? 0 : 1
  const text = at.fake.daemons.loaded('haproxy') ?? ''
  const shut = /SHUT-/.test(text) || (direct === undefined && text.includes('SHUTVIP-'))
  if (!at.fake.serving || shut || !text.includes(`:${port}`)) return 0
  return how === 'connect' ? 1 : 2
}

export const answererOf = (
  node: SimNode,
  clock: Clock,
  agent: () => Agent,
  knock: (question: Question) => number,
): Answerer =>
  createAnswerer({
    node: node.name,
    clock,
    peerPort: PEER_PORT,
    clusters: () => takenClusters(agent()),
    addresses: async () => [...node.fake.addresses],
    knock: async (question) => knock(question),
  })

/** What a lying asker makes of it: everything is down, and the way there is fine. */
const lied = (asked: Asked): Asked => ({
  ...asked,
  path: true,
  answers: asked.answers.map(({ key }) => ({ key, answer: 0 })),
})
