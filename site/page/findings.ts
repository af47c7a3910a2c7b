// What the doctor of each node found, on the page: errors and warnings with the command that mends them.
import type { NodeStatus } from '../../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import { count } from './words.ts'

const SHOWN_MAX = 200
const TONE = { error: ['bad', '✕'], warning: ['warn', '▲'] } as const

/** Notes are left out: `hactl doctor` on the node says them. Nothing at all where nothing is wrong. */
export function findingsTable(nodes: readonly NodeStatus[]): Html {
  const all = (['error', 'warning'] as const).flatMap((severity) =>
    nodes.flatMap((node) =>
      (node.report?.findings ?? [])
        .filter((finding) => finding.severity === severity)
        .map((finding) => ({ node, finding, severity })),
    ),
  )
  if (all.length === 0) return raw('')
  const errors = all.filter(({ severity }) => severity === 'error').length
  const rows = all.slice(0, SHOWN_MAX).map(({ node, finding, severity }) => {
    const [tone, mark] = TONE[severity]
    // An old word is no knowledge: it is shown without its colour.
    const tag = node.stale ? raw('') : html` ${tone}`
    const mend =
      finding.fix === ''
        ? html`${finding.hint}`
        : html`${finding.fix.split('\n').map((line) => html`<code>${line}</code><br>`)}${finding.hint}`
    return html`<tr><th scope="row">${node.node}</th>
<td><span class="tag${tag}">${node.stale ? '?' : mark} ${severity}</span></td>
<td class="wrap">${finding.what}<br><span class="dim">${finding.why}</span></td><td class="wrap">${mend}</td></tr>`
  })
  const more =
    all.length > rows.length ? html`<p class="dim">${all.length - rows.length} more</p>` : raw('')
  return html`<h2>Doctor: ${count(errors, 'error')}, ${count(all.length - errors, 'warning')}</h2><div class="scroll" tabindex="0" role="region" aria-label="Findings of the doctor"><table><thead><tr><th>node<th>how bad<th>what is wrong<th>what mends it</tr></thead>
<tbody>${rows}</tbody></table></div>${more}`
}
