// What `hactl status` does: one look, or one every second.
import type { MountState } from '../spec/report.ts'
import type { ClusterStatus, NodeStatus, VipStatus } from '../spec/status.ts'
import { isLoopback } from '../spec/tls/loopback.ts'
import { hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'
import { orderText } from './order-text.ts'
import { age, jsonOut, type Paint, paint, plain, plural, short, table, when } from './print.ts'
import { hubTarget } from './target.ts'

const WATCH_MS = 1_000
const CLEAR = '\u001b[H\u001b[2J'

/** Over HTTP to another machine. */
function inPlain(url: string): boolean {
  if (!url.startsWith('http:')) return false
  return !isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
}

export async function status(io: Io, flags: HubFlags, watch: boolean): Promise<void> {
  const target = await hubTarget(io, flags)
  const client = hubClient(target)
  // On standard error: what reads the status is not disturbed.
  if (inPlain(target.url))
    io.err(
      `${paint(io, 'yellow', 'plain')}  ${plain(target.url)} speaks no TLS: the token is read by whoever reads that wire\n`,
    )
  for (;;) {
    const now = await client.status()
    if (io.json) jsonOut(io, now)
    else io.out(`${watch && io.terminal ? CLEAR : ''}${statusText(io, now)}`)
    if (!watch) {
      if (!isWell(now)) throw new Exit(EXIT.no)
      return
    }
    await io.clock.sleep(WATCH_MS, io.signal).catch(() => {})
    if (io.signal.aborted) return
  }
}

/** Every vip held by one node, every agent that ever spoke here Ready and heard. */
export const isWell = (now: ClusterStatus): boolean =>
  now.vips.every((vip) => vip.state === 'held') &&
  now.alerts.length === 0 &&
  now.nodes.every((node) => node.ageMs === null || node.condition === 'Ready')

const VIP_COLOURS = { held: 'green', none: 'red', split: 'red', unknown: 'yellow' } as const
const NODE_COLOURS: Readonly<Record<NodeStatus['condition'], Paint>> = {
  Ready: 'green',
  Reconciling: 'cyan',
  Stalled: 'red',
  Degraded: 'yellow',
  Paused: 'yellow',
  Unknown: 'yellow',
}

/** What a person has to do yet, or did not do. */
function confirmation(io: Pick<Io, 'color'>, { revision, confirmLeftMs }: ClusterStatus): string {
  if (confirmLeftMs === undefined) return ''
  return confirmLeftMs === 0
    ? `${paint(io, 'red', 'unconfirmed')}  revision ${revision} was not confirmed in time: nodes went back; push it again, or hactl rollback\n`
    : `${paint(io, 'yellow', 'unconfirmed')}  nodes go back from revision ${revision} in ${age(confirmLeftMs)}: hactl confirm keeps it\n`
}

/** The whole status as text; everything that came over the net has lost its control characters. */
export function statusText(io: Pick<Io, 'color'>, now: ClusterStatus): string {
  const head =
    now.revision === 0
      ? 'No spec yet: hactl push sends one.\n'
      : `Cluster ${plain(now.cluster)}, revision ${now.revision} (${short(now.digest)})\n`
  const title = (cells: readonly string[]) => cells.map((cell) => paint(io, 'dim', cell))
  const vips = [
    title(['VIP', 'STATE', 'HOLDER', 'ADDRESSES']),
    ...now.vips.map((vip) => [
      vip.vip,
      paint(io, VIP_COLOURS[vip.state], vip.state),
      holder(vip),
      vip.addresses.join(' '),
    ]),
  ]
  const nodes = [
    title(['NODE', 'CONDITION', 'RUNNING', 'WANTED', 'HEARD', 'REASON']),
    ...[...now.nodes, ...now.strangers].map((node) =>
      nodeRow(io, node, now.strangers.includes(node)),
    ),
  ]
  const mounts = [
    title(['MOUNT', 'NODE', 'STATE', 'SINCE', 'AT', 'FROM', 'WHY']),
    ...now.nodes.flatMap((node) =>
      (node.report?.mounts ?? []).map((mount) => mountRow(io, node, mount)),
    ),
  ]
  const single = (now.singlePoints ?? []).map(
    (text) => `${paint(io, 'yellow', 'alone')}  ${plain(text)}\n`,
  )
  const alerts = now.alerts.map((a) => `${paint(io, 'red', 'alert')}  ${plain(a.text)}\n`)
  return [
    head,
    confirmation(io, now),
    now.vips.length === 0 ? '' : `\n${table(vips)}`,
    nodes.length === 1 ? '' : `\n${table(nodes)}`,
    serverText(io, now.nodes),
    orderText(io, now),
    mounts.length === 1 ? '' : `\n${table(mounts)}`,
    single.length === 0
      ? ''
      : `\n${plural(single.length, 'single point')} of failure:\n${single.join('')}`,
    alerts.length === 0 ? '' : `\n${plural(alerts.length, 'alert')}:\n${alerts.join('')}`,
  ].join('')
}

/** More are shown by the hub's page and by --json. */
const SERVERS_SHOWN_MAX = 40

/** Each server once, as its nodes see it; what is not up first. A stale node's word does not count. */
function serverText(io: Pick<Io, 'color'>, nodes: readonly NodeStatus[]): string {
  const seen = nodes.flatMap((node) =>
    node.stale
      ? []
      : (node.report?.servers ?? []).map((server) => ({ ...server, node: node.node })),
  )
  const byName = [...Map.groupBy(seen, ({ pool, server }) => `${pool}/${server}`)]
  const rows = byName.map(([name, views]) => {
    const states = Map.groupBy(views, ({ status }) => status)
    const well = [...states.keys()].every((status) => /^(?:UP|no check)$/.test(status))
    const words = [...states].map(([status, of]) =>
      states.size === 1 ? status : `${status} on ${of.map(({ node }) => node).join(', ')}`,
    )
    const why = [...new Set(views.map((view) => view.why))].filter((text) => text !== '').join('; ')
    return {
      well,
      cells: [
        plain(name),
        paint(io, well ? 'green' : 'red', plain(words.join(', '))),
        oneLine(why),
      ],
    }
  })
  if (rows.length === 0) return ''
  const sorted = rows.toSorted((a, b) => Number(a.well) - Number(b.well))
  const shown = sorted.slice(0, SERVERS_SHOWN_MAX).map(({ cells }) => cells)
  const head = ['SERVER', 'HEALTH', 'WHY'].map((cell) => paint(io, 'dim', cell))
  const more = rows.length > shown.length ? `${rows.length - shown.length} more\n` : ''
  return `\n${table([head, ...shown])}${more}`
}

const at = (list: VipStatus['holders']): string =>
  list.map((h) => `${h.node} (${age(h.ageMs)} ago)`).join(', ')

function holder(vip: VipStatus): string {
  if (vip.holders.length > 0) return at(vip.holders)
  return vip.lastKnown.length > 0 ? `last known: ${at(vip.lastKnown)}` : '-'
}

function nodeRow(io: Pick<Io, 'color'>, node: NodeStatus, stranger: boolean): readonly string[] {
  const { summary, ageMs } = node
  const of = (revision: number, digest: string) =>
    digest === '' ? '-' : `${revision} (${short(digest)})`
  return [
    plain(node.node),
    paint(io, NODE_COLOURS[node.condition], node.condition),
    summary === undefined ? '-' : of(summary.runningRevision, summary.running),
    summary === undefined ? '-' : of(summary.wantedRevision, summary.wanted),
    ageMs === null ? 'never' : `${age(ageMs)} ago`,
    stranger ? 'not in the spec' : oneLine(summary?.reason ?? 'no agent has spoken'),
  ]
}

/** An old word is no knowledge: it is shown without its colour. */
function mountRow(io: Pick<Io, 'color'>, node: NodeStatus, mount: MountState): readonly string[] {
  const colour = mount.state === 'ok' ? 'green' : 'red'
  return [
    plain(mount.name),
    plain(node.node),
    node.stale ? `? ${mount.state}` : paint(io, colour, mount.state),
    when(mount.since),
    plain(mount.path),
    plain(mount.source),
    oneLine(mount.why),
  ]
}

const oneLine = (text: string): string => plain(text).replace(/\s+/g, ' ').trim()
