// A cluster of 500 nodes and 5,000 servers, and what its agents say: the size the page must stay fluid at.
import type { Report } from '../../../spec/report.ts'

const NODES = 500
export const POOLS = 50
const SERVERS_OF_POOL = 100
export const BIG_VIP = 'web/10.1.0.1'

const address = (n: number): string => `10.0.${Math.floor(n / 250)}.${(n % 250) + 1}`
export const nodeName = (n: number): string => (n < 2 ? `lb${n + 1}` : `n${n}`)
export const bigNodes: readonly string[] = Array.from({ length: NODES }, (_, n) => nodeName(n))

/** Each server is a port of its own on one of the nodes that are no balancer. */
export function bigSpec(): string {
  const nodes = bigNodes.map((name, n) => [name, { address: `${address(n)}/8` }])
  const pools = Array.from({ length: POOLS }, (_, p) => [
    `pool${p}`,
    {
      servers: Object.fromEntries(
        Array.from({ length: SERVERS_OF_POOL }, (_, s) => {
          const at = p * SERVERS_OF_POOL + s
          const node = nodeName(2 + (at % (NODES - 2)))
          return [`s${s}`, { node, port: 8000 + Math.floor(at / (NODES - 2)) }]
        }),
      ),
    },
  ])
  const proxies = Array.from({ length: POOLS }, (_, p) => [
    `proxy${p}`,
    { vip: 'web', port: 1000 + p, pool: `pool${p}` },
  ])
  return JSON.stringify({
    version: 1,
    cluster: 'big',
    nodes: Object.fromEntries(nodes),
    vips: {
      web: {
        addresses: ['10.1.0.1'],
        peers: { lb1: { priority: 150 }, lb2: { priority: 100 } },
      },
    },
    proxies: Object.fromEntries(proxies),
    pools: Object.fromEntries(pools),
  })
}

/** `down`: the one server that is, as "pool/server". */
export function bigServers(down: string, sessions: number): Report['servers'] {
  return Array.from({ length: POOLS * SERVERS_OF_POOL }, (_, at) => {
    const pool = `pool${Math.floor(at / SERVERS_OF_POOL)}`
    const server = `s${at % SERVERS_OF_POOL}`
    const bad = `${pool}/${server}` === down
    const status = bad ? 'DOWN' : 'UP'
    return { pool, server, status, why: bad ? 'L4TOUT' : '', weight: 1, sessions }
  })
}

export const bigReports = ({ down }: { readonly down: string }) =>
  Object.fromEntries(
    bigNodes.map((name, n): [string, Partial<Report>] => [
      name,
      n < 2 ? { servers: bigServers(down, 3) } : {},
    ]),
  )
