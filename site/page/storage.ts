// Mounts of the nodes, and what takes the service down alone, on the page.
import type { MountState } from '../../spec/report.ts'
import type { ClusterStatus, NodeStatus } from '../../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import { time } from './words.ts'

const SHOWN_MAX = 500
const TONE: Readonly<Record<MountState['state'], readonly [string, string]>> = {
  ok: ['ok', '✓'],
  hung: ['bad', '✕'],
  stale: ['bad', '✕'],
  absent: ['bad', '✕'],
}

export function mountTable(nodes: readonly NodeStatus[]): Html {
  const all = nodes.flatMap((node) => (node.report?.mounts ?? []).map((mount) => ({ node, mount })))
  if (all.length === 0) return raw('')
  const rows = all.slice(0, SHOWN_MAX).map(({ node, mount }) => {
    const [tone, mark] = node.stale ? ['', '?'] : TONE[mount.state]
    return html`<tr><th scope="row">${node.node}</th><td>${mount.name}</td><td class="mono wrap">${mount.path}</td>
<td class="mono wrap">${mount.source}</td><td><span class="tag ${tone}">${mark} ${mount.state}</span></td>
<td class="mono">${time(mount.since)}</td><td class="wrap">${mount.why}</td></tr>`
  })
  return html`<h2>Mounts</h2><div class="scroll" tabindex="0" role="region" aria-label="Mounts"><table><thead><tr><th>node<th>mount<th>at<th>from<th>state<th>since<th>why</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

export function singlePointList({ singlePoints = [] }: ClusterStatus): Html {
  if (singlePoints.length === 0) return raw('')
  const rows = singlePoints.slice(0, SHOWN_MAX).map((text) => html`<li>${text}</li>`)
  return html`<h2>Single points of failure</h2><ul class="dim">${rows}</ul>`
}
