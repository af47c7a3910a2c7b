// From views of the cluster to messages: each event once, each fault once with its end. Pure: times come in.
import {
  absence,
  CLOSE_HOLD_MS,
  type Fault,
  faultsOf,
  FIRST_HOLDER_MS,
  GATHER_MS,
  groupOf,
} from './faults.ts'
import type { Notice, Told, VipSeen, View } from './notice.ts'
import { createNoticeRate } from './notice-rate.ts'
import type { ClusterNotify } from './notify.ts'
import type { Topic } from './notify.ts'
import { type Move, movedNotice } from './notice-moved.ts'
import { lasting } from './notice-text.ts'

/** A vip that goes there and back within this time, or on into a split brain, is not told as a move. */
export const MOVE_HOLD_MS = 1_500

export type Policy = Pick<ClusterNotify, 'on' | 'repeatMs' | 'messagesMax'>
export type Notices = {
  /** Messages that are due. `gaps`: measured time without a claim, by vip, for moves since the last call. */
  step(view: View, policy: Policy, gaps?: ReadonlyMap<string, number>): readonly Notice[]
  /** What must survive a restart. */
  told(): Told
  /** Nothing is held back or counted: without a change of the view nothing will become due. */
  idle(): boolean
  /** Wall clock at which each open fault was last there to see, by key. */
  seen(): ReadonlyMap<string, number>
}

type Open = {
  readonly fault: Pick<Fault, 'key' | 'topic' | 'about' | 'words' | 'group'>
  readonly since: number
  readonly sinceWall: number
  told: boolean
  thread: string
  /** Since when it is no longer seen. */
  goneSince: number | undefined
  seenWall: number
}
type State = {
  readonly open: Map<string, Open>
  /** First seen, by key, of what has not lasted long enough. */
  readonly pending: Map<string, number>
  readonly holders: Map<string, string>
  readonly moves: Map<string, Move>
  readonly rate: ReturnType<typeof createNoticeRate>
}
type Step = { readonly state: State; readonly view: View; readonly policy: Policy }

const holdersOf = (vip: VipSeen): string => [...vip.holders].sort().join(' and ')

function admit({ state, view, policy }: Step, group: string, notice: Notice): boolean {
  const wanted = notice.topic !== 'test' && policy.on.includes(notice.topic)
  return wanted && state.rate.admit(group, notice, policy, view.mono)
}

function openedNotice(view: View, faults: readonly Fault[]): Notice {
  const [first] = faults
  const about = faults.map((fault) => fault.about)
  const key = first?.key ?? ''
  const several = faults.length > 1
  const others = view.nodes.filter(
    (node) => node.node !== view.self && (node.stale || node.wanted !== ''),
  )
  const deaf = others.length > 1 && others.every((node) => node.stale)
  return {
    id: `opened:${key}:${view.wall}`,
    thread: `${key}:${view.wall}`,
    topic: first?.topic ?? 'stale',
    phase: 'opened',
    about,
    at: view.wall,
    title: several
      ? `${about.length} nodes are not heard: ${about.join(', ')}`
      : (first?.words ?? ''),
    details: [
      ...(several ? [] : (first?.details ?? [])),
      ...(deaf && first?.topic === 'stale'
        ? ['No node is heard at all: the sender may be cut off, not they.']
        : []),
    ],
  }
}

const isNew = ({ holders }: State, { topic, about }: Fault): boolean =>
  topic === 'no-holder' && !holders.has(about)

/** Faults that have lasted; those of silent nodes that are nearly there go with them. */
function ripe({ state, view }: Step, faults: ReadonlyMap<string, Fault>): readonly Fault[] {
  const waiting = [...faults.values()].filter((fault) => state.pending.has(fault.key))
  const leftMs = (fault: Fault) =>
    (isNew(state, fault) ? FIRST_HOLDER_MS : fault.holdMs) -
    (view.mono - (state.pending.get(fault.key) ?? view.mono))
  const gather = waiting.some((fault) => fault.topic === 'stale' && leftMs(fault) <= 0)
  return waiting.filter(
    (fault) => leftMs(fault) <= (gather && fault.topic === 'stale' ? GATHER_MS : 0),
  )
}

function open(step: Step, faults: ReadonlyMap<string, Fault>): readonly Notice[] {
  const { state, view } = step
  for (const [key, fault] of faults)
    if (!state.open.has(key) && !state.pending.has(key)) state.pending.set(fault.key, view.mono)
  for (const key of state.pending.keys())
    if (!faults.has(key) || state.open.has(key)) state.pending.delete(key)
  const due = ripe(step, faults)
  const stale = due.filter((fault) => fault.topic === 'stale')
  const groups = [...due.filter((fault) => fault.topic !== 'stale').map((one) => [one]), stale]
  return groups.flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const notice = openedNotice(view, group)
    const told = admit(step, first.group, notice)
    for (const fault of group) {
      const since = state.pending.get(fault.key) ?? view.mono
      state.pending.delete(fault.key)
      state.open.set(fault.key, {
        ...{ fault, since, told, thread: notice.thread },
        sinceWall: Math.round(view.wall - (view.mono - since)),
        goneSince: undefined,
        seenWall: view.wall,
      })
    }
    return told ? [notice] : []
  })
}

const CLOSED: Readonly<Record<Topic, (about: string, words: string) => string>> = {
  transition: (about) => about,
  'split-brain': (about) => `split brain on vip ${about} is over`,
  'no-holder': (about) => `vip ${about} is held again`,
  failed: (about) => `node ${about} is as the spec says`,
  stale: (about) => `node ${about} is heard again`,
  stuck: (about) => `node ${about} runs what it was told`,
  drift: (about) => `node ${about} is as the spec says again`,
  mount: (_, words) => `over: ${words}`,
  certificate: (_, words) => `over: ${words}`,
  'foreign-vrid': (_, words) => `over: ${words}`,
  order: (_, words) => `over: ${words}`,
  store: () => 'the hub writes to its store again',
  'single-point': (_, words) => `over: ${words}`,
}

function closedNotice(view: View, group: readonly Open[], details: readonly string[]): Notice {
  const about = group.map((one) => one.fault.about)
  const [first] = group
  const lastedMs = Math.max(...group.map((one) => (one.goneSince ?? view.mono) - one.since))
  const topic = first?.fault.topic ?? 'stale'
  const what =
    group.length > 1
      ? `${about.length} nodes are heard again: ${about.join(', ')}`
      : CLOSED[topic](about[0] ?? '', first?.fault.words ?? '')
  return {
    id: `closed:${first?.fault.key ?? ''}:${view.wall}`,
    thread: first?.thread ?? '',
    topic,
    phase: 'closed',
    about,
    at: view.wall,
    title: `${what}, after ${lasting(lastedMs)}`,
    details,
    lastedMs,
  }
}

/** The end of a split brain or of nobody holding says who holds now, so that no second message has to. */
function holderAfter({ state, view }: Step, one: Open): readonly string[] {
  const vip = view.vips.find((v) => v.vip === one.fault.about)
  if (vip?.state !== 'held' || !one.told) return []
  const now = holdersOf(vip)
  const before = state.holders.get(vip.vip)
  state.holders.set(vip.vip, now)
  const moved = before === undefined || before === now ? '' : `; before all this it was ${before}`
  return [`${now} holds it now${moved}.`]
}

function close(step: Step, faults: ReadonlyMap<string, Fault>): readonly Notice[] {
  const { state, view } = step
  const over: Open[] = []
  for (const [key, one] of state.open) {
    const verdict = faults.has(key) ? 'seen' : absence(view, one.fault)
    if (verdict === 'gone') state.open.delete(key)
    if (verdict === 'seen') Object.assign(one, { goneSince: undefined, seenWall: view.wall })
    if (verdict === 'over') {
      one.goneSince ??= view.mono
      over.push(one)
    }
  }
  const goneMs = (one: Open) => view.mono - (one.goneSince ?? view.mono)
  const due = over.filter((one) => goneMs(one) >= CLOSE_HOLD_MS[one.fault.topic])
  const gather = due.some((one) => one.fault.topic === 'stale')
  const near = over.filter(
    (one) =>
      due.includes(one) ||
      (gather && one.fault.topic === 'stale' && goneMs(one) >= CLOSE_HOLD_MS.stale - GATHER_MS),
  )
  for (const one of near) state.open.delete(one.fault.key)
  const told = near.filter((one) => one.told && step.policy.on.includes(one.fault.topic))
  const stale = told.filter((one) => one.fault.topic === 'stale')
  const rest = told.filter((one) => one.fault.topic !== 'stale').map((one) => [one])
  // The end of what was told is always told: the rate counts beginnings only.
  return [...rest, ...(stale.length > 0 ? [stale] : [])].map((group) =>
    closedNotice(
      view,
      group,
      group.flatMap((one) => holderAfter(step, one)),
    ),
  )
}

function moves(step: Step, gaps: ReadonlyMap<string, number>): readonly Notice[] {
  const { state, view } = step
  const known = new Set(view.vips.map((vip) => vip.vip))
  for (const vip of state.holders.keys()) if (!known.has(vip)) state.holders.delete(vip)
  return view.vips.flatMap((vip) => {
    const from = state.holders.get(vip.vip)
    const to = holdersOf(vip)
    if (vip.state !== 'held' || from === to) {
      state.moves.delete(vip.vip)
      return []
    }
    if (from === undefined) {
      // The first holder ever seen is no move.
      state.holders.set(vip.vip, to)
      return []
    }
    const seen = state.moves.get(vip.vip)
    const gapMs = gaps.get(vip.vip)
    const move = seen?.to === to ? seen : { to, since: view.mono, gapMs }
    state.moves.set(vip.vip, move)
    if (view.mono - move.since < MOVE_HOLD_MS) return []
    state.moves.delete(vip.vip)
    state.holders.set(vip.vip, to)
    const notice = movedNotice(view, vip, from, move)
    return admit(step, `transition:${vip.vip}`, notice) ? [notice] : []
  })
}

/** Summaries also say which of the faults they stand for is still there; its end will be told. */
function summaries({ state, view, policy }: Step): readonly Notice[] {
  return state.rate.due(policy, view.mono, view.wall).map(([group, notice]) => {
    const still = [...state.open.values()].filter((o) => o.fault.group === group && !o.told)
    for (const one of still) one.told = true
    return still.length === 0
      ? notice
      : {
          ...notice,
          details: [...still.map((o) => `Still so: ${o.fault.words}`), ...notice.details],
        }
  })
}

/** `told` is what an earlier process of the same sender left. */
export function createNotices(told: Told, now: Pick<View, 'mono' | 'wall'>): Notices {
  const state: State = {
    open: new Map(
      told.open.map(({ key, topic, about, words, since, told: heard, thread }) => [
        key,
        {
          fault: { key, topic, about, words, group: groupOf(key, topic) },
          since: now.mono - Math.max(0, now.wall - since),
          sinceWall: since,
          told: heard,
          thread,
          goneSince: undefined,
          seenWall: since,
        },
      ]),
    ),
    pending: new Map(),
    holders: new Map(Object.entries(told.holders)),
    moves: new Map(),
    rate: createNoticeRate(),
  }
  return {
    step(view, policy, gaps = new Map()) {
      const step = { state, view, policy }
      const faults = faultsOf(view)
      const ended = close(step, faults)
      return [...ended, ...open(step, faults), ...moves(step, gaps), ...summaries(step)]
    },
    idle: () =>
      state.pending.size + state.moves.size === 0 &&
      [...state.open.values()].every((one) => one.goneSince === undefined) &&
      state.rate.idle(),
    seen: () => new Map([...state.open].map(([key, { seenWall }]) => [key, seenWall])),
    told: () => ({
      open: [...state.open.values()].map(({ fault, sinceWall, told: heard, thread }) => ({
        ...{ key: fault.key, topic: fault.topic, about: fault.about },
        words: fault.words.slice(0, 400),
        since: sinceWall,
        ...{ told: heard, thread },
      })),
      holders: Object.fromEntries(state.holders),
    }),
  }
}
