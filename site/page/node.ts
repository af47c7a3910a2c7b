// The page of one node: condition and step, engines, drift, the doctor's findings, its files and its last events.
import type { Cluster } from '../../spec/cluster.ts'
import type { NodeFile } from '../../spec/report.ts'
import type { ClusterStatus, HubEvent, NodeStatus } from '../../spec/status.ts'
import { findingsTable } from './findings.ts'
import { type Html, html, raw } from './html.ts'
import { reasonOf, revisionOf } from './nodes.ts'
import { type Section, whole } from './part.ts'
import { orderLink, orderSection } from './orders.ts'
import { mountTable } from './storage.ts'
import { plainTable } from './table.ts'
import { timeline } from './timeline.ts'
import { condition, heard, tag, time } from './words.ts'

export type NodeInput = {
  readonly cluster: Cluster | undefined
  readonly status: ClusterStatus
  readonly events: readonly HubEvent[]
  readonly files: readonly NodeFile[] | undefined
}

const facts = (all: readonly (readonly [string, Html])[]): Html =>
  html`<dl class="facts">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

function top(node: NodeStatus, { cluster, status }: NodeInput): Section {
  const s = node.summary
  const spec = cluster?.nodes.find((one) => one.name === node.node)
  const holds = s?.holds.join(', ') ?? ''
  const held = node.stale
    ? html`<span class="dim">not known${holds === '' ? '' : `; last said: ${holds}`}</span>`
    : html`${holds === '' ? 'nothing' : holds}`
  const drift = node.report?.drift ?? []
  return whole(
    'top',
    html`<h2>Node ${node.node}</h2><div class="card">${facts([
      ['condition', condition(node)],
      [
        'reason',
        s?.reason === '' && !node.stale ? html`<span class="dim">none</span>` : reasonOf(node),
      ],
      [
        'heard',
        node.ageMs === null
          ? html`never`
          : html`${heard(node)} ago${node.connected ? '' : ', not connected'}`,
      ],
      [
        'address',
        html`<code>${spec === undefined ? 'not in the newest spec' : `${spec.net.address}/${spec.net.prefix}`}</code>`,
      ],
      ['holds', held],
      ['wanted', revisionOf(s?.wantedRevision ?? 0, s?.wanted ?? '', status.digest)],
      ['running', revisionOf(s?.runningRevision ?? 0, s?.running ?? '', status.digest)],
      [
        'failed here',
        html`${s === undefined || s.failed === '' ? 'nothing' : s.failed.slice(0, 12)}`,
      ],
      ['from outside', outside(node)],
      ['drift', html`${drift.length === 0 ? 'none' : `${drift.length} below`}`],
      ['agent', html`${node.report?.agentVersion ?? 'not told'}`],
      [
        'last pass',
        html`${node.report === undefined ? 'not told' : `${Math.round(node.report.passMs)} ms`}`,
      ],
    ])}</div><p class="buttons">${orderLink(status, 'pause', node.node)} ${orderLink(status, 'drain', node.node)}</p>`,
  )
}

const VERDICTS = {
  ok: ['ok', 'as before'],
  failed: ['bad', 'failed'],
  unknown: ['warn', 'not verified'],
} as const

/** Who looked at its listeners when its spec last changed, when, and what they found. */
function outside({ node, summary }: NodeStatus): Html {
  const found = summary?.outside
  if (found === undefined) return html`<span class="dim">no change was verified</span>`
  const { verdict, by, of = node, at, why } = found
  const [tone, words] = VERDICTS[verdict]
  const where = of === node ? '' : ` on ${of}`
  const who = by.length === 0 ? '' : `, asked by ${by.join(' and ')}`
  return html`${tag(tone, words)}${where}${who}, ${time(at)}: ${why}`
}

function daemons({ report, stale }: NodeStatus): Html {
  const rows = (report?.daemons ?? []).map((one) => {
    const state = stale
      ? tag('off', 'not known')
      : one.running
        ? tag('ok', 'runs')
        : tag('bad', 'stopped')
    return html`<tr><th scope="row">${one.name}</th><td>${one.version === '' ? 'not told' : one.version}</td><td>${state}</td>
<td class="num">${one.pid}</td><td class="num">${one.restarts}</td><td><code>${one.digest.slice(0, 12)}</code></td></tr>`
  })
  const head = ['engine', 'version', 'state', '#pid', '#restarts', 'runs digest']
  return rows.length === 0 ? raw('') : html`<h2>Engines</h2>${plainTable('Engines', head, rows)}`
}

function list(title: string, texts: readonly string[]): Html {
  if (texts.length === 0) return raw('')
  return html`<h2>${title}</h2><ul class="card plain">${texts.map((text) => html`<li class="mono">${text}</li>`)}</ul>`
}

function file({ path, digest, bytes, body }: NodeFile): Html {
  const what = html`<code>${path}</code> <span class="dim">${bytes} bytes · ${digest.slice(0, 12)}</span>`
  if (body === undefined) return html`<li class="file">${what}</li>`
  return html`<li class="file"><details><summary>${what}</summary><pre tabindex="0" role="region" aria-label="${path}">${body}</pre></details></li>`
}

function files(all: readonly NodeFile[] | undefined): Html {
  if (all === undefined || all.length === 0) return raw('')
  return html`<h2>Files</h2><p class="dim">As the spec that it proved renders them; what looks like a secret is hidden.</p><ul class="card plain">${all.map(file)}</ul>`
}

/** undefined for a node nobody knows. */
export function nodePage(input: NodeInput, name: string): readonly Section[] | undefined {
  const { status, events } = input
  const node = [...status.nodes, ...status.strangers].find((one) => one.node === name)
  if (node === undefined) return undefined
  return [
    top(node, input),
    orderSection(status, name),
    whole('steps', list('Steps of the last pass that changed something', node.report?.steps ?? [])),
    whole('engines', daemons(node)),
    whole('drift', list('Drift', node.report?.drift ?? [])),
    whole('findings', findingsTable([node])),
    whole('mounts', mountTable([node])),
    whole('files', files(input.files)),
    timeline(
      'Its last events',
      events.filter((event) => event.node === name),
    ),
  ]
}
