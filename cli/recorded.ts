// Facts and observations of a node from a file: what `hactl plan` uses instead of a machine.
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { OwnedList } from '../agent/owned.ts'
import { emptyObserved } from '../agent/plan/offline.ts'
import type { Facts, Observed } from '../agent/plan/types.ts'
import { EXIT, Exit, messageOf } from './exit.ts'

const closed = { additionalProperties: false }
const text = Type.String()
const integer = Type.Integer({ minimum: 0 })
const mapOf = <T extends TSchema>(value: T) => Type.Record(text, value)

const Address = Type.Object({ interface: text, address: text, prefix: integer }, closed)
const FactsFile = Type.Object(
  {
    node: text,
    interfaces: Type.Array(Type.Object({ name: text, up: Type.Boolean() }, closed)),
    addresses: Type.Array(Address),
    engines: mapOf(
      Type.Object({ version: Type.Array(integer), features: Type.Array(text) }, closed),
    ),
    supervisor: Type.Union([Type.Literal('systemd'), Type.Literal('builtin')]),
    packager: Type.Union([Type.Literal('apt'), Type.Literal('dnf'), Type.Literal('none')]),
    filesMax: integer,
    cpus: integer,
    users: Type.Array(text),
    syslog: Type.Boolean(),
    kernel: Type.Array(integer),
    firewall: Type.Union([
      Type.Literal('firewalld'),
      Type.Literal('nftables'),
      Type.Literal('none'),
    ]),
    selinux: Type.Union([
      Type.Literal('enforcing'),
      Type.Literal('permissive'),
      Type.Literal('disabled'),
    ]),
  },
  closed,
)
const ObservedFile = Type.Partial(
  Type.Object({
    files: mapOf(Type.Object({ body: text, mode: integer }, closed)),
    good: mapOf(text),
    daemons: mapOf(
      Type.Object(
        { running: Type.Boolean(), pid: integer, restarts: integer, digest: text },
        closed,
      ),
    ),
    sysctls: mapOf(text),
    addresses: Type.Array(Address),
    servers: mapOf(
      Type.Object(
        {
          weight: integer,
          state: Type.Union([Type.Literal('ready'), Type.Literal('drain'), Type.Literal('maint')]),
        },
        closed,
      ),
    ),
    heldByPeer: mapOf(text),
    ours: Type.Array(text),
    units: mapOf(Type.Object({ loaded: Type.Boolean(), active: text, boot: text }, closed)),
    modules: Type.Array(text),
    packages: Type.Array(text),
    owned: OwnedList,
  }),
  closed,
)

function parse<T extends TSchema>(schema: T, file: string, body: string): Static<T> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new Exit(EXIT.usage, `cannot read ${file} as JSON: ${messageOf(error)}`)
  }
  if (Value.Check(schema, value)) return value
  const first = Value.Errors(schema, value).First()
  throw new Exit(
    EXIT.usage,
    `cannot use ${file}: ${first?.path ?? ''} ${(first?.message ?? '').toLowerCase()}`,
  )
}

/** Throws Exit(usage) when the file is not a record of facts. */
export const recordedFacts = (file: string, body: string): Facts => parse(FactsFile, file, body)

/** What is absent in the file was empty on the node. Throws Exit(usage). */
export function recordedObserved(file: string, body: string): Observed {
  const found = parse(ObservedFile, file, body)
  return {
    ...emptyObserved(),
    files: new Map(Object.entries(found.files ?? {})),
    good: new Map(Object.entries(found.good ?? {})),
    daemons: new Map(Object.entries(found.daemons ?? {})),
    sysctls: new Map(Object.entries(found.sysctls ?? {})),
    addresses: found.addresses ?? [],
    servers: new Map(Object.entries(found.servers ?? {})),
    heldByPeer: new Map(Object.entries(found.heldByPeer ?? {})),
    ours: new Set(found.ours ?? []),
    units: new Map(Object.entries(found.units ?? {})),
    modules: new Set(found.modules ?? []),
    packages: new Set(found.packages ?? []),
    owned: found.owned ?? [],
  }
}
