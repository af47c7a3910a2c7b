// HA152: kept text stands in a place that its program has.
import { entries } from '../maps.ts'
import type { Verbatim } from '../verbatim.ts'
import { error, type Rule } from './rule.ts'

const PLACES: Readonly<Record<Verbatim['engine'], readonly string[]>> = {
  haproxy: ['global', 'section'],
  nginx: ['main', 'events', 'http', 'stream'],
}

export const verbatimPlace: Rule = (spec) =>
  entries(spec.verbatim).flatMap(([name, { engine, place, section }]) => {
    const at = ['verbatim', name]
    if (!PLACES[engine].includes(place))
      return [
        error(
          'HA152',
          [...at, 'place'],
          `cannot put this into ${place}: ${engine} has no such place`,
          `use ${PLACES[engine].join(' or ')}`,
        ),
      ]
    const headed = section !== undefined
    if (headed === (place === 'section')) return []
    return [
      error(
        'HA152',
        [...at, headed ? 'section' : 'place'],
        headed ? 'cannot name a section in this place' : 'cannot keep a section without its head',
        'place section and "section" go together, for instance "userlist people"',
      ),
    ]
  })
