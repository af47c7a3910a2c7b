// What the agent must still know after kill -9, power loss, or a disk that someone else truncated.
import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import { VERIFY_ASKERS_MAX, VIPS_MAX } from '../spec/limits.ts'
import { Outside } from '../spec/report.ts'
import { NO_ORDERS, OrderBook } from './order-book.ts'
import { type OwnedFile, parseOwned, withOwned } from './owned.ts'
import type { Owned } from './plan/types.ts'
import type { Host } from './world.ts'

const text = Type.String({ maxLength: 4000 })
/** What askers saw before the change that this node is at, and which vips it held then: a kill must not make it forget that. */
const Baseline = Type.Object(
  {
    digest: text,
    held: Type.Array(text, { maxItems: VIPS_MAX }),
    said: Type.Array(
      Type.Object(
        { name: text, answers: Type.Record(text, Type.Integer({ minimum: 0, maximum: 5 })) },
        { additionalProperties: false },
      ),
      { maxItems: VERIFY_ASKERS_MAX },
    ),
  },
  { additionalProperties: false },
)
export type Baseline = Static<typeof Baseline>
const Meta = Type.Object(
  {
    /** Highest revision ever accepted: older ones are refused. */
    seenRevision: Type.Integer({ minimum: 0 }),
    wantedRevision: Type.Integer({ minimum: 0 }),
    wantedDigest: text,
    runningRevision: Type.Integer({ minimum: 0 }),
    runningDigest: text,
    failedDigest: text,
    failedReason: text,
    allow: Type.Array(Type.String({ maxLength: 20 }), { maxItems: 8 }),
    /** Files that some pass of ours wrote. */
    ours: Type.Array(text, { maxItems: 200 }),
    paused: Type.Boolean(),
    /** Digest that this machine may carry unproved; absent when none, as in files of older agents. */
    trying: Type.Optional(text),
    /** Commit of the wanted spec; absent when it came from no repository, as in files of older agents. */
    origin: Type.Optional(
      Type.Object({ from: text, commit: text, author: text }, { additionalProperties: false }),
    ),
    /** Revision that waits for a person's confirmation, and what was left of its time when that was last written down. */
    confirm: Type.Optional(
      Type.Object(
        { revision: Type.Integer({ minimum: 1 }), leftMs: Type.Integer({ minimum: 0 }) },
        { additionalProperties: false },
      ),
    ),
    confirmedRevision: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Of the spec that is kept as 'before'. */
    beforeRevision: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Revision whose confirmation did not come in time. */
    lapsedRevision: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Of the spec that is kept as 'previous'. */
    previousRevision: Type.Optional(Type.Integer({ minimum: 0 })),
    outside: Type.Optional(Outside),
    baseline: Type.Optional(Baseline),
  },
  { additionalProperties: false },
)
export type Meta = Static<typeof Meta>
const meta = TypeCompiler.Compile(Meta)
const orderBook = TypeCompiler.Compile(OrderBook)

const EMPTY: Meta = {
  seenRevision: 0,
  wantedRevision: 0,
  wantedDigest: '',
  runningRevision: 0,
  runningDigest: '',
  failedDigest: '',
  failedReason: '',
  allow: [],
  ours: [],
  paused: false,
}

export const KEPT = ['wanted', 'proven', 'before', 'previous'] as const
type Kept = (typeof KEPT)[number]

type Passing = 'confirm' | 'confirmedRevision' | 'lapsedRevision' | 'outside' | 'baseline'
/** Of what is not always there, undefined takes it away. */
type Patch = Partial<Omit<Meta, Passing>> & { readonly [K in Passing]?: Meta[K] | undefined }

export type Memory = {
  readonly directory: string
  readonly meta: () => Meta
  /** Durable before it returns. */
  update(patch: Patch): Promise<void>
  own(paths: readonly string[]): Promise<void>
  /** After a removal: what comes to stand there later is not ours, and nothing is proved of it. */
  disown(paths: readonly string[]): Promise<void>
  /** Files as they were when a running process last proved to have loaded them. */
  good(): ReadonlyMap<string, string>
  remember(path: string, body: string): Promise<void>
  /** What steps left on the host beyond daemons. */
  owned(): readonly Owned[]
  /** Durable before it returns; an entry of the same id stays as it was first recorded. */
  keepOwned(more: readonly Owned[]): Promise<void>
  forget(id: string): Promise<void>
  /** Orders of operators that hold here. */
  orders(): OrderBook
  /** Holds at once; durable before it returns. Throws when it could not be written: it is tried again with the next call. */
  keepOrders(book: OrderBook): Promise<void>
  /** Text of a spec: 'wanted' is the newest accepted, 'proven' the last that was read back, 'before' what is gone back to when that is not confirmed, 'previous' what was proved before 'proven'. */
  spec(which: Kept): string | undefined
  keepSpec(which: Kept, body: string): Promise<void>
  /** What was found broken on disk, or written by a newer agent, when it was opened; in words. */
  readonly damaged: readonly string[]
}

export const originalPath = (directory: string, path: string) =>
  `${directory}/originals/${encodeURIComponent(path)}`

/** Reads the state directory. Never throws for damaged content: that part starts empty and is named. */
export async function openMemory(host: Host, directory: string): Promise<Memory> {
  const damaged: string[] = []
  const metaPath = `${directory}/meta.json`
  let now = await readMeta(host, metaPath, damaged)
  const good = await readGood(host, `${directory}/good`)
  const ownedPath = `${directory}/owned.json`
  const found = await readOwned(host, ownedPath, damaged)
  let owned: readonly Owned[] = found.known
  const orders = await openOrders(host, `${directory}/orders.json`, damaged)
  const saveOwned = async (next: readonly Owned[]) => {
    const all = [...next, ...found.newer]
    await host.write(ownedPath, `${JSON.stringify(all, null, 2)}\n`, 0o600)
    owned = next
  }
  const specs = await readSpecs(host, directory)
  const update = async (patch: Patch) => {
    const all = { ...now, ...patch }
    const { trying = '', origin, confirm, confirmedRevision, lapsedRevision, ...most } = all
    const { outside, baseline, ...rest } = most
    const next: Meta = {
      ...rest,
      ...(trying === '' ? {} : { trying }),
      ...(origin === undefined || origin.commit === '' ? {} : { origin }),
      ...(confirm === undefined ? {} : { confirm }),
      ...(confirmedRevision === undefined ? {} : { confirmedRevision }),
      ...(lapsedRevision === undefined ? {} : { lapsedRevision }),
      ...(outside === undefined ? {} : { outside }),
      ...(baseline === undefined ? {} : { baseline }),
    }
    if (JSON.stringify(next) === JSON.stringify(now)) return
    await host.write(metaPath, `${JSON.stringify(next, null, 2)}\n`, 0o600)
    now = next
  }
  return {
    directory,
    damaged,
    meta: () => now,
    update,
    own: (paths) => update({ ours: [...new Set([...now.ours, ...paths])].sort() }),
    disown: async (paths) => {
      for (const path of paths.filter((p) => good.has(p))) {
        await host.remove(`${directory}/good/${encodeURIComponent(path)}`)
        good.delete(path)
      }
      await update({ ours: now.ours.filter((path) => !paths.includes(path)) })
    },
    good: () => good,
    remember: async (path, body) => {
      if (good.get(path) === body) return
      await host.write(`${directory}/good/${encodeURIComponent(path)}`, body, 0o600)
      good.set(path, body)
    },
    owned: () => owned,
    keepOwned: async (more) => {
      // The first record knows how things were before us; a later one would take our own work for that.
      const fresh = more.filter((one) => !owned.some((known) => known.id === one.id))
      if (fresh.length > 0) await saveOwned(withOwned(owned, fresh))
    },
    forget: async (id) => {
      if (owned.some((one) => one.id === id)) await saveOwned(owned.filter((one) => one.id !== id))
    },
    ...orders,
    spec: (which) => specs.get(which),
    keepSpec: async (which, body) => {
      if (specs.get(which) === body) return
      await host.write(`${directory}/spec-${which}.json`, body, 0o600)
      specs.set(which, body)
    },
  }
}

async function readMeta(host: Host, path: string, damaged: string[]): Promise<Meta> {
  const file = await host.read(path)
  if (file === undefined) return EMPTY
  try {
    const value: unknown = JSON.parse(file.body)
    if (meta.Check(value)) return value
    // A newer agent says more. What is not known here is left out: kept, it would be wrong by the time that agent is back.
    const known = Value.Clean(Meta, value)
    if (meta.Check(known)) {
      damaged.push(`${path} was written by a newer agent: what this one does not know is left out`)
      return known
    }
  } catch {
    // Falls through: the file is not JSON, which is said below.
  }
  damaged.push(`${path} is damaged and was set aside`)
  await host.write(`${path}.damaged`, file.body, 0o600)
  return EMPTY
}

async function readOwned(host: Host, path: string, damaged: string[]): Promise<OwnedFile> {
  const file = await host.read(path)
  if (file === undefined) return { known: [], newer: [] }
  const found = parseOwned(file.body)
  for (const { says } of found?.newer ?? [])
    damaged.push(`${path} has an entry of a newer agent, left as it is: ${says}`)
  if (found !== undefined) return found
  damaged.push(`${path} is damaged and was set aside: what it lists is left on this node`)
  await host.write(`${path}.damaged`, file.body, 0o600)
  return { known: [], newer: [] }
}

async function openOrders(host: Host, path: string, damaged: string[]) {
  const file = await host.read(path)
  let now = file === undefined ? NO_ORDERS : readOrders(file.body)
  if (now === undefined) {
    damaged.push(`${path} is damaged and was set aside: the hub says its orders again`)
    await host.write(`${path}.damaged`, file?.body ?? '', 0o600)
  }
  let written = JSON.stringify(now ?? NO_ORDERS)
  return {
    orders: () => now ?? NO_ORDERS,
    keepOrders: async (book: OrderBook) => {
      now = book
      const text = JSON.stringify(book)
      if (text === written) return
      await host.write(path, `${text}\n`, 0o600)
      written = text
    },
  }
}

function readOrders(body: string): OrderBook | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return orderBook.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

async function readSpecs(host: Host, directory: string): Promise<Map<string, string>> {
  const specs = new Map<string, string>()
  for (const which of KEPT) {
    const file = await host.read(`${directory}/spec-${which}.json`)
    if (file !== undefined) specs.set(which, file.body)
  }
  return specs
}

async function readGood(host: Host, directory: string): Promise<Map<string, string>> {
  const good = new Map<string, string>()
  for (const name of await host.list(directory)) {
    const file = await host.read(`${directory}/${name}`)
    if (file !== undefined) good.set(decodeURIComponent(name), file.body)
  }
  return good
}
