// HA030: regular expressions are complete. JavaScript's stand in for PCRE, so only shape is judged.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const regexValid: Rule = (spec) =>
  entries(spec.proxies).flatMap(([name, proxy]) =>
    (proxy.routes ?? []).flatMap((route, at) =>
      (route.when.pathRegex ?? []).flatMap((text, index) => {
        const why = faultOf(text)
        if (why === undefined) return []
        const keys = ['proxies', name, 'routes', at, 'when', 'pathRegex', index]
        const message = `cannot read the regular expression ${text}: ${why}`
        return [
          error('HA030', keys, message, 'close every bracket, escape what is meant literally'),
        ]
      }),
    ),
  )

function faultOf(text: string): string | undefined {
  // What PCRE has and JavaScript has not: inline flags, atomic groups, possessive quantifiers, (?P<.
  const plain = text
    .replaceAll(/\(\?[imsxU-]+(:|\))/g, (_, end) => (end === ':' ? '(?:' : ''))
    .replaceAll('(?>', '(?:')
    .replaceAll('(?P<', '(?<')
    .replaceAll(/([*+?}])\+/g, '$1')
  try {
    new RegExp(plain)
    return undefined
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.split(': ') : []
    return words.at(-1)?.toLowerCase() ?? 'not complete'
  }
}
