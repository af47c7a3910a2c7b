// What steps of ours left on the host, as it is kept on disk: written before the step, read after kill -9.
import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Owned } from './plan/types.ts'

const closed = { additionalProperties: false }
const text = Type.String({ minLength: 1, maxLength: 4000 })

const RemovalFile = Type.Union([
  Type.Object({ do: Type.Literal('remove'), path: text }, closed),
  Type.Object({ do: Type.Literal('restore-original'), path: text }, closed),
  Type.Object(
    {
      do: Type.Literal('run'),
      argv: Type.Array(text, { minItems: 1, maxItems: 100 }),
      timeoutMs: Type.Integer({ minimum: 1, maximum: 600_000 }),
      next: Type.Union([Type.Literal('retry'), Type.Literal('wait')]),
    },
    closed,
  ),
  Type.Object({ do: Type.Literal('sysctl'), key: text, value: text }, closed),
  Type.Object(
    {
      do: Type.Literal('drop-address'),
      address: Type.Object(
        { interface: text, address: text, prefix: Type.Integer({ minimum: 0, maximum: 128 }) },
        closed,
      ),
    },
    closed,
  ),
  Type.Object(
    { do: Type.Literal('unmount'), path: text, units: Type.Array(text, { maxItems: 4 }) },
    closed,
  ),
])
const Entry = Type.Object(
  { id: text, says: text, remove: Type.Array(RemovalFile, { maxItems: 50 }) },
  closed,
)
const LENGTH_MAX = 5000
export const OwnedList = Type.Array(Entry, { maxItems: LENGTH_MAX })
const entry = TypeCompiler.Compile(Entry)
/** What an agent of any version writes. */
const list = TypeCompiler.Compile(
  Type.Array(Type.Object({ id: text, says: text }), { maxItems: LENGTH_MAX }),
)

export type OwnedFile = {
  readonly known: readonly Static<typeof Entry>[]
  /** Of a newer agent, in ways that this one does not know: kept as they are, and left on the host. */
  readonly newer: readonly { readonly id: string; readonly says: string }[]
}

/** undefined when the text is not such a list. */
export function parseOwned(body: string): OwnedFile | undefined {
  try {
    const value: unknown = JSON.parse(body)
    if (!list.Check(value)) return undefined
    return {
      known: value.filter((one) => entry.Check(one)),
      newer: value.filter((one) => !entry.Check(one)),
    }
  } catch {
    return undefined
  }
}

/** One entry per id, the newest wins; sorted, so that the same things are the same bytes. */
export function withOwned(known: readonly Owned[], more: readonly Owned[]): readonly Owned[] {
  const byId = new Map([...known, ...more].map((one) => [one.id, one]))
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}
