// A fleet of agents that are not there: its spec, and what each of them says.
import { checkSpec } from '../../spec/check.ts'
import { HEARTBEAT_MS, NODES_MAX, VIPS_MAX } from '../../spec/limits.ts'
import type { Report, Summary } from '../../spec/report.ts'

export const AGENTS = NODES_MAX
export const TOKEN = 'bench-bench-bench-bench-bench-1'
/** Each vip has two peers: nodes 2n and 2n + 1. */
const nameOf = (at: number): string => `n${at}`
const addressOf = (at: number): string => `10.0.${Math.floor(at / 250)}.${(at % 250) + 1}`
const vipAddressOf = (at: number): string => `10.0.200.${at + 1}`

export function fleetSpec(): string {
  const nodes = Array.from({ length: AGENTS }, (_, at) => [
    nameOf(at),
    { address: `${addressOf(at)}/16` },
  ])
  const vips = Array.from({ length: VIPS_MAX }, (_, at) => [
    `v${at}`,
    {
      addresses: [vipAddressOf(at)],
      peers: { [nameOf(2 * at)]: { priority: 100 }, [nameOf(2 * at + 1)]: { priority: 90 } },
      vrid: at + 1,
    },
  ])
  const fleet = { nodes: Object.fromEntries(nodes), vips: Object.fromEntries(vips) }
  return JSON.stringify({ version: 1, cluster: 'fleet', ...fleet })
}

/** What the hub wants, so that the fleet is in order. */
const DIGEST = checkSpec(fleetSpec()).cluster?.digest ?? ''
const summaryOf = (at: number, running: number): Summary => ({
  node: nameOf(at),
  boot: `boot-${at}`,
  condition: 'Ready',
  reason: '',
  wanted: DIGEST,
  wantedRevision: 1,
  running: DIGEST,
  runningRevision: running,
  failed: '',
  holds: at % 2 === 0 && at < 2 * VIPS_MAX ? [`v${at / 2}/${vipAddressOf(at / 2)}`] : [],
})
const reportOf = (at: number): Report => ({
  summary: summaryOf(at, 1),
  daemons: ['haproxy', 'keepalived'].map((name) => ({
    ...{ name, version: '2.8.1', running: true, pid: 100 + at, digest: DIGEST, restarts: 0 },
  })),
  servers: Array.from({ length: 10 }, (_, n) => ({
    ...{ pool: 'app', server: `app${n}`, status: 'UP', why: '', weight: 100, sessions: 0 },
  })),
  drift: [],
  steps: [],
  passMs: 12,
  agentVersion: 'bench',
})

/** What an agent says when its line is new: a hello, a heartbeat and its report. */
export const firstWords = (at: number): readonly string[] => [
  JSON.stringify({
    ...{ type: 'hello', protocol: 1, cluster: 'fleet', node: nameOf(at), boot: `boot-${at}` },
    agentVersion: 'bench',
  }),
  JSON.stringify({ type: 'heartbeat', seq: 0, summary: summaryOf(at, 1) }),
  JSON.stringify({ type: 'report', seq: 1, report: reportOf(at) }),
]

/** The frame of a heartbeat; `changing` makes every one differ from the one before. */
export const beat = (at: number, seq: number, changing: boolean): string =>
  JSON.stringify({ type: 'heartbeat', seq, summary: summaryOf(at, changing ? seq : 1) })

export const PACE_MS = HEARTBEAT_MS
