// HA036: an extra line stays in its section and is all there is to see.
import { entries } from '../maps.ts'
import type { Spec } from '../schema.ts'
import { error, type Rule } from './rule.ts'

/** Section keywords of haproxy's configuration manual: each would end the section the line is in. */
const SECTIONS =
  `global defaults frontend backend listen userlist peers resolvers mailers ring cache
  http-errors program fcgi-app log-forward log-profile crt-store acme traces`.split(/\s+/)

export const extraLines: Rule = (spec) =>
  extraOf(spec).flatMap(({ keys, line }) => {
    const word = line.split(' ')[0] ?? ''
    const why = SECTIONS.includes(word)
      ? `${word} begins a section of its own`
      : line.includes('#')
        ? '# begins a comment, which would hide the rest'
        : undefined
    if (why === undefined) return []
    const hint = 'an extra line is one directive of this section'
    return [error('HA036', keys, `cannot use this extra line: ${why}`, hint)]
  })

/** Every extra line with its place. */
export function extraOf(spec: Spec) {
  const sections = { proxies: entries(spec.proxies), pools: entries(spec.pools) }
  return entries(sections).flatMap(([section, things]) =>
    things.flatMap(([name, { extra = [] }]) =>
      extra.map((line, at) => ({ keys: [section, name, 'extra', at], line })),
    ),
  )
}
