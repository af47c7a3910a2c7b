// Where nginx logs: one line per request as `logs` says, errors beside them.
import type { Cluster, ClusterProxy } from '../../../spec/cluster.ts'
import type { Facts } from '../../plan/types.ts'
import { ACCESS_LOG_PATH } from './paths.ts'
import { quoted, variable } from './words.ts'

export const HTTP_FORMAT = [
  'log_format hactl',
  `    ${quoted('$remote_addr:$remote_port [$time_iso8601] "$request" $status $body_bytes_sent $request_time ')}`,
  `    ${quoted('$upstream_addr $upstream_status $upstream_response_time "$http_user_agent"')};`,
]
export const STREAM_FORMAT = [
  'log_format hactl',
  `    ${quoted('$remote_addr:$remote_port [$time_iso8601] $status $bytes_sent $bytes_received $session_time $upstream_addr')};`,
]

/** What the syslog parameter takes, or undefined where there is none: nginx would complain of each line it cannot send. */
function syslog({ logs }: Cluster, facts: Facts, tag: string): string | undefined {
  const target = logs.target ?? (facts.syslog ? '/dev/log' : 'stdout')
  if (target === 'stdout') return undefined
  // The local syslog knows its own host name.
  const [server, options] = target === '/dev/log' ? ['unix:/dev/log', ',nohostname'] : [target, '']
  return `syslog:server=${server},facility=${logs.facility},tag=${tag},severity=info${options}`
}

/** Tags are letters, digits and underscores, 32 at most (nginx, "Logging to syslog"). */
export function accessLine(cluster: Cluster, facts: Facts, proxy: ClusterProxy): string {
  const to = syslog(cluster, facts, variable(proxy.name))
  if (!cluster.logs.requests) return 'access_log off;'
  if (to !== undefined) return `access_log ${to} hactl;`
  return cluster.logs.target === 'stdout'
    ? `access_log ${ACCESS_LOG_PATH} hactl;`
    : 'access_log off;'
}

/** stderr is the supervisor's log of it, except under systemd, whose units let nginx daemonize. */
export function errorLine(cluster: Cluster, facts: Facts): string {
  const to = syslog(cluster, facts, 'nginx')?.replace(',severity=info', '')
  return `error_log ${to ?? 'stderr'} warn;`
}

export function logNotes(cluster: Cluster, facts: Facts): readonly string[] {
  if (cluster.logs.target === 'stdout')
    return [`nginx cannot log requests to stdout under systemd: they go to ${ACCESS_LOG_PATH}`]
  if (cluster.logs.target === undefined && !facts.syslog && cluster.logs.requests)
    return ['nginx logs no requests: there is no /dev/log here and logs.target names nothing else']
  return []
}
