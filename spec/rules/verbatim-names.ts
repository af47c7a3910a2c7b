// HA153: what kept text needs is there, and once.
import type { Diagnostic } from '../diagnostic.ts'
import { entries } from '../maps.ts'
import { passedTo } from '../nginx-text.ts'
import type { Spec } from '../schema.ts'
import { error, type Rule } from './rule.ts'

export const verbatimNames: Rule = (spec) => [
  ...passed(spec),
  ...resolvers(spec),
  ...sectionsTwice(spec),
]

/** A pool that a site sends to is rendered only where the proxy names it. */
const passed = (spec: Spec): readonly Diagnostic[] =>
  entries(spec.proxies).flatMap(([name, { sites, pools = [] }]) =>
    entries(sites).flatMap(([site, { lines }]) =>
      [...new Set(passedTo(lines))]
        .filter((to) => Object.hasOwn(spec.pools ?? {}, to) && !pools.includes(to))
        .map((to) =>
          error(
            'HA153',
            ['proxies', name, 'sites', site, 'lines'],
            `cannot send to pool ${to}: proxy ${name} does not name it`,
            `add "${to}" to its "pools"`,
          ),
        ),
    ),
  )

const sections = (spec: Spec) =>
  entries(spec.verbatim).flatMap(([name, { section }]) =>
    section === undefined ? [] : [{ name, head: section.split(' ').slice(0, 2).join(' ') }],
  )

const resolvers = (spec: Spec): readonly Diagnostic[] =>
  entries(spec.pools).flatMap(([name, pool]) => {
    const head = `resolvers ${pool.resolvers}`
    if (pool.resolvers === undefined || sections(spec).some((one) => one.head === head)) return []
    const message = `cannot find the section "${head}"`
    return [error('HA153', ['pools', name, 'resolvers'], message, 'add it to verbatim')]
  })

const sectionsTwice = (spec: Spec): readonly Diagnostic[] =>
  sections(spec).flatMap(({ name, head }, at, all) => {
    const first = all.slice(0, at).find((one) => one.head === head)
    const apart = (one: string) => spec.verbatim?.[one]?.nodes ?? Object.keys(spec.nodes)
    if (first === undefined || !apart(name).some((node) => apart(first.name).includes(node)))
      return []
    const message = `cannot have the section "${head}" twice on one node: ${first.name} is one`
    return [error('HA153', ['verbatim', name, 'section'], message, 'keep one of the two')]
  })
