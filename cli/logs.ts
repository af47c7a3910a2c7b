// What `hactl logs` does: asks the agents through the hub, or reads what this machine keeps.
import { parseAgentConfig } from '../agent/config.ts'
import { createHost } from '../agent/host/index.ts'
import { createLogDoor } from '../agent/host/logs.ts'
import { readLogs } from '../agent/logs.ts'
import { LOG_UNITS, type LogLine, Logs } from '../spec/logs.ts'
import { hubClient, parsed } from './client.ts'
import type { LogsFlags } from './commands/logs.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import { readTextIfThere } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain, when } from './print.ts'
import { hubTarget, type Target } from './target.ts'
import { call, saidBy } from './transport.ts'

/** Between two questions while following; a hub answers four a second and node. */
const FOLLOW_MS = 1_000
/** Asked side by side; of more nodes than that the first ones, which is said. */
const NODES_MAX = 20

type Question = { readonly lines: number; readonly since?: number; readonly after?: string }
/** Where lines come from: one node. Throws Exit. */
type Place = { readonly node: string; ask(question: Question): Promise<Logs> }

export async function logs(io: Io, node: string | undefined, flags: LogsFlags): Promise<void> {
  const places = flags.here === true ? [await here(io, node, flags)] : await byHub(io, node, flags)
  const since = flags.since
  const from =
    since === undefined ? {} : { since: 'at' in since ? since.at : io.clock.now() - since.agoMs }
  const first = await Promise.all(
    places.map((place) => askOne(place, { lines: flags.lines, ...from })),
  )
  const failed = first.flatMap((one) => ('failed' in one ? [one.failed] : []))
  const [only] = failed
  if (only !== undefined && failed.length === places.length) throw only
  const shown = show(io, first, places.length > 1, flags.follow === true)
  if (flags.follow !== true) {
    if (io.json)
      jsonOut(io, { ok: failed.length === 0, lines: shown, failed: failed.map(messageOf) })
    if (failed.length > 0) throw new Exit(EXIT.no)
    return
  }
  await follow(io, first, flags)
}

type Answered = { readonly place: Place } & ({ readonly logs: Logs } | { readonly failed: Exit })

async function askOne(place: Place, question: Question): Promise<Answered> {
  try {
    const answer = await place.ask(question)
    if (answer.error === '') return { place, logs: answer }
    const why = `cannot read the logs of ${place.node}: ${answer.error}`
    return { place, failed: new Exit(EXIT.no, why) }
  } catch (error) {
    if (error instanceof Exit) return { place, failed: error }
    throw error
  }
}

/** Until Ctrl-C. A node that does not answer is said once, and asked again: its lines are not lost meanwhile. */
async function follow(io: Io, first: readonly Answered[], flags: LogsFlags): Promise<void> {
  const after = new Map<Place, string>()
  const silent = new Set<Place>()
  const note = (all: readonly Answered[]) => {
    for (const one of all) {
      if ('failed' in one) silent.add(one.place)
      else {
        silent.delete(one.place)
        after.set(one.place, one.logs.after)
      }
    }
  }
  note(first)
  const startedAt = io.clock.now()
  while (!io.signal.aborted) {
    await io.clock.sleep(FOLLOW_MS, io.signal).catch(() => undefined)
    if (io.signal.aborted) return
    const asked = await Promise.all(
      first.map(({ place }) => {
        const seen = after.get(place) ?? ''
        return askOne(place, {
          lines: flags.lines,
          ...(seen === '' ? { since: startedAt } : { after: seen }),
        })
      }),
    )
    if (io.signal.aborted) return
    const news = asked.filter((one) => !('failed' in one && silent.has(one.place)))
    show(io, news, first.length > 1, true)
    note(asked)
  }
}

type Shown = LogLine & { readonly node: string }

/** In the order of their times; a line without one stands where the one before it in its node does. */
function merged(answers: readonly Answered[]): readonly Shown[] {
  const all = answers.flatMap((one) => {
    let order = 0
    return 'failed' in one
      ? []
      : one.logs.lines.map((line) => {
          order = line.at ?? order
          return { order, line: { node: one.place.node, ...line } }
        })
  })
  return all.sort((a, b) => a.order - b.order).map(({ line }) => line)
}

function show(
  io: Io,
  answers: readonly Answered[],
  several: boolean,
  following: boolean,
): readonly Shown[] {
  for (const one of answers) {
    const says = 'failed' in one ? one.failed.message : one.logs.note
    if (says !== '' && !io.json) io.err(`${paint(io, 'yellow', one.place.node)}: ${plain(says)}\n`)
  }
  const lines = merged(answers)
  if (io.json && following) for (const line of lines) jsonOut(io, line)
  if (!io.json) for (const line of lines) io.out(lineText(io, line, several))
  return lines
}

function lineText(io: Io, { at, node, unit, priority = 6, text }: Shown, several: boolean): string {
  const from = `${several ? `${plain(node)} ` : ''}${unit}`
  const says = plain(text)
  const colour = priority <= 3 ? 'red' : priority === 4 ? 'yellow' : undefined
  const time = at === undefined ? '-'.padEnd(19) : when(at)
  return `${paint(io, 'dim', time)}  ${from}  ${colour === undefined ? says : paint(io, colour, says)}\n`
}

async function byHub(
  io: Io,
  node: string | undefined,
  flags: LogsFlags,
): Promise<readonly Place[]> {
  const target = await hubTarget(io, flags)
  if (node !== undefined) return [placeAt(target, node, flags)]
  const { nodes } = await hubClient(target).status()
  const there = nodes.filter(({ connected }) => connected).map((one) => one.node)
  if (there.length === 0)
    throw new Exit(EXIT.no, 'cannot read logs: no agent is connected', 'hactl status shows them')
  if (there.length > NODES_MAX)
    io.err(`of the first ${NODES_MAX} nodes of ${there.length}; name one for another\n`)
  return there.slice(0, NODES_MAX).map((name) => placeAt(target, name, flags))
}

const FAILED: Readonly<Record<number, (says: string) => Exit>> = {
  404: (says) => new Exit(EXIT.no, says, 'hactl status lists the nodes'),
  409: (says) => new Exit(EXIT.refused, says),
  429: (says) => new Exit(EXIT.no, says),
  503: (says) => new Exit(EXIT.unreachable, says),
  504: (says) => new Exit(EXIT.unreachable, says),
}

function placeAt(target: Target, node: string, flags: LogsFlags): Place {
  return {
    node,
    async ask({ lines, since, after }) {
      const query = new URLSearchParams({ lines: String(lines) })
      for (const unit of flags.unit ?? []) query.append('unit', unit)
      if (since !== undefined) query.append('since', String(Math.floor(since)))
      if (after !== undefined) query.append('after', after)
      const path = `/v1/logs/${encodeURIComponent(node)}?${query}`
      const answer = await call(target, { method: 'GET', path })
      const said = saidBy(answer.body)
      const failed = said === '' ? undefined : FAILED[answer.status]
      if (failed !== undefined) throw failed(said)
      return parsed(target.url, answer, Logs)
    },
  }
}

async function here(io: Io, node: string | undefined, flags: LogsFlags): Promise<Place> {
  const text = await readTextIfThere(flags.config)
  const read = text === undefined ? undefined : parseAgentConfig(text)
  const config = read?.ok === true ? read.value : undefined
  if (node !== undefined && config !== undefined && node !== config.node)
    throw new Exit(EXIT.usage, `cannot read the logs of ${node} here: this is ${config.node}`)
  const run = config?.run ?? '/run/hactl'
  const supervisor = config?.supervisor ?? 'auto'
  const host = createHost({
    ...{ supervisor, runDirectory: run, supervises: false, log: () => undefined },
  })
  const { kind } = host.supervisor
  host.dispose()
  const door = createLogDoor(kind, run)
  const units = [...(flags.unit ?? LOG_UNITS)]
  return {
    node: config?.node ?? 'here',
    ask: (question) => readLogs(door, { type: 'logs', id: 'here', units, ...question }, io.signal),
  }
}
