// Which haproxy version knows which directive; nothing outside its range is rendered (FIELD 4.6, measured with -c).
import type { Version } from '../../engine.ts'
import { type Range, within } from '../versions.ts'

/** First version that has it, first that refuses it, and what the operator lives with where it is missing. */
export const DIRECTIVES = {
  'master-worker': { from: [1, 8], without: 'a reload may lose a few connection attempts' },
  'master socket': { from: [1, 9], without: 'the master process cannot be asked' },
  'expose-fd listeners': {
    from: [1, 8],
    without: 'listening sockets are not handed over on reload',
  },
  'hard-stop-after': {
    from: [1, 8],
    without: 'an old process stays until its last connection ends',
  },
  'mworker-max-reloads': { from: [2, 0], without: 'old workers are bounded by time only' },
  nbthread: { from: [1, 8], without: 'one CPU serves all' },
  'http-reuse': { from: [1, 6], without: 'idle server connections are not shared' },
  'runtime server state': { from: [1, 8], without: 'weights and states change by reload' },
  'init-addr': {
    from: [1, 8],
    without: 'a server name that does not resolve keeps haproxy from starting',
  },
  'parse-resolv-conf': {
    from: [2, 0],
    without: 'server names are resolved at start and reload only',
  },
  'log stdout': { from: [1, 9], without: 'it logs to 127.0.0.1:514' },
  'balance random': { from: [1, 9], without: 'balance roundrobin is used' },
  'http-check send': { from: [2, 2], without: 'the request is written into option httpchk' },
  'http-check expect status ranges': { from: [2, 2], without: 'a regular expression is used' },
  /** Warned about from 2.2 on, refused from 2.8 on. */
  'httpchk header hack': { from: [1, 5], until: [2, 2], without: 'http-check send is used' },
  'ssl-min-ver': { from: [1, 8], without: 'no-sslv3 no-tlsv10 no-tlsv11 stand for it' },
  'converter field': {
    from: [1, 6],
    without: 'a Host with another port than the listener does not match',
  },
  'alpn h2': { from: [2, 0], without: 'clients speak HTTP/1.1' },
} as const satisfies Readonly<Record<string, Range>>

export type Directive = keyof typeof DIRECTIVES

/** Whether this version takes the directive without an error or a warning that is avoidable. */
export const has = (version: Version, directive: Directive): boolean =>
  within(version, DIRECTIVES[directive])

/** Note for `hactl plan`: what was left out and what follows from it. */
export function leftOut(version: Version, directive: Directive): string {
  const { from, without } = DIRECTIVES[directive]
  return `haproxy ${version.join('.')} has no ${directive} (from ${from.join('.')}): ${without}`
}
