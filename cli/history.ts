// What `hactl history` and `hactl events` do.
import { Value } from '@sinclair/typebox/value'
import type { Revision } from '../spec/protocol.ts'
import { HubEvent } from '../spec/status.ts'
import { type HubClient, hubClient } from './client.ts'
import type { EventsFlags } from './commands/events.ts'
import type { HistoryFlags } from './commands/history.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain, short, table, when } from './print.ts'
import { hubTarget } from './target.ts'

const RECONNECT_MS = 1_000
/** Events kept in mind while following, so that none is shown twice after a reconnect. */
const SEEN_MAX = 10_000

export async function history(
  io: Io,
  revision: number | undefined,
  flags: HistoryFlags,
): Promise<void> {
  const client = hubClient(await hubTarget(io, flags))
  if (revision !== undefined) return one(io, client, revision)
  const all = [...(await client.revisions(flags.limit))].sort((a, b) => b.revision - a.revision)
  const list = all.slice(0, flags.limit)
  if (io.json) return jsonOut(io, list)
  if (list.length === 0) return io.out('No spec yet: hactl push sends one.\n')
  const head = ['REV', 'WHEN', 'DIGEST', 'AUTHOR', 'SIGNED', 'ALLOWED', 'NOTE']
  io.out(
    table([
      head.map((cell) => paint(io, 'dim', cell)),
      ...list.map((r) => [
        String(r.revision),
        when(r.at),
        short(r.digest),
        plain(r.author),
        r.signer?.slice(0, 19) ?? '-',
        [...r.allow, ...confirmWord(r)].join(' ') || '-',
        plain(r.note).replace(/\s+/g, ' '),
      ]),
    ]),
  )
}

const confirmWord = ({ confirmMs, confirmedAt }: Revision): readonly string[] =>
  confirmMs === undefined ? [] : [confirmedAt === undefined ? 'unconfirmed' : 'confirmed']

async function one(io: Io, client: HubClient, revision: number): Promise<void> {
  const found = await client.revision(revision)
  if (found === undefined)
    throw new Exit(EXIT.no, `cannot find revision ${revision}`, 'hactl history lists them')
  if (io.json) jsonOut(io, found)
  else io.out(found.text.endsWith('\n') ? found.text : `${found.text}\n`)
}

export async function events(io: Io, flags: EventsFlags): Promise<void> {
  const client = hubClient(await hubTarget(io, flags))
  const seen = new Set<number>()
  const show = (list: readonly HubEvent[]) => {
    for (const event of [...list].sort((a, b) => a.seq - b.seq)) {
      if (seen.has(event.seq)) continue
      seen.add(event.seq)
      for (const old of seen) {
        if (seen.size <= SEEN_MAX) break
        seen.delete(old)
      }
      if (io.json && flags.follow === true) jsonOut(io, event)
      else if (!io.json) io.out(eventText(io, event))
    }
  }
  const first = await client.events(flags.limit, flags.before)
  if (io.json && flags.follow !== true) return jsonOut(io, first)
  show(first)
  const oldest = Math.min(...first.map((event) => event.seq))
  if (first.length === flags.limit && flags.follow !== true && oldest > 1)
    io.err(`older ones: hactl events --before ${oldest}\n`)
  while (flags.follow === true && !io.signal.aborted) {
    await following(io, client, show)
    await io.clock.sleep(RECONNECT_MS, io.signal).catch(() => {})
    // What happened while nobody listened.
    if (!io.signal.aborted) await client.events(flags.limit).then(show, stillAway)
  }
}

async function following(
  io: Io,
  client: HubClient,
  show: (list: readonly HubEvent[]) => void,
): Promise<void> {
  try {
    await client.stream(io.signal, (name, data) => {
      if (name === 'event' && Value.Check(HubEvent, data)) show([data])
    })
  } catch (error) {
    stillAway(error)
    io.err(`${messageOf(error)}; trying again\n`)
  }
}

/** Only a hub that does not answer is waited for. */
function stillAway(error: unknown): void {
  if (!(error instanceof Exit) || error.code !== EXIT.unreachable) throw error
}

const eventText = (io: Io, event: HubEvent): string =>
  `${paint(io, 'dim', when(event.at))}  ${plain(event.node) || 'hub'}  ${paint(io, 'bold', plain(event.kind))}  ${plain(event.text).replace(/\s+/g, ' ')}\n`
