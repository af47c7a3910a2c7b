// Ends the other holder of a vip by the operator's command: once for each incident, noted before it is done, told whatever comes of it.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Cluster, ClusterVip } from '../spec/cluster.ts'
import type { Finding, Summary } from '../spec/report.ts'
import { whoAnswers } from './arp-watch.ts'
import type { FenceConfig } from './config-fence.ts'
import { error } from './doctor/finding.ts'
import { textOf } from './failure.ts'
import { backoffMs, fenceArgv, type FenceSeen, mayFence } from './fence.ts'
import { holdsOf, type Status } from './status.ts'
import type { Clock, Exec, Host } from './world.ts'

const TIMEOUT_MS = 30_000
const CONFIRM_MS = 5_000
const NEIGHBOUR_MS = 1_000
const OUTPUT_CHARS_MAX = 300
const SHOTS_MAX = 1_000

export type FencingDeps = {
  readonly node: string
  /** undefined: the operator gave no command; a spec that asks for one is only told so. */
  readonly config: FenceConfig | undefined
  readonly directory: string
  readonly clock: Clock
  readonly host: Pick<Host, 'run' | 'read' | 'write' | 'addresses' | 'interfaces'>
  readonly status: Pick<Status, 'summary' | 'event' | 'details'>
  readonly ask: (
    cluster: Cluster,
    nodes: readonly string[],
  ) => Promise<ReadonlyMap<string, Summary>>
}
/** Vips that others hold too, by name, for long enough to be no move. */
export type Others = ReadonlyMap<string, readonly string[]>
export type Fencing = {
  /** One look at what is open. */
  turn(cluster: Cluster, others: Others, answers: ReadonlyMap<string, Summary>): Promise<void>
  /** Nodes that a command has ended and that were not heard since. */
  fenced(): ReadonlySet<string>
  findings(): readonly Finding[]
}

const WORDS = ['asked', 'fenced', 'failed'] as const
type Word = (typeof WORDS)[number]
const Note = Type.Object({
  vip: Type.String(),
  /** asked: the command was begun, and nobody knows what came of it. */
  result: Type.Union(WORDS.map((word) => Type.Literal(word))),
  shots: Type.Integer({ minimum: 1, maximum: SHOTS_MAX }),
  /** The incident is over: the node was heard, and did not hold the vip. */
  over: Type.Boolean(),
  why: Type.String(),
})
type Note = {
  readonly vip: string
  readonly result: Word
  readonly shots: number
  readonly over: boolean
  readonly why: string
}
const Notes = Type.Record(Type.String(), Note)

type Book = {
  readonly notes: Map<string, Note>
  /** Monotonic; of a shot of an earlier process: when this one began, which only waits longer. */
  readonly shotMs: Map<string, number>
  /** Since when vip and victim are provable without a break. */
  readonly sinceMs: Map<string, number>
  /** The last word of each peer. */
  readonly last: Map<string, Summary>
  /** Why nobody is fenced, by vip: said once. */
  readonly said: Map<string, string>
  readonly damaged: boolean
}

/** A record that cannot be read fences nobody: what it would forbid is not known. */
export async function openFencing(deps: FencingDeps): Promise<Fencing> {
  const { status } = deps
  const book = await readBook(deps)
  if (book.damaged)
    status.event('agent', `${pathOf(deps)} is damaged: nobody is fenced until it is removed`)
  const findings = () => [...book.notes].flatMap(([name, note]) => findingOf(name, note))
  return {
    fenced: () => new Set([...book.notes].flatMap(([name, n]) => (isFenced(n) ? [name] : []))),
    findings,
    async turn(cluster, others, answers) {
      for (const [name, said] of answers) book.last.set(name, said)
      await close(deps, book, answers)
      for (const vip of cluster.vips.filter(({ onSplit }) => onSplit === 'fence')) {
        const held = others.get(vip.name) ?? []
        if (held.length > 0) await look(deps, book, { cluster, vip, held, answers })
        else {
          forget(book, vip.name)
          book.said.delete(vip.name)
        }
      }
    },
  }
}

const isFenced = ({ result, over }: Note): boolean => result === 'fenced' && !over
const pathOf = ({ directory }: FencingDeps): string => `${directory}/fence.json`
const forget = ({ sinceMs }: Book, vip: string): void => {
  for (const key of sinceMs.keys()) if (key.startsWith(`${vip} `)) sinceMs.delete(key)
}

async function readBook(deps: FencingDeps): Promise<Book> {
  const empty = {
    ...{ notes: new Map(), shotMs: new Map(), sinceMs: new Map(), last: new Map() },
    said: new Map(),
  }
  try {
    const file = await deps.host.read(pathOf(deps))
    if (file === undefined) return { ...empty, damaged: false }
    const value: unknown = JSON.parse(file.body)
    if (!Value.Check(Notes, value)) return { ...empty, damaged: true }
    const now = deps.clock.monotonic()
    const notes = Object.entries(value)
    return {
      ...empty,
      notes: new Map(notes),
      shotMs: new Map(notes.map(([name]) => [name, now])),
      damaged: false,
    }
  } catch {
    // Not to be read, or not JSON: the same.
    return { ...empty, damaged: true }
  }
}

async function keep(deps: FencingDeps, book: Book, name: string, note: Note): Promise<void> {
  const next = new Map(book.notes).set(name, note)
  await deps.host.write(pathOf(deps), `${JSON.stringify(Object.fromEntries(next))}\n`, 0o600)
  book.notes.set(name, note)
}

/** Heard, and without the vip: it is back, or gave it up. */
async function close(
  deps: FencingDeps,
  book: Book,
  answers: ReadonlyMap<string, Summary>,
): Promise<void> {
  for (const [name, note] of book.notes) {
    const said = answers.get(name)
    if (note.over || said === undefined) continue
    if (said.holds.some((hold) => hold.startsWith(`${note.vip}/`))) continue
    await keep(deps, book, name, { ...note, over: true })
    deps.status.event('agent', `vip ${note.vip}: ${name} is heard again, and does not hold it`)
  }
}

type Split = {
  readonly cluster: Cluster
  readonly vip: ClusterVip
  readonly held: readonly string[]
  readonly answers: ReadonlyMap<string, Summary>
}

function leave({ status }: FencingDeps, book: Book, vip: string, why: string): void {
  forget(book, vip)
  if (book.said.get(vip) !== why) status.event('agent', `vip ${vip}: fences nobody: ${why}`)
  book.said.set(vip, why)
}

async function look(deps: FencingDeps, book: Book, split: Split): Promise<void> {
  const { clock, config } = deps
  const { vip, held, cluster } = split
  if (config === undefined)
    return leave(deps, book, vip.name, 'the spec asks for it, and agent.json here has no "fence"')
  const { command, timeoutMs = TIMEOUT_MS, confirmMs = CONFIRM_MS } = config
  const verdict = mayFence(vip, held, await seenOf(deps, book, split))
  const nowMs = clock.monotonic()
  if ('why' in verdict) return leave(deps, book, vip.name, verdict.why)
  const { victim } = verdict
  const key = `${vip.name} ${victim}`
  const sinceMs = book.sinceMs.get(key) ?? nowMs
  book.sinceMs.set(key, sinceMs)
  if (nowMs - sinceMs < confirmMs || !isDue(book, victim, nowMs)) return
  // Once more, asked anew: what was true half a second ago may be over.
  const answers = await deps.ask(cluster, [victim])
  for (const [name, said] of answers) book.last.set(name, said)
  const again = mayFence(vip, held, await seenOf(deps, book, { ...split, answers }))
  if (!('victim' in again) || again.victim !== victim) return
  const address = vip.peers.find((peer) => peer.node === victim)?.address ?? ''
  const argv = fenceArgv(command, { node: victim, address, vip: vip.name })
  await shoot(deps, book, { victim, vip: vip.name, argv, timeoutMs })
}

/** Never twice in one incident, whatever came of it; and not soon again in the next. */
function isDue(book: Book, victim: string, nowMs: number): boolean {
  const note = book.notes.get(victim)
  if (book.damaged || note?.over === false) return false
  const shotMs = book.shotMs.get(victim)
  return shotMs === undefined || nowMs - shotMs >= backoffMs(note?.shots ?? 0)
}

async function seenOf(deps: FencingDeps, book: Book, split: Split): Promise<FenceSeen> {
  const { node, status, host } = deps
  const { cluster, vip, held, answers } = split
  const kernel = holdsOf(cluster, await host.addresses())
  const silent = held.filter((name) => !answers.has(name))
  const onWire = silent.length === 0 ? new Set<string>() : await onWireOf(deps, split, silent)
  const mine = {
    ...status.summary(),
    holds: kernel.filter((one) => one.startsWith(`${vip.name}/`)),
  }
  return { node, mine, answers, last: book.last, onWire }
}

/** Of silent peers: whose hardware address, by this kernel's neighbour table, answers ARP for the vip. */
async function onWireOf(
  deps: FencingDeps,
  { cluster, vip }: Split,
  silent: readonly string[],
): Promise<ReadonlySet<string>> {
  const answers = await whoAnswers({ ...deps, cluster: () => cluster })
  const macs = answers.get(vip.name) ?? []
  const found = new Set<string>()
  for (const { node, address } of vip.peers.filter((peer) => silent.includes(peer.node))) {
    const { stdout } = await deps.host.run(['ip', 'neigh', 'show', 'to', address], NEIGHBOUR_MS)
    const mac = /lladdr ([0-9a-f:]{17})/.exec(stdout)?.[1]
    if (mac !== undefined && macs.includes(mac)) found.add(node)
  }
  return found
}

type Shot = {
  readonly victim: string
  readonly vip: string
  readonly argv: readonly string[]
  readonly timeoutMs: number
}

/** Noted on the disk first: an agent that is killed in the middle does not shoot again. A disk that takes no note fences nobody. */
async function shoot(deps: FencingDeps, book: Book, shot: Shot): Promise<void> {
  const { clock, status, host } = deps
  const { victim, vip, argv, timeoutMs } = shot
  const shots = Math.min(SHOTS_MAX, (book.notes.get(victim)?.shots ?? 0) + 1)
  const note = { vip, shots, over: false, why: '' }
  try {
    await keep(deps, book, victim, { ...note, result: 'asked' })
  } catch (thrown) {
    status.event('failed', `vip ${vip}: cannot fence ${victim}: ${textOf(thrown)}`)
    return
  }
  book.shotMs.set(victim, clock.monotonic())
  status.event('agent', `vip ${vip}: fences ${victim}, which holds it as well: ${argv[0]}`)
  const why = failureOf(await host.run(argv, timeoutMs), timeoutMs)
  const result = why === '' ? 'fenced' : 'failed'
  book.notes.set(victim, { ...note, result, why })
  status.event(
    why === '' ? 'agent' : 'failed',
    why === ''
      ? `vip ${vip}: ${victim} is fenced`
      : `vip ${vip}: cannot fence ${victim}: ${why}; the split is only told from here on`,
  )
  await keep(deps, book, victim, { ...note, result, why }).catch((thrown: unknown) =>
    status.event('agent', `cannot note what came of fencing ${victim}: ${textOf(thrown)}`),
  )
}

/** '' when the command said that the node is off. */
function failureOf({ code, stdout, stderr }: Exec, timeoutMs: number): string {
  if (code === 0) return ''
  const said = `${stderr}\n${stdout}`.trim().slice(0, OUTPUT_CHARS_MAX)
  const how = code === null ? `no end within ${timeoutMs} ms` : `exit code ${code}`
  return said === '' ? how : `${how}: ${said}`
}

/** Told until the node is heard again. */
function findingOf(name: string, { vip, result, over, why }: Note): readonly Finding[] {
  if (over) return []
  const what = {
    fenced: `vip ${vip}: ${name} held it as well, and was fenced by this node`,
    failed: `vip ${vip}: ${name} holds it as well, and could not be fenced: ${why}`,
    asked: `vip ${vip}: ${name} was to be fenced when the agent here ended: look whether it is off`,
  }[result]
  return [
    error('fence', {
      what,
      why:
        result === 'fenced'
          ? `there is no second node until ${name} is back`
          : 'clients may reach one or the other by chance',
      hint: `find out why the two did not hear each other, then bring ${name} back`,
    }),
  ]
}
