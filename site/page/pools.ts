// Pools and virtual services: how many of their servers are up, and which are not; one page for each with every server.
import type { Cluster } from '../../spec/cluster.ts'
import type { ClusterStatus } from '../../spec/status.ts'
import { healthOf, type Said, saidOf } from './health.ts'
import { type Html, html, raw } from './html.ts'
import { orderLink, orderSection } from './orders.ts'
import { type Section, whole } from './part.ts'
import { type TableRow, tables } from './table.ts'
import { count, heard, tag } from './words.ts'
import { tally, toneOfMany } from './topology/graph.ts'

const NAMED_MAX = 5
function troubles(here: readonly Said[]): Html {
  const odd = here.filter((one) => one.tone !== 'ok')
  const named = odd.slice(0, NAMED_MAX).map(({ server }) => `${server.server} ${server.status}`)
  const more = odd.length > NAMED_MAX ? `, ${odd.length - NAMED_MAX} more` : ''
  return html`${named.join(', ')}${more}`
}

export function poolSections(status: ClusterStatus): readonly Section[] {
  const pools = [...Map.groupBy(healthOf(status).values(), ({ server }) => server.pool)].sort(
    ([a], [b]) => a.localeCompare(b),
  )
  const rows = pools.map(([pool, all]): TableRow => {
    const tones = all.map((one) => one.tone)
    const tone = toneOfMany(tones)
    const sessions = all.reduce((sum, { server }) => sum + server.sessions, 0)
    const id = `pool-${pool}`
    return {
      id,
      trouble: tone !== 'ok',
      html: html`<tr id="${id}"><th scope="row"><a href="/pools/${pool}">${pool}</a></th>
<td>${tag(tone, tally(tones))}</td><td class="num">${sessions}</td><td class="wrap">${troubles(all)}</td></tr>`,
    }
  })
  const head = ['pool', 'servers', '#sessions', 'not up']
  return tables({ id: 'pools', title: 'Pools', noun: 'pool', head, rows })
}

/** undefined when neither the spec nor anybody's report knows it. */
export function poolPage(
  cluster: Cluster | undefined,
  status: ClusterStatus,
  pool: string,
): readonly Section[] | undefined {
  const all = saidOf(status)
    .filter(({ server }) => server.pool === pool)
    .sort((a, b) => a.server.server.localeCompare(b.server.server))
  const spec = cluster?.pools.find((one) => one.name === pool)
  const lvs = cluster?.lvs.find((one) => one.name === pool)
  if (all.length === 0 && spec === undefined && lvs === undefined) return undefined
  const known = new Set([...(spec?.servers ?? []), ...(lvs?.servers ?? [])].map(({ name }) => name))
  const rows = all.map((one): TableRow => {
    const { node, server } = one
    const id = `s-${server.server}-${node.node}`
    return {
      id,
      trouble: one.tone !== 'ok',
      html: html`<tr id="${id}"><th scope="row">${server.server}</th><td><a href="/nodes/${node.node}">${node.node}</a></td>
<td>${tag(one.tone, server.status)}</td><td class="num">${server.weight}</td><td class="num">${server.sessions}</td>
<td class="wrap">${server.why}</td><td class="age">${heard(node)} ago</td><td>${known.has(server.server) ? orderLink(status, 'drain', `${pool}/${server.server}`) : raw('')}</td></tr>`,
    }
  })
  const what =
    spec !== undefined
      ? `${spec.mode}, ${spec.balance}, ${count(spec.servers.length, 'server')}`
      : lvs !== undefined
        ? `LVS ${lvs.method}, ${lvs.scheduler}, ${count(lvs.servers.length, 'server')}`
        : 'not in the newest spec'
  const silent = all.length === 0 ? html`<p class="card">No node reports its servers.</p>` : raw('')
  const head = ['server', 'seen by', 'health', '#weight', '#sessions', 'why', 'heard', 'order']
  return [
    whole('top', html`<h2>pool ${pool}</h2><p class="dim">${what}</p>${silent}`),
    orderSection(status, pool),
    ...tables({ id: 'servers', title: 'Servers', noun: 'server', head, rows }),
  ]
}
