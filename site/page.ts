// The status page, rendered on the server: one renderer for the first answer, the live updates and a browser without script.
import type { ServerHealth } from '../spec/report.ts'
import type { ClusterStatus, HubEvent, NodeStatus, VipStatus } from '../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import { findingsTable } from './page-findings.ts'
import { CLIENT } from './page-client.ts'
import { mountTable, singlePointList } from './page-storage.ts'
import { STYLE } from './page-style.ts'

/** Same words as the client's `say`. */
export function age(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}
const aged = (ms: number | null): Html =>
  ms === null ? html`never heard` : html`<span data-age="${ms}">${age(ms)}</span> ago`
/** ECMA-262 21.4.1.1: beyond this a Date is invalid; a node with a mad clock must not break the page. */
const TIME_MAX = 8.64e15
function time(at: number): string {
  const text = new Date(Math.min(TIME_MAX, Math.max(-TIME_MAX, at))).toISOString()
  return `${text.replace('T', ' ').replace(/\.\d+Z$/, '')} UTC`
}

const BIG: Readonly<Record<VipStatus['state'], string>> = {
  held: '✓',
  none: '✕ NOBODY',
  split: '⚠ SPLIT BRAIN',
  unknown: '? UNKNOWN',
}

function vipCard(vip: VipStatus): Html {
  const nodes = vip.holders.map((h) => h.node).join(' + ')
  const oldest = Math.max(0, ...vip.holders.map((h) => h.ageMs))
  const big = vip.state === 'held' ? `${BIG.held} ${nodes}` : BIG[vip.state]
  // Only a held vip decays in the browser: a fault stays a fault until the hub says better.
  const decays = vip.state === 'held' ? html` data-decays="${oldest}"` : raw('')
  const last = vip.lastKnown.map((h) => html` last claimed by ${h.node}, ${aged(h.ageMs)}.`)
  const says: Readonly<Record<VipStatus['state'], Html>> = {
    held: html`holds it, said ${aged(oldest)}`,
    none: html`every peer says that it does not hold it`,
    split: html`${nodes} hold the same address`,
    unknown: html`nobody who is heard holds it.${last}`,
  }
  return html`<section class="vip ${vip.state}"${decays}><div class="dim">vip <b>${vip.vip}</b></div>
<div class="big">${big}</div><div class="says">${says[vip.state]}</div>
<div class="mono dim">${vip.addresses.join(' ')}</div></section>`
}

const CONDITION: Readonly<Record<NodeStatus['condition'], readonly [string, string]>> = {
  Ready: ['ok', '✓'],
  Reconciling: ['warn', '↻'],
  Paused: ['warn', '‖'],
  Degraded: ['bad', '▲'],
  Stalled: ['bad', '✕'],
  Unknown: ['', '?'],
}

function revision(number: number, digest: string, newest: string): Html {
  if (digest === '') return html`<span class="dim">none</span>`
  const behind =
    newest !== '' && digest !== newest ? html` <span class="tag warn">not newest</span>` : raw('')
  return html`rev ${number} <code>${digest.slice(0, 8)}</code>${behind}`
}

function nodeRow(node: NodeStatus, newest: string): Html {
  const [tone, mark] = CONDITION[node.condition]
  const decays = node.stale ? raw('') : html` data-decays="${node.ageMs ?? 0}"`
  const s = node.summary
  return html`<tr><th scope="row">${node.node}</th>
<td><span class="tag ${tone}"${decays}>${mark} ${node.condition}</span></td><td>${aged(node.ageMs)}</td>
<td>${revision(s?.wantedRevision ?? 0, s?.wanted ?? '', newest)}</td>
<td>${revision(s?.runningRevision ?? 0, s?.running ?? '', newest)}</td>
<td class="wrap">${node.stale && s !== undefined ? html`<span class="dim">before: </span>` : raw('')}${s?.reason ?? ''}</td></tr>`
}

function nodeTable(title: string, nodes: readonly NodeStatus[], newest: string): Html {
  if (nodes.length === 0) return raw('')
  return scroll(
    title,
    html`<table><thead><tr><th>node<th>condition<th>heard<th>wanted<th>running<th>reason</tr></thead>
<tbody>${nodes.map((node) => nodeRow(node, newest))}</tbody></table>`,
  )
}

/** haproxy's words: UP, DOWN, DRAIN, MAINT, "no check", "UP 1/3" (going down). */
function tone(status: string): readonly [string, string] {
  if (/^(UP$|no check)/.test(status)) return ['ok', '✓']
  return /^DOWN/.test(status) ? ['bad', '✕'] : ['warn', '▲']
}

function serverRow(server: ServerHealth, node: NodeStatus): Html {
  const [kind, mark] = node.stale ? ['', '?'] : tone(server.status)
  return html`<tr><th scope="row">${server.pool}/${server.server}</th><td>${node.node}</td>
<td><span class="tag ${kind ?? ''}">${mark ?? ''} ${server.status}</span></td><td>${aged(node.ageMs)}</td>
<td class="num">${server.weight}</td><td class="num">${server.sessions}</td><td class="wrap">${server.why}</td></tr>`
}

/** Wide tables scroll by themselves, also with the keyboard alone. */
const scroll = (title: string, table: Html): Html =>
  html`<h2>${title}</h2><div class="scroll" tabindex="0" role="region" aria-label="${title}">${table}</div>`

const SERVERS_SHOWN_MAX = 1_000
function serverTable(nodes: readonly NodeStatus[]): Html {
  const all = nodes
    .flatMap((node) => (node.report?.servers ?? []).map((server) => ({ node, server })))
    .sort((a, b) =>
      `${a.server.pool}/${a.server.server}`.localeCompare(`${b.server.pool}/${b.server.server}`),
    )
  if (all.length === 0) return raw('')
  const rows = all.slice(0, SERVERS_SHOWN_MAX).map(({ node, server }) => serverRow(server, node))
  const more =
    all.length > rows.length ? html`<p class="dim">${all.length - rows.length} more</p>` : raw('')
  const table = html`<table><thead><tr><th>pool/server<th>seen by<th>health<th>heard<th class="num">weight<th class="num">sessions<th>why</tr></thead>
<tbody>${rows}</tbody></table>`
  return html`${scroll('Servers', table)}${more}`
}

function eventTable(events: readonly HubEvent[]): Html {
  if (events.length === 0) return raw('')
  const rows = events.map(
    (e) => html`<tr><td class="mono">${time(e.at)}</td><td>${e.node === '' ? 'hub' : e.node}</td>
<td>${e.kind}</td><td class="wrap">${e.text}</td></tr>`,
  )
  return scroll(
    'Events',
    html`<table><thead><tr><th>when<th>who<th>kind<th>what</tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function alerts(status: ClusterStatus): Html {
  if (status.revision === 0)
    return html`<p class="well">No spec yet. Send one: <code>hactl push spec.json</code></p>`
  // Right after a start nothing is accused and nothing is known: that is not "all is well".
  if (status.alerts.length === 0 && status.vips.some((vip) => vip.state !== 'held'))
    return html`<p class="wait">… Listening: not every holder is known yet.</p>`
  if (status.alerts.length === 0) return html`<p class="well">✓ No alert.</p>`
  const rows = status.alerts.map(
    (a) => html`<li>⚠ ${a.text} <span class="dim">since ${time(a.since)}</span></li>`,
  )
  return html`<div role="alert"><ul class="alerts">${rows}</ul></div>`
}

/** Inner HTML of <main>. */
export function statusHtml(status: ClusterStatus, events: readonly HubEvent[]): string {
  const newest =
    status.revision === 0
      ? raw('')
      : html`<p class="dim">Newest: rev ${status.revision} <code>${status.digest.slice(0, 8)}</code> · page of ${time(status.now)}</p>`
  const vips =
    status.vips.length === 0
      ? raw('')
      : html`<h2>Virtual addresses</h2><div class="vips">${status.vips.map(vipCard)}</div>`
  return html`${alerts(status)}${newest}${vips}${nodeTable('Nodes', status.nodes, status.digest)}
${nodeTable('Agents not in the spec', status.strangers, '')}${findingsTable(status.nodes)}${mountTable(status.nodes, time)}${serverTable(status.nodes)}${singlePointList(status)}${eventTable(events)}`
    .html
}

/** The whole page. Without script it is loaded anew every 2 s. */
export function pageHtml(
  status: ClusterStatus,
  events: readonly HubEvent[],
  nonce: string,
): string {
  const name = status.cluster === '' ? 'no cluster yet' : status.cluster
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name} · hactl</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><noscript><meta http-equiv="refresh" content="2"></noscript>
<style nonce="${nonce}">${raw(STYLE)}</style></head><body><div id="lost" class="lost" role="status" hidden></div>
<header><h1>${name}</h1><span class="dim">hactl hub</span></header>
<main>${raw(statusHtml(status, events))}</main><script nonce="${nonce}">${raw(CLIENT)}</script></body></html>`
    .html
}
