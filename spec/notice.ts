// A message to people about one cluster event, and what is seen of the cluster to find such events.
import { type Static, Type } from '@sinclair/typebox'
import type { Fault } from './faults.ts'
import type { ClusterNotify } from './notify.ts'
import { oneOf } from './names.ts'
import { TOPICS, type Topic } from './notify.ts'
import type { VipStatus } from './status.ts'

export type Phase = 'event' | 'opened' | 'closed' | 'summary' | 'test'

export type Notice = {
  /** The same whenever the same message is tried again: receivers may drop repeats by it. */
  readonly id: string
  /** Shared by what belongs together: a fault and its end. */
  readonly thread: string
  readonly topic: Topic | 'test'
  readonly phase: Phase
  /** Vip, or nodes. */
  readonly about: readonly string[]
  /** Wall clock, milliseconds since 1970. */
  readonly at: number
  /** One line without the cluster's name. */
  readonly title: string
  /** More lines, without the title. */
  readonly details: readonly string[]
  /** Transition: time without a heard claim. */
  readonly gapMs?: number
  /** Closed: how long the fault lasted. */
  readonly lastedMs?: number
  /** Summary: how many messages it stands for. */
  readonly more?: number
}

/** A vip as the machine that tells sees it; times and claims are already weighed. */
export type VipSeen = {
  readonly vip: string
  readonly addresses: readonly string[]
  readonly state: VipStatus['state']
  readonly holders: readonly string[]
  readonly takeoverMs: number
}
export type NodeSeen = {
  readonly node: string
  /** Heard of once, and silent now. */
  readonly stale: boolean
  readonly ready: boolean
  /** Stalled or Degraded. */
  readonly failing: boolean
  /** Digest that failed there, '' when none. */
  readonly failed: string
  readonly wanted: string
  readonly revision: number
  readonly reason: string
}
export type View = {
  /** Monotonic milliseconds, for every decision. */
  readonly mono: number
  /** Milliseconds since 1970, for showing. */
  readonly wall: number
  /** Node that looks, '' for the hub. */
  readonly self: string
  readonly vips: readonly VipSeen[]
  readonly nodes: readonly NodeSeen[]
  /** Beyond vips and silence: of all nodes at the hub, of itself at an agent. */
  readonly others?: readonly Fault[]
  /** Nothing is known of these yet: that they do not show ends nothing. */
  readonly unsure?: readonly Topic[]
}

export const OpenFault = Type.Object(
  {
    key: Type.String({ maxLength: 200 }),
    topic: oneOf(TOPICS, 'kind of fault'),
    about: Type.String({ maxLength: 31 }),
    words: Type.String({ maxLength: 400 }),
    /** Wall clock: it must outlive the process. */
    since: Type.Integer(),
    /** People have heard of it, so they will hear of its end. */
    told: Type.Boolean(),
    thread: Type.String({ maxLength: 300 }),
  },
  { additionalProperties: false },
)
export type OpenFault = Static<typeof OpenFault>

/** What must survive a restart, so that nothing open is told twice and no move in between is missed. */
export const Told = Type.Object(
  {
    open: Type.Array(OpenFault, { maxItems: 2_000 }),
    /** Last confirmed holders by vip. */
    holders: Type.Record(Type.String({ maxLength: 31 }), Type.String({ maxLength: 400 })),
  },
  { additionalProperties: false },
)
export type Told = Static<typeof Told>
export const TOLD_NOTHING: Told = { open: [], holders: {} }

/** Who sends it, for the last lines of a message. */
export type Sender = {
  readonly cluster: string
  /** 'hub', or the name of a node. */
  readonly by: string
  /** '' or why a node sends what the hub should have sent. */
  readonly because: string
  readonly hubUrl?: string
}

/** What became of a message on one way: mail, or a webhook by name. */
export type Delivery = {
  readonly way: string
  readonly ok: boolean
  /** Will be tried again. */
  readonly again: boolean
  /** One line without any secret. */
  readonly text: string
}
/** Takes messages to people. Nothing waits for it, and it never throws. */
export type Courier = {
  send(
    notice: Notice,
    sender: Sender,
    notify: ClusterNotify,
    told: (delivery: Delivery) => void,
  ): void
  /** Gives up what is under way. */
  close(): void
}
