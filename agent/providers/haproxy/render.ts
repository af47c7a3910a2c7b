// haproxy.cfg of one node for one haproxy version. Pure: same input, same bytes.
import type { Cluster } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import type { Facts } from '../../plan/types.ts'
import { backendSection } from './backend.ts'
import { stamped } from './digest.ts'
import { linesFor, poolsOf, proxiesOn, usesIpv6 } from '../listen.ts'
import { frontendSection } from './frontend.ts'
import { defaultsSection, globalSection, maxconn, resolversSection } from './global.ts'
import { has, leftOut } from './profiles.ts'
import { healthSection, statsSections } from './stats.ts'
import { joinParts, section } from './words.ts'

export type Rendered = {
  readonly text: string
  /** 16 hex digits that the running process reports in `show info`. */
  readonly digest: string
  /** What was left out for this version, and why. */
  readonly notes: readonly string[]
}

/** Sections of the spec's `verbatim`, before all that may name them. */
const keptSections = ({ verbatim }: Cluster, node: string): readonly string[] =>
  verbatim
    .filter(({ engine, place }) => engine === 'haproxy' && place === 'section')
    .filter(({ nodes }) => nodes.includes(node))
    .flatMap((one) => section(one.section, one.lines))

/** The whole file for facts.node; `version` is the probed one, never a guess. */
export function renderHaproxy(cluster: Cluster, facts: Facts, version: Version): Rendered {
  const proxies = proxiesOn(cluster, facts.node, 'haproxy')
  const pools = poolsOf(cluster, proxies)
  const ipv6 = usesIpv6(cluster, facts.node)
  const names = pools.some(
    (pool) => pool.resolvers === undefined && pool.servers.some((server) => !server.literal),
  )
  const kept = linesFor(cluster, facts.node, 'haproxy', 'global')
  const plain = (lines: readonly string[]) => ({ lines, notes: [] })
  const file = joinParts([
    plain([
      '# Written by hactl from the cluster spec. A change by hand is seen and put right.',
      '',
    ]),
    globalSection(cluster, facts, version, proxies),
    plain(defaultsSection(maxconn(proxies, facts.filesMax, kept).value, cluster.logs.requests)),
    resolversSection(version, names),
    plain(keptSections(cluster, facts.node)),
    plain(healthSection()),
    plain(statsSections(cluster.stats, ipv6)),
    ...proxies.map((proxy) => frontendSection(proxy, version, ipv6)),
    ...pools.map((pool) => backendSection(pool, version)),
  ])
  const missing = has(version, 'runtime server state')
    ? []
    : [leftOut(version, 'runtime server state')]
  // Versions from 2.4 on refuse a file whose last line has no end (FIELD 4.6).
  const { text, digest } = stamped(`${file.lines.join('\n').trimEnd()}\n`)
  return { text, digest, notes: [...file.notes, ...missing] }
}
