// What going from one haproxy.cfg to another does to traffic, in the operator's words (FIELD 4.6, 4.7).
import type { Version } from '../../engine.ts'
import type { Impact } from '../../plan/types.ts'
import { withoutLive } from './digest.ts'
import { has } from './profiles.ts'

type Verdict = { readonly impact: Impact; readonly says: string }

/** Listeners named in a configuration, any indentation, one spelling for the IPv4 wildcard. */
function bindsIn(text: string): ReadonlySet<string> {
  const found = [...text.matchAll(/^[ \t]*bind[ \t]+(\S+)/gm)].flatMap((match) =>
    (match[1] ?? '').split(',').map((bind) => bind.replace(/^(?:0\.0\.0\.0)?:(?=\d+$)/, '*:')),
  )
  return new Set(found)
}

/**
 * Class of the change. `have` is the text on disk, undefined where there is none; a hand-made text counts like ours.
 * A listener that vanishes destroys: its clients are refused from then on.
 */
export function haproxyImpact(
  have: string | undefined,
  want: string,
  node: string,
  version: Version,
): Verdict {
  if (have === undefined)
    return { impact: 'reload', says: `haproxy starts on ${node}; nothing was served by it` }
  if (have === want) return { impact: 'quiet', says: `haproxy on ${node} keeps its configuration` }
  if (withoutLive(have) === withoutLive(want))
    return {
      impact: 'live',
      says: `haproxy on ${node} changes server weights or states while it runs; no reload`,
    }
  const wanted = bindsIn(want)
  const gone = [...bindsIn(have)].filter((bind) => !wanted.has(bind)).sort()
  if (gone.length > 0)
    return {
      impact: 'destroys',
      says: `haproxy on ${node} stops serving ${gone.join(', ')}: new connections to it are refused`,
    }
  return { impact: 'reload', says: reloadSays(node, version) }
}

function reloadSays(node: string, version: Version): string {
  return has(version, 'expose-fd listeners')
    ? `haproxy reloads on ${node}: listening sockets are handed over, no connection is refused; running requests finish in the old process`
    : `haproxy reloads on ${node}: connection attempts of a few milliseconds may be lost, haproxy ${version.join('.')} cannot hand over its sockets; running requests finish in the old process`
}
