// A row for each node: what it should run, what it runs, in what condition, why, and at which step.
import type { ClusterStatus, NodeStatus } from '../../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import type { Section } from './part.ts'
import { type TableRow, tables } from './table.ts'
import { condition, heard } from './words.ts'

/** `newest`: digest of the newest revision, '' where it has no meaning. */
export function revisionOf(number: number, digest: string, newest: string): Html {
  if (digest === '') return html`<span class="dim">none</span>`
  const behind =
    newest !== '' && digest !== newest
      ? html` <span class="tag warn"><span aria-hidden="true">▲</span> not newest</span>`
      : raw('')
  return html`rev ${number} <code>${digest.slice(0, 8)}</code>${behind}`
}

/** The reason, with the step it stands at where the agent tells one. */
export function reasonOf(node: NodeStatus): Html {
  const s = node.summary
  if (s === undefined) return html`<span class="dim">no agent was ever heard</span>`
  const before = node.stale ? html`<span class="dim">before: </span>` : raw('')
  const step = s.step === undefined ? raw('') : html`<div class="step">step ${s.step}</div>`
  return html`${before}${s.reason === '' && node.stale ? s.condition : s.reason}${step}`
}

function row(node: NodeStatus, newest: string): TableRow {
  const s = node.summary
  const said = node.ageMs === null ? html`<span class="dim">never</span>` : html`${heard(node)} ago`
  const id = `node-${node.node}`
  return {
    id,
    trouble: node.condition !== 'Ready',
    html: html`<tr id="${id}"><th scope="row"><a href="/nodes/${node.node}">${node.node}</a></th><td>${condition(node)}</td>
<td class="wrap">${reasonOf(node)}</td><td>${revisionOf(s?.wantedRevision ?? 0, s?.wanted ?? '', newest)}</td>
<td>${revisionOf(s?.runningRevision ?? 0, s?.running ?? '', newest)}</td><td class="age">${said}</td></tr>`,
  }
}

const HEAD = ['node', 'condition', 'reason', 'wanted', 'running', 'heard']

export function nodeSections(status: ClusterStatus): readonly Section[] {
  const { nodes, strangers, digest } = status
  return [
    ...tables({
      ...{ id: 'nodes', title: 'Nodes', noun: 'node', head: HEAD },
      rows: nodes.map((node) => row(node, digest)),
    }),
    ...tables({
      ...{ id: 'strangers', title: 'Agents not in the spec', noun: 'agent', head: HEAD },
      rows: strangers.map((node) => row(node, '')),
    }),
  ]
}
