// HA151: kept text stays in its block or section, and says nothing that hactl says itself.
import { entries } from '../maps.ts'
import { headsOf, leavesBlock } from '../nginx-text.ts'
import type { Spec } from '../schema.ts'
import type { Verbatim } from '../verbatim.ts'
import { conditionsClosed, leavesSection } from './extra-lines.ts'
import { error, type Rule } from './rule.ts'

const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))
/** Directives that hactl renders there: a second one would be refused, or win unseen. */
const OWNED: Readonly<Record<string, ReadonlySet<string>>> = {
  site: set('listen server_name server'),
  global: set(
    `description daemon user group uid gid nbproc nbthread hard-stop-after pidfile master-worker
    mworker-max-reloads`,
  ),
  section: set(''),
  main: set(
    `user pid daemon master_process worker_processes worker_rlimit_nofile worker_shutdown_timeout pcre_jit error_log events
    http stream`,
  ),
  events: set('worker_connections'),
  http: set(
    'server upstream map_hash_bucket_size variables_hash_max_size variables_hash_bucket_size',
  ),
  stream: set('server upstream'),
}

type Kept = {
  readonly keys: readonly string[]
  readonly engine: Verbatim['engine']
  readonly place: keyof typeof OWNED & string
  readonly lines: readonly string[]
}

/** Lines of every site and of every kept section. */
export const keptOf = (spec: Spec): readonly Kept[] => [
  ...entries(spec.proxies).flatMap(([name, proxy]) =>
    entries(proxy.sites).map(([site, { lines }]) => ({
      keys: ['proxies', name, 'sites', site, 'lines'],
      engine: 'nginx' as const,
      place: 'site',
      lines,
    })),
  ),
  ...entries(spec.verbatim).map(([name, { engine, place, lines }]) => ({
    keys: ['verbatim', name, 'lines'],
    engine,
    place,
    lines,
  })),
]

export const verbatimLines: Rule = (spec) =>
  keptOf(spec).flatMap((kept) => {
    const why = kept.engine === 'nginx' ? faultOfNginx(kept) : faultOfHaproxy(kept)
    if (why === undefined) return []
    const message = `cannot use these lines: ${why}`
    return [error('HA151', kept.keys, message, 'they are directives and whole blocks of one place')]
  })

const ownedIn = (place: string, heads: readonly string[]): string | undefined => {
  const own = heads.find((head) => OWNED[place]?.has(head))
  return own === undefined ? undefined : `"${own}" is rendered by hactl`
}

function faultOfNginx({ place, lines }: Kept): string | undefined {
  // Names of hactl's own variables, zones and formats.
  const taken = lines.find((line) => /\bhactl[_:]/.test(line))
  if (taken !== undefined) return 'what begins with hactl_ or hactl: is its own'
  return leavesBlock(lines) ?? ownedIn(place, headsOf(lines))
}

function faultOfHaproxy({ place, lines }: Kept): string | undefined {
  const left = lines.map(leavesSection).find((why) => why !== undefined)
  if (left !== undefined) return left
  if (!conditionsClosed(lines)) return '.if and .endif are no pairs'
  const heads = lines.map((line) => line.split(/\s/)[0] ?? '')
  return ownedIn(place, heads)
}
