// What this node says of itself, as metrics for Prometheus. Pure.
import { exposition, type MetricName, type Sample, serverIsUp } from '../spec/metric.ts'
import type { Report } from '../spec/report.ts'

const AGENT_METRICS = /^hactl_agent_/

const one = (name: MetricName, labels: readonly string[], value: number | boolean): Sample => ({
  ...{ name, labels },
  value: Number(value),
})

export function metricsText(report: Report): Promise<string> {
  const { summary, daemons, servers, mounts = [], certificates = [] } = report
  const samples = [
    one('hactl_agent_info', [summary.node, report.agentVersion], 1),
    one('hactl_agent_condition', [summary.condition], 1),
    one('hactl_agent_wanted_revision', [], summary.wantedRevision),
    one('hactl_agent_running_revision', [], summary.runningRevision),
    ...(summary.outside === undefined
      ? []
      : [one('hactl_agent_verified', [summary.outside.verdict], 1)]),
    one('hactl_agent_pass_seconds', [], report.passMs / 1_000),
    one('hactl_agent_drifts', [], report.drift.length),
    ...summary.holds.map((hold) => one('hactl_agent_vip_held', hold.split('/').slice(0, 2), 1)),
    ...(summary.orders ?? []).map(({ kind, about, is }) =>
      one('hactl_agent_order_done', [kind, about], is === 'done'),
    ),
    ...daemons.flatMap(({ name, running, restarts }) => [
      one('hactl_agent_daemon_up', [name], running),
      one('hactl_agent_daemon_restarts_total', [name], restarts),
    ]),
    ...servers.map(({ pool, server, status }) =>
      one('hactl_agent_server_up', [pool, server], serverIsUp(status)),
    ),
    ...mounts.map(({ name, state }) => one('hactl_agent_mount_up', [name], state === 'ok')),
    ...certificates.map(({ path, notAfter }) =>
      one('hactl_agent_certificate_expiry_timestamp_seconds', [path], notAfter / 1_000),
    ),
  ]
  return exposition(AGENT_METRICS, samples)
}
