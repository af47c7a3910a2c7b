// Revisions of the spec: who pushed which, and what became of it on each node.
import type { Revision } from '../../spec/protocol.ts'
import type { ClusterStatus, NodeStatus } from '../../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import { type Row, type Section, whole } from './part.ts'
import { plainTable } from './table.ts'
import { count, tag, time } from './words.ts'

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

function resultTags(results: readonly Result[]): Html {
  const some = (is: Result['is']) => results.filter((one) => one.is === is)
  const [runs, failed, takes] = [some('runs'), some('failed'), some('takes')]
  const names = (all: readonly Result[]) => all.map(({ node }) => node.node).join(', ')
  if (results.length === 0) return html`<span class="dim">runs nowhere now</span>`
  const short = (all: readonly Result[]) =>
    all.length > 3 ? count(all.length, 'node') : names(all)
  return html`${failed.length > 0 ? html`${tag('bad', `failed on ${short(failed)}`)} ` : raw('')}${takes.length > 0 ? html`${tag('warn', `not yet on ${short(takes)}`, '↻')} ` : raw('')}${runs.length > 0 ? tag('ok', `runs on ${short(runs)}`) : raw('')}`
}

/** What was signed is sent again by whoever holds the key: nodes with keys take nothing from a page. */
function back({ revision, signer }: Revision, newest: number): Html {
  if (revision === newest) return html`<span class="dim">newest</span>`
  if (signer !== undefined)
    return html`<span class="dim">signed: <code>hactl push --sign</code></span>`
  return html`<button type="button" class="act" data-act="rollback" data-revision="${revision}" hidden>Roll back to ${revision}</button>`
}

function row(revision: Revision, status: ClusterStatus): Row {
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
<td class="wrap">${note}${allow}</td><td class="wrap">${resultTags(resultsOf(status, revision))}</td><td>${back(revision, status.revision)}</td></tr>`,
  }
}

export function revisionSection(
  revisions: readonly Revision[],
  status: ClusterStatus,
  more: Html = raw(''),
): Section {
  if (revisions.length === 0) return whole('revisions', raw(''))
  const head = ['revision', 'pushed', 'by', 'note', 'result', 'go back'].map(
    (text) => html`<th scope="col">${text}</th>`,
  )
  return {
    id: 'revisions',
    open: html`<section id="revisions"><h2>Revisions</h2><div class="scroll" tabindex="0" role="region" aria-label="Revisions"><table><thead><tr>${head}</tr></thead><tbody>`,
    rows: revisions.map((one) => row(one, status)),
    close: html`</tbody></table></div>${more}</section>`,
  }
}

/** The head of a revision's page, and its result on each node. */
export function revisionResult(revision: Revision, status: ClusterStatus): Section {
  const results = resultsOf(status, revision)
  const SAYS = {
    runs: tag('ok', 'runs it'),
    failed: tag('bad', 'failed'),
    takes: tag('warn', 'not yet', '↻'),
  }
  const rows = results.map(
    ({ node, is }) =>
      html`<tr><th scope="row"><a href="/nodes/${node.node}">${node.node}</a></th><td>${SAYS[is]}</td><td class="wrap">${is === 'runs' ? '' : (node.summary?.reason ?? '')}</td></tr>`,
  )
  const table =
    rows.length === 0
      ? html`<p class="card">It runs on no node now.</p>`
      : plainTable('Result on each node', ['node', 'result', 'reason'], rows)
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
