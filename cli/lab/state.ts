// What a running lab is made of, as it stands in <root>/state.json between two commands.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LabError } from './error.ts'
import { labName } from './place.ts'
import type { Topology } from './topology.ts'

const closed = { additionalProperties: false }
const Words = Type.Array(Type.String())
const ProcState = Type.Object({ pid: Type.Integer({ minimum: 2 }), start: Type.String() }, closed)
const NicState = Type.Object(
  {
    interface: Type.String(),
    port: Type.String(),
    bridge: Type.String(),
    mac: Type.String(),
    addresses: Words,
  },
  closed,
)
const WebState = Type.Object(
  { name: Type.String(), addresses: Words, port: Type.Integer() },
  closed,
)
const Kind = Type.Union(
  (['node', 'server', 'client', 'hub'] as const).map((kind) => Type.Literal(kind)),
)
const MemberState = Type.Object(
  { name: Type.String(), kind: Kind, nics: Type.Array(NicState), web: Type.Array(WebState) },
  closed,
)
/** The tutorial's way, for comparison: files and commands by node instead of our agents. */
export const Bare = Type.Object(
  {
    files: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
    commands: Type.Record(Type.String(), Type.Array(Words)),
  },
  closed,
)
export type Bare = Static<typeof Bare>
export const HOWS = [
  'power',
  'link',
  'proxy',
  'proxy-stuck',
  'partition',
  'agent',
  'hub',
  'slow',
  'loss',
] as const
export type How = (typeof HOWS)[number]
const FaultState = Type.Object(
  {
    node: Type.String(),
    how: Type.Union(HOWS.map((how) => Type.Literal(how))),
    /** What must be ended to heal it. */
    proc: Type.Optional(ProcState),
    /** Ports of the switch that are isolated or lose packets. */
    ports: Type.Optional(Words),
  },
  closed,
)
export type Fault = Static<typeof FaultState>

export const State = Type.Object(
  {
    version: Type.Literal(1),
    cluster: Type.String(),
    rootless: Type.Boolean(),
    hactl: Words,
    /** Holder of the user namespace, rootless only. */
    outer: Type.Optional(ProcState),
    switch: Type.Optional(ProcState),
    bridges: Type.Array(Type.Object({ name: Type.String(), subnet: Type.String() }, closed)),
    members: Type.Array(MemberState),
    /** PID 1 of each member, as seen from the host. */
    inits: Type.Record(Type.String(), ProcState),
    /** Started agents; the process inside is the child of the recorded one. */
    agents: Type.Record(Type.String(), ProcState),
    hub: Type.Optional(ProcState),
    hubAddress: Type.String(),
    relay: Type.Optional(Type.Object({ proc: ProcState, port: Type.Integer() }, closed)),
    /** The hub's page on this machine, through the relay. */
    url: Type.Optional(Type.String()),
    vips: Type.Array(
      Type.Object(
        { name: Type.String(), addresses: Words, peers: Words, url: Type.Optional(Type.String()) },
        closed,
      ),
    ),
    faults: Type.Array(FaultState),
    bare: Type.Optional(Bare),
    /** Nodes that are VMs, and the process that owns them. */
    vms: Type.Optional(
      Type.Object({ root: Type.String(), names: Words, keeper: ProcState }, closed),
    ),
  },
  closed,
)
export type State = Static<typeof State>

/** Of a lab of which nothing is started yet. */
export const freshState = (
  cluster: string,
  {
    bridges,
    members,
    vips,
    hubAddress,
  }: Pick<Topology, 'bridges' | 'members' | 'vips' | 'hubAddress'>,
  hactl: readonly string[],
  rootless: boolean,
): State => ({
  version: 1,
  cluster,
  rootless,
  hactl: [...hactl],
  bridges: [...bridges],
  members: members.map((m) => ({
    ...m,
    nics: m.nics.map((nic) => ({ ...nic, addresses: [...nic.addresses] })),
    web: m.web.map((w) => ({ ...w, addresses: [...w.addresses] })),
  })),
  inits: {},
  agents: {},
  hubAddress,
  vips: vips.map((v) => ({ ...v, addresses: [...v.addresses], peers: [...v.peers] })),
  faults: [],
})

const fileOf = (root: string): string => join(root, 'state.json')

export const hasState = (root: string): boolean => existsSync(fileOf(root))

/** Throws LabError when there is no lab, or when the file is not what we wrote. */
export function readState(root: string): State {
  let value: unknown
  const remove = `hactl lab down ${labName(root)} removes what is left`
  try {
    value = JSON.parse(readFileSync(fileOf(root), 'utf8'))
  } catch (error) {
    if (!hasState(root))
      throw new LabError(`cannot find a lab in ${root}`, 'start one with hactl lab up spec.json')
    throw new LabError(`cannot read ${fileOf(root)}`, remove, error)
  }
  if (!Value.Check(State, value))
    throw new LabError(
      `cannot use ${fileOf(root)}: another version of hactl wrote it, or it is damaged`,
      remove,
    )
  return value
}

/** Whole or not at all: a crash leaves the older one. */
export function writeState(root: string, state: State): void {
  const next = `${fileOf(root)}.next`
  writeFileSync(next, JSON.stringify(state, null, 1), { mode: 0o600 })
  renameSync(next, fileOf(root))
}
