// HA151: kept text stays in its block or section, and says nothing that hactl says itself.
import { entries } from '../maps.ts'
import { headsOf, leavesBlock } from '../nginx-text.ts'
import type { Spec } from '../schema.ts'
import { isOwned, type KeptPlace, type Verbatim } from '../verbatim.ts'
import { conditionsClosed, leavesSection } from './extra-lines.ts'
import { error, type Rule } from './rule.ts'

type Kept = {
  readonly keys: readonly string[]
  readonly engine: Verbatim['engine']
  readonly place: KeptPlace
  readonly lines: readonly string[]
}

/** Lines of every site and of every kept section. */
export const keptOf = (spec: Spec): readonly Kept[] => [
  ...entries(spec.proxies).flatMap(([name, proxy]) =>
    entries(proxy.sites).map(([site, { lines }]) => ({
      keys: ['proxies', name, 'sites', site, 'lines'],
      engine: 'nginx' as const,
      place: 'site' as const,
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

const ownedIn = (place: KeptPlace, heads: readonly string[]): string | undefined => {
  const own = heads.find((head) => isOwned(place, head))
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
