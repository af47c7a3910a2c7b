// haproxy's statistics page: one listener of its own is the section `stats` of the spec.
import { lose } from './haproxy-back.ts'
import { keyOf } from './haproxy-keys.ts'
import type { Line } from './haproxy-text.ts'
import type { Import } from './types.ts'
import { haproxyMs, placeOf } from './words.ts'

type Proxy = { readonly type: string; readonly lines: readonly Line[]; readonly head?: Line }

/** Its listener: in the section, or behind its name as before haproxy 1.8. */
const placeIn = ({ lines, head }: Proxy): string =>
  lines.find((line) => line.words[0] === 'bind')?.words[1] ?? head?.words[2] ?? ''

/** A listener that shows the page and nothing else. */
export function isStats(proxy: Proxy): boolean {
  const words = proxy.lines.map((line) => line.words[0] ?? '')
  return (
    proxy.type !== 'backend' &&
    words.includes('stats') &&
    proxy.lines.some((line) => /^(?:enable|uri|auth)$/.test(line.words[1] ?? '')) &&
    placeOf(placeIn(proxy)) !== undefined &&
    !words.some((word) => ['server', 'default_backend', 'use_backend'].includes(word))
  )
}

/** Lines of the page's listener; those inherited count nothing for it. */
export function readStats(
  { lines, ...rest }: Proxy,
  inherited: readonly Line[],
  imp: Import,
): undefined {
  const place = placeIn({ lines, ...rest })
  for (const line of inherited) imp.say(line, 'modelled')
  const twice = imp.sections.stats !== undefined
  const port = placeOf(place)?.port
  if (!twice) imp.sections.stats = { ...(port !== undefined && { port }), path: '/haproxy?stats' }
  for (const line of lines) {
    if (twice) imp.say(line, 'replaced', 'one statistics page shows every proxy')
    else readLine(line, imp)
  }
  if (!lines.some((line) => line.words[1] === 'auth') && !twice)
    imp.decide(
      '/stats',
      'the page was open to everybody; hactl shows it on the node itself until "users" are named',
    )
}

function readLine(line: Line, imp: Import): undefined {
  const [first = '', second = '', third = ''] = line.words
  const set = (member: Record<string, string | number | boolean>): undefined => {
    imp.sections.stats = { ...imp.sections.stats, ...member }
    imp.say(line, 'modelled')
  }
  const key = keyOf(line.words)
  if (first !== 'stats')
    return /^(?:bind|mode|log|maxconn|balance|timeout \S+|option \S+)$/.test(key)
      ? imp.say(line, 'modelled')
      : imp.say(line, 'replaced', 'hactl renders the listener of the page')
  if (second === 'enable' || second === 'hide-version') return imp.say(line, 'modelled')
  if (second === 'uri' && /^[A-Za-z0-9/._~!$&()*+,;=:@%?-]{1,256}$/.test(third))
    return set({ path: third })
  const ms = /^[0-9]+$/.test(third) ? Number(third) * 1_000 : haproxyMs(third)
  if (second === 'refresh' && ms !== undefined && ms >= 1_000 && ms <= 600_000)
    return set({ refreshMs: ms })
  if (second === 'admin') return set({ admin: true })
  if (second === 'auth') {
    imp.decide(
      '/stats/users',
      `name user ${third.split(':')[0]} with a passwordHash (openssl passwd -5): a spec holds no passwords`,
    )
    // The password itself must not stand in a report that people share.
    return imp.say(line, 'replaced', 'users with hashes, in place of words in clear')
  }
  if (second === 'realm' || second.startsWith('show-'))
    return imp.say(line, 'replaced', 'hactl renders its own')
  lose(line, 'the section stats has no word for it', imp)
}
