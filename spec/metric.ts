// Every metric of hub and agent: one line each, and their text for Prometheus. Pure.
import { Counter, Gauge, Registry } from 'prom-client'

/** [kind, labels, help]; names follow prometheus.io/docs/practices/naming: base units, _total for what only grows. */
export const METRICS = {
  hactl_hub_info: ['gauge', ['version'], 'Version of the hub'],
  hactl_hub_start_timestamp_seconds: ['gauge', [], 'Start of the hub process'],
  hactl_hub_cpu_seconds_total: ['counter', [], 'CPU time the hub has used'],
  hactl_hub_resident_memory_bytes: ['gauge', [], 'Memory of the hub'],
  hactl_hub_sessions: ['gauge', [], 'Open lines of agents'],
  hactl_hub_messages_total: ['counter', [], 'Heartbeats, reports and events heard from agents'],
  hactl_hub_store_writable: ['gauge', [], '0 while the store takes no writes'],
  hactl_hub_revision: ['gauge', [], 'Newest revision'],
  hactl_hub_alerts: ['gauge', ['severity'], 'Open alerts'],
  hactl_order_since_timestamp_seconds: [
    'gauge',
    ['kind', 'about'],
    'When an order in force was given',
  ],
  hactl_node_order_done: [
    'gauge',
    ['node', 'kind', 'about'],
    '1 when the node says that it follows the order',
  ],
  hactl_node_up: ['gauge', ['node'], '1 when heard within three heartbeats'],
  hactl_node_heard_age_seconds: ['gauge', ['node'], 'Time since the last heartbeat'],
  hactl_node_condition: ['gauge', ['node', 'condition'], '1 for the condition it is in'],
  hactl_node_running_revision: ['gauge', ['node'], 'Revision proved to run'],
  hactl_node_verified: [
    'gauge',
    ['node', 'verdict'],
    '1 for what the last look from outside found',
  ],
  hactl_node_pass_seconds: ['gauge', ['node'], 'Length of the last pass'],
  hactl_node_drifts: ['gauge', ['node'], 'Things that differ from the spec'],
  hactl_vip_holders: ['gauge', ['vip'], 'Nodes that hold it: 1 is well, 2 a split brain'],
  hactl_vip_state: ['gauge', ['vip', 'state'], '1 for the state it is in'],
  hactl_vip_holder: ['gauge', ['vip', 'node'], '1 for each node that holds it'],
  hactl_vip_moves_total: ['counter', ['vip'], 'Changes of its holders seen by this hub process'],
  hactl_vip_last_gap_seconds: ['gauge', ['vip'], 'Last measured time without a holder'],
  hactl_server_up: ['gauge', ['node', 'pool', 'server'], '1 when its balancer says UP'],
  hactl_mount_up: ['gauge', ['node', 'mount'], '1 when the mount answers'],
  hactl_certificate_expiry_timestamp_seconds: ['gauge', ['node', 'path'], 'End of a certificate'],
  hactl_agent_info: ['gauge', ['node', 'version'], 'Version of the agent'],
  hactl_agent_condition: ['gauge', ['condition'], '1 for the condition it is in'],
  hactl_agent_wanted_revision: ['gauge', [], 'Newest revision accepted here'],
  hactl_agent_running_revision: ['gauge', [], 'Revision proved to run here'],
  hactl_agent_vip_held: ['gauge', ['vip', 'address'], '1 for each address held here'],
  hactl_agent_verified: ['gauge', ['verdict'], '1 for what the last look from outside found'],
  hactl_agent_pass_seconds: ['gauge', [], 'Length of the last pass'],
  hactl_agent_drifts: ['gauge', [], 'Things that differ from the spec here'],
  hactl_agent_order_done: ['gauge', ['kind', 'about'], '1 when the order is followed here'],
  hactl_agent_daemon_up: ['gauge', ['daemon'], '1 when it runs'],
  hactl_agent_daemon_restarts_total: ['counter', ['daemon'], 'Restarts by its supervisor'],
  hactl_agent_server_up: ['gauge', ['pool', 'server'], '1 when the balancer here says UP'],
  hactl_agent_mount_up: ['gauge', ['mount'], '1 when the mount answers'],
  hactl_agent_certificate_expiry_timestamp_seconds: ['gauge', ['path'], 'End of a certificate'],
} as const satisfies Readonly<
  Record<string, readonly ['gauge' | 'counter', readonly string[], string]>
>
export type MetricName = keyof typeof METRICS
/** Values of the labels in the order of METRICS, then the number. */
export type Sample = {
  readonly name: MetricName
  readonly labels: readonly string[]
  readonly value: number
}
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** A metric of `prefix` without a sample is there by name: who looks for it sees that it exists. */
export async function exposition(prefix: RegExp, samples: readonly Sample[]): Promise<string> {
  const registry = new Registry()
  const byName = Map.groupBy(samples, ({ name }) => name)
  for (const [name, [kind, labelNames, help]] of Object.entries(METRICS)) {
    if (!prefix.test(name)) continue
    const settings = { name, help, labelNames: [...labelNames], registers: [registry] }
    const metric = kind === 'counter' ? new Counter(settings) : new Gauge(settings)
    for (const [known, found] of byName)
      if (known === name)
        for (const { labels, value } of found) {
          const pairs = labelNames.map((label, at) => [label, labels[at] ?? ''])
          metric.inc(Object.fromEntries(pairs), value)
        }
  }
  return registry.metrics()
}

/** Both a hub and an agent say servers like this: UP, UP 1/3, OPEN or no check take traffic. */
export const serverIsUp = (status: string): boolean => /^(?:UP|OPEN|no check)/.test(status)
