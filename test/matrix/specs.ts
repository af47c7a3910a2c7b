// The clusters whose configuration is checked: every example, every case of the providers' tests, every good spec of the linter.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { healthFiles } from '../../agent/health-targets.ts'
import type { EngineFacts } from '../../agent/host/facts/engines.ts'
import { compile } from '../../agent/plan/index.ts'
import { offlineFacts } from '../../agent/plan/offline.ts'
import type { WantFile } from '../../agent/plan/types.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import { everything } from '../agent/providers/haproxy-cases.ts'
import { everything as nginxEverything } from '../agent/providers/nginx-cases.ts'
import { CASES, cluster as keepalivedCase } from '../agent/providers/keepalived-cases.ts'

/** Where the certificate of the haproxy case lies; the file is made for the test. */
export const CERTIFICATE = '/etc/haproxy/certs/web.pem'

const fromFile = (path: string): Cluster => {
  const { cluster, diagnostics } = checkSpec(readFileSync(path, 'utf8'))
  assert.ok(cluster !== undefined, `${path}: ${JSON.stringify(diagnostics)}`)
  return cluster
}

export const clusters: ReadonlyMap<string, Cluster> = new Map([
  ...globSync('spec/examples/*.json')
    .sort()
    .map((path) => [`example ${basename(path, '.json')}`, fromFile(path)] as const),
  ...globSync('test/cases/lint/good*/spec.json')
    .sort()
    .map((path) => [`lint ${basename(dirname(path))}`, fromFile(path)] as const),
  ...CASES.map((name) => [`keepalived ${name}`, keepalivedCase(name)] as const),
  ['haproxy everything', everything(CERTIFICATE)] as const,
  ['nginx everything', nginxEverything(CERTIFICATE)] as const,
])

/** Files that proxies of the cluster read: they must be there for the check to pass. */
const certificatesOf = (cluster: Cluster): readonly string[] =>
  cluster.proxies.flatMap((proxy) => (proxy.tls === undefined ? [] : [proxy.tls.certificate]))

export type Rendered = {
  readonly engine: string
  /** `lb1`, with what the kernel or the build is assumed to lack. */
  readonly of: string
  /** The first is the one that is checked. */
  readonly files: readonly WantFile[]
  readonly interfaces: readonly string[]
  /** What must be on the disk before: certificates, and the health files that the agent lays. */
  readonly certificates: readonly string[]
  /** With the password of a vip. */
  readonly passwords: readonly string[]
  readonly health: readonly string[]
}

/**
 * What every node of the cluster would write for these versions and features: once as the build has them, once as on a
 * kernel that reports process events. Equal texts are given once.
 */
export function renderedOf(
  cluster: Cluster,
  engines: Readonly<Record<string, EngineFacts>>,
): readonly Rendered[] {
  const seen = new Set<string>()
  return cluster.nodes.flatMap(({ name }) =>
    [[], ['PROC_EVENTS']].flatMap((more) => {
      const offline = offlineFacts(cluster, name)
      const facts = { ...offline, engines: withFeatures(engines, more) }
      const own = facts.interfaces.map((i) => i.name)
      const tracked = cluster.vips.flatMap((vip) => vip.trackInterfaces)
      const placed = cluster.vips.flatMap((vip) =>
        vip.peers.flatMap((peer) => peer.interface ?? []),
      )
      const interfaces = [...new Set([...own, ...tracked, ...placed])].filter((i) => i !== 'lo')
      return compile(cluster, facts)
        .wants.flatMap((want) => (want.kind === 'daemon' ? [want] : []))
        .map(({ engine, files }) => ({
          engine,
          of: [name, ...more].join(' with '),
          files,
          interfaces,
          certificates: certificatesOf(cluster),
          passwords: cluster.vips.flatMap(({ auth }) => auth?.include ?? []),
          health: healthFiles(cluster, name),
        }))
        .filter(({ files }) => {
          const text = JSON.stringify(files)
          return !seen.has(text) && seen.add(text)
        })
    }),
  )
}

const withFeatures = (
  engines: Readonly<Record<string, EngineFacts>>,
  more: readonly string[],
): Readonly<Record<string, EngineFacts>> =>
  Object.fromEntries(
    Object.entries(engines).map(([name, { version, features }]) => [
      name,
      { version, features: [...features, ...more] },
    ]),
  )
