// The overview: first whether all is well, then who holds what, the way of a request, and every node.
import type { Cluster } from '../../spec/cluster.ts'
import type { ClusterStatus } from '../../spec/status.ts'
import { findingsTable } from './findings.ts'
import { type Html, html, raw } from './html.ts'
import { nodeSections } from './nodes.ts'
import { type Section, whole } from './part.ts'
import { orderSection } from './orders.ts'
import { poolSections } from './pools.ts'
import { mountTable, singlePointList } from './storage.ts'
import { collapse } from './topology/collapse.ts'
import { picture } from './topology/draw.ts'
import { graphOf } from './topology/graph.ts'
import { layout } from './topology/layout.ts'
import { vipSection } from './vips.ts'
import { count, time } from './words.ts'

const ALERTS_SHOWN_MAX = 50

function alertList(status: ClusterStatus): Html {
  const shown = status.alerts.slice(0, ALERTS_SHOWN_MAX)
  const rows = shown.map(
    (a) =>
      html`<li id="alert-${a.id}">${a.text} <span class="since">since ${time(a.since)}</span></li>`,
  )
  const more = status.alerts.length - shown.length
  const rest = more > 0 ? html`<li>and ${more} more</li>` : raw('')
  return html`<div role="alert" class="verdict bad"><p class="head"><span aria-hidden="true">✕</span> ${count(status.alerts.length, 'alert')}</p><ul class="alerts">${rows}${rest}</ul></div>`
}

function said(status: ClusterStatus): Html {
  if (status.revision === 0)
    return html`<p class="verdict ok"><span class="head">No spec yet.</span> Send one: <code>hactl push spec.json</code></p>`
  if (status.alerts.length > 0) return alertList(status)
  // Right after a start nothing is accused and nothing is known: that is not "all is well".
  if (status.vips.some((vip) => vip.state !== 'held'))
    return html`<p class="verdict wait"><span class="head"><span aria-hidden="true">…</span> Listening</span> not every holder is known yet.</p>`
  const ready = status.nodes.filter((node) => node.condition === 'Ready').length
  const other = status.nodes.filter((node) => node.summary !== undefined).length - ready
  const rest = other > 0 ? `, ${count(other, 'node')} not ready` : ''
  return html`<p class="verdict ok"><span class="head"><span aria-hidden="true">✓</span> No alert</span> ${count(status.vips.length, 'vip')} held, ${count(ready, 'node')} ready${rest}.</p>`
}

/** The time is absolute, so that a second that passes is no change; the script counts down beside it. */
function waiting({ confirmLeftMs, revision, now }: ClusterStatus): Html {
  if (confirmLeftMs === undefined) return raw('')
  const late = html`<p class="verdict wait">Revision ${revision} was not confirmed in time: the nodes go back to what they ran before.</p>`
  if (confirmLeftMs === 0) return late
  return html`<p class="verdict wait"><span class="head"><span aria-hidden="true">◷</span> Revision ${revision} waits for a person.</span> Unless it is confirmed until ${time(now + confirmLeftMs)} (<span data-left></span> left), every node goes back by itself.
<button type="button" class="act" data-act="confirm" data-revision="${revision}" hidden>Confirm ${revision}</button></p>`
}

/** Stands above every page. */
export const verdict = (status: ClusterStatus): Section =>
  whole('verdict', html`${said(status)}${waiting(status)}`)

export function homeSections(
  cluster: Cluster | undefined,
  status: ClusterStatus,
  events: readonly Section[],
): readonly Section[] {
  const newest =
    status.revision === 0
      ? raw('')
      : html`<p class="dim newest">Newest spec: <a href="/revisions/${status.revision}">rev ${status.revision}</a> <code>${status.digest.slice(0, 8)}</code></p>`
  const graph = cluster === undefined ? { boxes: [], edges: [] } : graphOf({ cluster, status })
  return [
    whole('newest', newest),
    orderSection(status),
    vipSection(status),
    picture(layout(collapse(graph))),
    ...nodeSections(status),
    whole('findings', findingsTable(status.nodes)),
    ...poolSections(status),
    ...events,
    whole('mounts', mountTable(status.nodes)),
    whole('single', singlePointList(status)),
  ]
}
