// GET /metrics of the hub: what it knows of the cluster and of itself. GET /healthz and /readyz: for whoever restarts it.
import type { Context } from 'hono'
import { VERSION } from '../cli/version.ts'
import {
  exposition,
  METRICS_TYPE,
  type MetricName,
  type Sample,
  serverIsUp,
} from '../spec/metric.ts'
import type { OrderStatus } from '../spec/order.ts'
import type { NodeStatus, VipStatus } from '../spec/status.ts'
import type { HubState } from './state.ts'

const HUB_METRICS = /^hactl_(?!agent_)/
const SEVERITIES = ['error', 'warning', 'info'] as const

const one = (name: MetricName, labels: readonly string[], value: number | boolean): Sample => ({
  ...{ name, labels },
  value: Number(value),
})

/** Of what a node said last only what it still says: a silent node's word is no measurement. */
function ofNode({ node, stale, ageMs, condition, summary, report }: NodeStatus): readonly Sample[] {
  if (summary === undefined) return []
  const heard = [
    one('hactl_node_up', [node], !stale),
    one('hactl_node_condition', [node, condition], 1),
    ...(ageMs === null ? [] : [one('hactl_node_heard_age_seconds', [node], ageMs / 1_000)]),
  ]
  if (stale) return heard
  return [
    ...heard,
    one('hactl_node_running_revision', [node], summary.runningRevision),
    ...(summary.outside === undefined
      ? []
      : [one('hactl_node_verified', [node, summary.outside.verdict], 1)]),
    ...(report === undefined
      ? []
      : [
          one('hactl_node_pass_seconds', [node], report.passMs / 1_000),
          one('hactl_node_drifts', [node], report.drift.length),
          ...report.servers.map(({ pool, server, status }) =>
            one('hactl_server_up', [node, pool, server], serverIsUp(status)),
          ),
          ...(report.mounts ?? []).map(({ name, state }) =>
            one('hactl_mount_up', [node, name], state === 'ok'),
          ),
          ...(report.certificates ?? []).map(({ path, notAfter }) =>
            one('hactl_certificate_expiry_timestamp_seconds', [node, path], notAfter / 1_000),
          ),
        ]),
  ]
}

const ofVip = ({ vip, state, holders }: VipStatus): readonly Sample[] => [
  one('hactl_vip_holders', [vip], holders.length),
  one('hactl_vip_state', [vip, state], 1),
  ...holders.map(({ node }) => one('hactl_vip_holder', [vip, node], 1)),
]

/** One sample per label set: the same may be ordered at the hub and on the node. */
const ofOrders = (orders: readonly OrderStatus[]): readonly Sample[] => {
  const known = Map.groupBy(orders, ({ kind, about }) => `${kind} ${about}`)
  return [...known.values()].flatMap((same): readonly Sample[] => {
    const { kind = '', about = '' } = same[0] ?? {}
    const sinceMs = Math.min(...same.map(({ at }) => at))
    const nodes = Map.groupBy(
      same.flatMap((order) => order.nodes),
      ({ node }) => node,
    )
    return [
      one('hactl_order_since_timestamp_seconds', [kind, about], sinceMs / 1_000),
      ...[...nodes].map(([node, words]) =>
        one(
          'hactl_node_order_done',
          [node, kind, about],
          words.some(({ is }) => is === 'done'),
        ),
      ),
    ]
  })
}

function ofHub(state: HubState): readonly Sample[] {
  const { user, system } = process.cpuUsage()
  const { messages, moves } = state.counts
  const alerts = state.openAlerts()
  const started = state.fleet.status().hubStartedAt
  return [
    one('hactl_hub_info', [VERSION], 1),
    one('hactl_hub_start_timestamp_seconds', [], started / 1_000),
    one('hactl_hub_cpu_seconds_total', [], (user + system) / 1_000_000),
    one('hactl_hub_resident_memory_bytes', [], process.memoryUsage.rss()),
    one('hactl_hub_sessions', [], state.sessions()),
    one('hactl_hub_messages_total', [], messages),
    one('hactl_hub_store_writable', [], state.guard.fault() === ''),
    one('hactl_hub_revision', [], state.newest()?.revision ?? 0),
    ...SEVERITIES.map((severity) =>
      one('hactl_hub_alerts', [severity], alerts.filter((a) => a.severity === severity).length),
    ),
    ...[...moves].flatMap(([vip, { count, gapMs }]) => [
      one('hactl_vip_moves_total', [vip], count),
      ...(gapMs > 0 ? [one('hactl_vip_last_gap_seconds', [vip], gapMs / 1_000)] : []),
    ]),
  ]
}

export async function metrics(state: HubState, c: Context): Promise<Response> {
  const { nodes, vips, orders = [] } = state.fleet.status()
  const samples = [
    ...ofHub(state),
    ...nodes.flatMap(ofNode),
    ...vips.flatMap(ofVip),
    ...ofOrders(orders),
  ]
  c.header('content-type', METRICS_TYPE)
  return c.body(await exposition(HUB_METRICS, samples))
}

/** The process answers. */
export const healthz = (_: HubState, c: Context): Response => c.text('ok\n')

/** 503 while no push can be taken. */
export function readyz({ guard }: HubState, c: Context): Response {
  const fault = guard.fault()
  return fault === '' ? c.text('ready\n') : c.text('not ready: the store takes no writes\n', 503)
}
