// Revisions of the spec: who pushed which, and what became of it on each node.
import type { Revision } from '../../spec/protocol.ts'
import type { ClusterStatus, NodeStatus } from '../../spec/status.ts'
import type { NodeResult } from '../results.ts'
import { type Html, html, raw } from './html.ts'
import { type Row, type Section, whole } from './part.ts'
import { plainTable } from './table.ts'
import { count, tag, time } from './words.ts'

type Listed = {
  readonly revisions: readonly Revision[]
  readonly status: ClusterStatus
  readonly results: (revision: number) => readonly NodeResult[]
}
type Result = { readonly node: NodeStatus; readonly is: 'runs' | 'failed' | 'takes' }

/** What the last word of each node says of a revision; a node that runs another one says nothing of it. */
function resultsOf({ nodes }: ClusterStatus, { revision, digest }: Revision): readonly Result[] {
  return nodes.flatMap((node): readonly Result[] => {
    const s = node.summary
    if (s === undefined) return []
    if (s.failed === digest && s.wantedRevision <= revision) return [{ node, is: 'failed' }]
    if (s.running === digest && s.runningRevision === revision) return [{ node, is: 'runs' }]
    return s.wanted === digest && s.wantedRevision === revision ? [{ node, is: 'takes' }] : []
  })
}

const namesOf = (nodes: readonly string[]): string =>
  nodes.length > 3 ? count(nodes.length, 'node') : nodes.join(', ')

/** What nodes say of it now; of one that runs nowhere any more, what they said of it then. */
function resultTags(results: readonly Result[], before: readonly NodeResult[]): Html {
  const now = (is: Result['is']) => results.filter((one) => one.is === is).map((r) => r.node.node)
  const then = (is: NodeResult['is']) => before.filter((one) => one.is === is).map((r) => r.node)
  const told = (
    tone: 'ok' | 'warn' | 'bad',
    words: string,
    nodes: readonly string[],
    mark?: string,
  ) => (nodes.length === 0 ? raw('') : html`${tag(tone, `${words} ${namesOf(nodes)}`, mark)} `)
  if (results.length > 0)
    return html`${told('bad', 'failed on', now('failed'))}${told('warn', 'not yet on', now('takes'), '↻')}${told('ok', 'runs on', now('runs'))}`
  const ran = then('ran')
  return html`${told('bad', 'failed on', then('failed'))}<span class="dim">${ran.length === 0 ? 'runs nowhere now' : `ran on ${namesOf(ran)}`}</span>`
}

/** What was signed is sent again by whoever holds the key: nodes with keys take nothing from a page. */
function back({ revision, signer }: Revision, newest: number): Html {
  if (revision === newest) return html`<span class="dim">newest</span>`
  if (signer !== undefined)
    return html`<span class="dim">signed: <code>hactl push --sign</code></span>`
  return html`<button type="button" class="act" data-act="rollback" data-revision="${revision}" hidden>Roll back to ${revision}</button>`
}

function row(revision: Revision, { status, results }: Listed): Row {
  const id = `revision-${revision.revision}`
  const note =
    revision.note === '' ? html`<span class="dim">no note</span>` : html`${revision.note}`
  const allow =
    revision.allow.length === 0
      ? raw('')
      : html` <span class="dim">allows ${revision.allow.join(', ')}</span>`
  return {
    id,
    html: html`<tr id="${id}"><th scope="row"><a href="/revisions/${revision.revision}">rev ${revision.revision}</a></th>
<td class="mono dim">${time(revision.at)}</td><td>${revision.author === '' ? 'unknown' : revision.author}${revision.signer === undefined ? raw('') : html`<br><span class="dim">signed <code>${revision.signer.slice(0, 14)}…</code></span>`}</td>
<td class="wrap">${note}${allow}</td><td class="wrap">${resultTags(resultsOf(status, revision), results(revision.revision))}</td><td>${back(revision, status.revision)}</td></tr>`,
  }
}

export function revisionSection(listed: Listed, more: Html = raw('')): Section {
  const { revisions } = listed
  if (revisions.length === 0) return whole('revisions', raw(''))
  const head = ['revision', 'pushed', 'by', 'note', 'result', 'go back'].map(
    (text) => html`<th scope="col">${text}</th>`,
  )
  return {
    id: 'revisions',
    open: html`<section id="revisions"><h2>Revisions</h2><div class="scroll" tabindex="0" role="region" aria-label="Revisions"><table><thead><tr>${head}</tr></thead><tbody>`,
    rows: revisions.map((one) => row(one, listed)),
    close: html`</tbody></table></div>${more}</section>`,
  }
}

const SAYS = {
  runs: tag('ok', 'runs it'),
  failed: tag('bad', 'failed'),
  takes: tag('warn', 'not yet', '↻'),
  ran: html`<span class="dim">ran it</span>`,
} as const

/** Each node once: what it says now, and when it first said what became of the revision. */
function resultRows(results: readonly Result[], before: readonly NodeResult[]): readonly Html[] {
  const then = new Map(before.map((one) => [one.node, one]))
  const row = (node: string, is: keyof typeof SAYS, reason: string): Html => {
    const at = then.get(node)?.at
    return html`<tr><th scope="row"><a href="/nodes/${node}">${node}</a></th><td>${SAYS[is]}</td><td class="mono dim">${at === undefined ? '' : time(at)}</td><td class="wrap">${reason}</td></tr>`
  }
  const now = new Set(results.map(({ node }) => node.node))
  return [
    ...results.map(({ node, is }) =>
      row(node.node, is, is === 'runs' ? '' : (node.summary?.reason ?? '')),
    ),
    ...before
      .filter(({ node }) => !now.has(node))
      .map(({ node, is, reason }) => row(node, is, reason)),
  ]
}

/** The head of a revision's page, and its result on each node. */
export function revisionResult(
  revision: Revision,
  status: ClusterStatus,
  before: readonly NodeResult[],
): Section {
  const rows = resultRows(resultsOf(status, revision), before)
  const table =
    rows.length === 0
      ? html`<p class="card">It ran on no node.</p>`
      : plainTable('Result on each node', ['node', 'result', 'since', 'reason'], rows)
  const confirmed =
    revision.confirmedAt === undefined ? '' : ` · confirmed ${time(revision.confirmedAt)}`
  const signed =
    revision.signer === undefined
      ? html`not signed`
      : html`signed by <code>${revision.signer}</code>; nodes judge whether that key may`
  const note = revision.note === '' ? raw('') : html`<p class="note">${revision.note}</p>`
  return whole(
    'top',
    html`<h2>Revision ${revision.revision}</h2>${note}<p class="dim">pushed ${time(revision.at)} by ${revision.author === '' ? 'unknown' : revision.author} · digest <code>${revision.digest.slice(0, 16)}</code>${revision.allow.length === 0 ? '' : ` · allows ${revision.allow.join(', ')}`}${confirmed} · ${signed}</p>
<p>${back(revision, status.revision)}</p>${table}`,
  )
}
