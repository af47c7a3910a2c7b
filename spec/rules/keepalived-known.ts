// HA112: a keyword that keepalived does not have in that block; the keepalived of a node has the last word.
import { KNOWN, ownedWhy } from '../keepalived-words.ts'
import { nearest } from '../words.ts'
import { keepalivedLists, readBy, readersOf } from '../keepalived-lists.ts'
import { type Rule, warning } from './rule.ts'

export const keepalivedKnown: Rule = (spec) =>
  keepalivedLists(spec).flatMap(({ place, keys, lines }) => {
    const odd = readersOf(lines).flatMap((node) =>
      readBy(lines, node).filter(({ words: [first = '}'], depth }) => {
        if (depth > 0 || !/^[A-Za-z0-9_-]+$/.test(first) || /^include/.test(first)) return false
        return !KNOWN[place].has(first) && ownedWhy(place, first) === undefined
      }),
    )
    return [...new Map(odd.map(({ at, words }) => [at, words[0] ?? '']))].map(([at, word]) => {
      const near = nearest(word, [...KNOWN[place]])
      const hint = near === undefined ? 'see keepalived.conf(5)' : `did you mean "${near}"?`
      return warning('HA112', [...keys, at], `keepalived knows no "${word}" here`, hint)
    })
  })
