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
export const OwnedList = Type.Array(
  Type.Object({ id: text, says: text, remove: Type.Array(RemovalFile, { maxItems: 50 }) }, closed),
  { maxItems: 5000 },
)
const list = TypeCompiler.Compile(OwnedList)

/** undefined when the text is not such a list. */
export function parseOwned(body: string): Static<typeof OwnedList> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return list.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** One entry per id, the newest wins; sorted, so that the same things are the same bytes. */
export function withOwned(known: readonly Owned[], more: readonly Owned[]): readonly Owned[] {
  const byId = new Map([...known, ...more].map((one) => [one.id, one]))
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}
