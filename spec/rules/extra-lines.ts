// HA036: an extra line stays in its section and is all there is to see.
import { entries } from '../maps.ts'
import type { Spec } from '../schema.ts'
import { hasComment, SECTIONS_KEPT } from '../verbatim.ts'
import { error, type Rule } from './rule.ts'

/** Section keywords of haproxy's configuration manual: each would end the section the line is in. */
const SECTIONS: readonly string[] = [
  ...['global', 'defaults', 'frontend', 'backend', 'listen'],
  ...SECTIONS_KEPT,
]

export const extraLines: Rule = (spec) => [
  ...extraOf(spec).flatMap(({ keys, line }) => {
    const why = leavesSection(line)
    if (why === undefined) return []
    const hint = 'an extra line is one directive of this section'
    return [error('HA036', keys, `cannot use this extra line: ${why}`, hint)]
  }),
  ...extrasOf(spec).flatMap(({ keys, lines }) => {
    if (conditionsClosed(lines)) return []
    const message = 'cannot use these extra lines: .if and .endif are no pairs'
    return [error('HA036', keys, message, 'a condition ends where it begins')]
  }),
]

/** Why a line of haproxy does not stay where it is put, or hides a part of itself. */
export function leavesSection(line: string): string | undefined {
  const word = line.split(/\s/)[0] ?? ''
  if (SECTIONS.includes(word)) return `${word} begins a section of its own`
  return hasComment(line) ? '# begins a comment, which would hide the rest' : undefined
}

export function conditionsClosed(lines: readonly string[]): boolean {
  let depth = 0
  for (const line of lines) {
    if (/^\.if\b/.test(line)) depth++
    if (/^\.endif\b/.test(line)) depth--
    if (depth < 0 || (depth === 0 && /^\.el(?:se|if)\b/.test(line))) return false
  }
  return depth === 0
}

function extrasOf(spec: Spec) {
  const sections = { proxies: entries(spec.proxies), pools: entries(spec.pools) }
  return entries(sections).flatMap(([section, things]) =>
    things.map(([name, { extra = [] }]) => ({ keys: [section, name, 'extra'], lines: extra })),
  )
}

/** Every extra line with its place. */
export const extraOf = (spec: Spec) =>
  extrasOf(spec).flatMap(({ keys, lines }) =>
    lines.map((line, at) => ({ keys: [...keys, at], line })),
  )
