// The lab under measure: push and wait until proved, wait until healthy, fingerprints of what is on the disks.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Value } from '@sinclair/typebox/value'
import { Secret } from '../../spec/secret.ts'
import { type HubClient, hubClient } from '../../cli/client.ts'
import { type Lab, labExec, labProbe, labStatus } from '../../cli/lab/index.ts'
import { Spec } from '../../spec/schema.ts'
import type { NodeStatus } from '../../spec/status.ts'

export const BALANCERS = ['lb1', 'lb2'] as const
export const SPEC_PATH = join(import.meta.dirname, '../../spec/examples/wordpress.json')
export const PROVE_MAX_MS = 20_000
const HEALTHY_MAX_MS = 30_000

export type Cluster = { readonly root: string; readonly url: string; readonly hub: HubClient }

export function clusterOf(lab: Lab): Cluster {
  const url = lab.vips.find((vip) => vip.url !== undefined)?.url ?? ''
  const hub = hubClient({ url: lab.url ?? '', token: new Secret(lab.operatorToken ?? '') })
  return { root: lab.root, url, hub }
}

export function exampleSpec(): Spec {
  const value: unknown = JSON.parse(readFileSync(SPEC_PATH, 'utf8'))
  if (!Value.Check(Spec, value)) throw new Error('the example spec is not valid')
  return value
}

/** Undefined when it did not become so in time, or the hub did not answer. */
export async function nodesWhen(
  { hub }: Cluster,
  good: (nodes: readonly NodeStatus[]) => boolean,
  maxMs: number,
): Promise<readonly NodeStatus[] | undefined> {
  const end = performance.now() + maxMs
  while (performance.now() < end) {
    const status = await hub.status().catch(() => undefined)
    const nodes = status?.nodes.filter(({ node }) => BALANCERS.some((name) => name === node)) ?? []
    if (nodes.length === BALANCERS.length && good(nodes)) return nodes
    await sleep(25)
  }
  return
}

export const proved =
  (digest: string) =>
  (nodes: readonly NodeStatus[]): boolean =>
    nodes.every(({ summary, stale }) => !stale && summary?.running === digest)

/** Revision and digest, or the words of the refusal. */
export async function push(
  { hub }: Cluster,
  text: string,
): Promise<{ readonly digest: string } | { readonly refused: string }> {
  try {
    const parent = (await hub.spec())?.revision ?? 0
    const said = await hub.push({ text, parent, author: 'bench', note: '', allow: [] })
    if (said.is === 'created' || said.is === 'same') return { digest: said.digest }
    return { refused: said.is === 'invalid' ? (said.diagnostics[0]?.message ?? '') : said.is }
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) }
  }
}

/** Milliseconds until every balancer proved it; NaN when refused or not in time. */
export async function pushProved(cluster: Cluster, spec: Spec): Promise<number> {
  const start = performance.now()
  const said = await push(cluster, JSON.stringify(spec))
  if ('refused' in said) {
    process.stderr.write(`refused: ${said.refused}\n`)
    return Number.NaN
  }
  const nodes = await nodesWhen(cluster, proved(said.digest), PROVE_MAX_MS)
  if (nodes !== undefined) return performance.now() - start
  const now = (await cluster.hub.status()).nodes.map((n) => `${n.node}: ${n.summary?.reason}`)
  process.stderr.write(`not proved in time: ${now.join('; ')}\n`)
  return Number.NaN
}

export const holdersOf = async (root: string): Promise<string> =>
  (await labStatus({ root })).vips.map((vip) => vip.holders.join('+')).join(' ')

/** Served by lb1 without a failure, as at the start. Throws when that does not come back. */
export async function healthy(root: string): Promise<void> {
  const end = performance.now() + HEALTHY_MAX_MS
  while (performance.now() < end) {
    if ((await holdersOf(root)) === 'lb1') {
      const { failed, requests } = await labProbe({ root, seconds: 0.5 })
      if (requests > 0 && failed === 0) return
    }
    await sleep(300)
  }
  throw new Error(`the cluster in ${root} did not become healthy again: ${await holdersOf(root)}`)
}

/** Of every file below the daemons' directories, on both balancers. */
export async function disks(root: string): Promise<string> {
  const script = 'find /etc/haproxy /etc/keepalived -type f | sort | xargs -r sha256sum'
  const each = BALANCERS.map((node) => labExec({ root, node, argv: ['bash', '-c', script] }))
  return (await Promise.all(each)).map(({ stdout }) => stdout).join('\n')
}
