// What going from one nginx.conf to another does to traffic, in the operator's words.
import type { Impact } from '../../plan/types.ts'

type Verdict = { readonly impact: Impact; readonly says: string }

/** Listeners named in a configuration, ours or a hand-made one; a port alone is every IPv4 address (ngx_http_core_module, "listen"). */
export function listensIn(text: string): ReadonlySet<string> {
  const found = [...text.matchAll(/^[ \t]*listen[ \t]+([^\s;]+)/gm)].map((match) => match[1] ?? '')
  return new Set(
    found
      .filter((one) => !one.startsWith('unix:'))
      .map((one) => (/^\d+$/.test(one) ? `*:${one}` : one.replace(/^0\.0\.0\.0:/, '*:'))),
  )
}

/** Class of the change. `have` is the text on disk, undefined where there is none; a hand-made text counts like ours. */
export function nginxImpact(have: string | undefined, want: string, node: string): Verdict {
  if (have === undefined)
    return { impact: 'reload', says: `nginx starts on ${node}; nothing was served by it` }
  if (have === want) return { impact: 'quiet', says: `nginx on ${node} keeps its configuration` }
  const wanted = listensIn(want)
  const gone = [...listensIn(have)].filter((listen) => !wanted.has(listen)).sort()
  if (gone.length > 0)
    return {
      impact: 'destroys',
      says: `nginx on ${node} stops serving ${gone.join(', ')}: new connections to it are refused`,
    }
  return {
    impact: 'reload',
    says: `nginx reloads on ${node}: the master keeps its sockets, no connection is refused; running requests finish in the old workers`,
  }
}
