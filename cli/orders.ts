// What pause, resume, drain and undrain do: through the hub, and what the nodes then say of it.
import type { OrderKind, OrderStatus } from '../spec/order.ts'
import { serverOf } from '../spec/order.ts'
import type { ClusterStatus } from '../spec/status.ts'
import { type HubClient, hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import type { OrderFlags } from './order-flags.ts'
import { here } from './orders-here.ts'
import { jsonOut, paint, plain } from './print.ts'
import { hubTarget } from './target.ts'

const POLL_MS = 200
const DONE = { pause: ['paused', 'resumed'], drain: ['drained', 'undrained'] } as const
const VERB = { pause: ['pause', 'resume'], drain: ['drain', 'undrain'] } as const

/** Nodes, or the one thing, that are meant. */
async function meant(
  client: HubClient,
  verb: string,
  about: string | undefined,
  { all }: OrderFlags,
): Promise<readonly string[]> {
  if ((about === undefined) === (all !== true))
    throw new Exit(EXIT.usage, `cannot ${verb}: name a node, or give --all`, 'hactl status')
  if (about !== undefined) return [about]
  const { nodes } = await client.status()
  // Machines of the spec without an agent, a web server say, have nobody to pause.
  return nodes.filter(({ summary }) => summary !== undefined).map(({ node }) => node)
}

export async function give(
  io: Io,
  kind: OrderKind,
  about: string | undefined,
  flags: OrderFlags,
): Promise<void> {
  if (flags.here === true) return here(io, 'give', kind, about, flags)
  const client = hubClient(await hubTarget(io, flags))
  const ids = new Map<string, string>()
  for (const one of await meant(client, VERB[kind][0], about, flags)) {
    const { reason, for: forMs, force } = flags
    const id = await client.giveOrder({
      ...{ kind, about: one, author: io.user },
      ...(reason === undefined ? {} : { reason }),
      ...(forMs === undefined ? {} : { forMs }),
      ...(force === undefined ? {} : { force }),
    })
    ids.set(id, one)
  }
  const look = (status: ClusterStatus): readonly Word[] =>
    [...ids].flatMap(([id, one]) =>
      words(
        one,
        status.orders?.find((order) => order.id === id),
      ),
    )
  await followed(io, client, flags, { verb: VERB[kind][0], done: DONE[kind][0], look })
}

export async function end(
  io: Io,
  kind: OrderKind,
  about: string | undefined,
  flags: OrderFlags,
): Promise<void> {
  if (flags.here === true) return here(io, 'lift', kind, about, flags)
  const client = hubClient(await hubTarget(io, flags))
  const verb = VERB[kind][1]
  const before = (await client.status()).orders ?? []
  const all = await meant(client, verb, about, flags)
  const ours = (one: { readonly kind: string; readonly about: string }) =>
    one.kind === kind && all.includes(one.about)
  const ordered = flags.all === true ? [...new Set(before.filter(ours).map((o) => o.about))] : all
  for (const one of ordered) await client.endOrder({ kind, about: one, author: io.user })
  const look = (status: ClusterStatus): readonly Word[] =>
    [...status.nodes, ...status.strangers].flatMap(({ node, summary, stale }) => {
      const has = summary?.orders?.some(ours) === true
      const had = has || before.some((o) => ours(o) && o.nodes.some((n) => n.node === node))
      if (!had) return []
      const why = stale ? 'its agent is silent' : 'its agent still has the order'
      return [{ node, about: all.join(', '), is: has ? 'waits' : 'done', why: has ? why : '' }]
    })
  await followed(io, client, flags, { verb, done: DONE[kind][1], look })
}

type Word = {
  readonly node: string
  readonly about: string
  readonly is: OrderStatus['nodes'][number]['is']
  readonly why: string
}
type Doing = {
  readonly verb: string
  readonly done: string
  readonly look: (status: ClusterStatus) => readonly Word[]
}

/** An order that nobody has to follow is not done. */
const words = (about: string, order: OrderStatus | undefined): readonly Word[] =>
  order === undefined || order.nodes.length === 0
    ? [{ node: '', about, is: 'not taken', why: 'no node has to do with it' }]
    : order.nodes.map((one) => ({ ...one, about }))

const sentence = ({ node, about, is, why }: Word, done: string): string => {
  const where = node === '' || serverOf(about) === undefined ? about : `${about} on ${node}`
  const more = why === '' ? '' : `: ${plain(why)}`
  if (is === 'done') return `${where} is ${done}${more}`
  return `${where} is not ${done}${is === 'waits' ? ' yet' : ` (${is})`}${more}`
}

/** Until every node says that it is so, or the time is over. */
async function followed(
  io: Io,
  client: HubClient,
  { wait }: OrderFlags,
  { verb, done, look }: Doing,
): Promise<void> {
  const endMs = io.clock.monotonic() + wait
  let now = look(await client.status())
  while (now.some(({ is }) => is !== 'done') && io.clock.monotonic() < endMs) {
    await io.clock.sleep(POLL_MS, io.signal).catch(() => undefined)
    if (io.signal.aborted) break
    now = look(await client.status())
  }
  const open = now.filter(({ is }) => is !== 'done')
  if (io.json) jsonOut(io, { ok: open.length === 0, nodes: now })
  else
    for (const word of now)
      io.out(`${paint(io, word.is === 'done' ? 'green' : 'yellow', sentence(word, done))}\n`)
  if (open.length > 0)
    throw new Exit(
      EXIT.no,
      io.json ? '' : `cannot say that it is done: the order to ${verb} stays`,
      'hactl status shows what the nodes make of it',
    )
}
