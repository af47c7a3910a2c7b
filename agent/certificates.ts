// Certificates that the spec names for this node, read now and then: until when each is good, into the report.
import { X509Certificate } from 'node:crypto'
import type { Cluster, ClusterProxy } from '../spec/cluster.ts'
import type { CertificateState } from '../spec/report.ts'
import { textOf } from './failure.ts'
import type { Status } from './status.ts'
import type { Clock, Host } from './world.ts'

/** A renewal is seen this soon. */
const LOOK_MS = 60_000
const FIRST_MS = 5_000

export type CertificateDeps = {
  readonly node: string
  readonly host: Pick<Host, 'read'>
  readonly clock: Clock
  readonly status: Pick<Status, 'details' | 'event'>
  readonly cluster: () => Cluster | undefined
  /** Of this node itself, where it has one: peers know it by that. */
  readonly own?: string
}

/** Pure: of the first certificate in a PEM file, which is the one that clients see. The key beside it is not looked at. */
export function certificateOf(path: string, pem: string): CertificateState {
  const [block] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? []
  if (block === undefined) return unreadable(path, 'no certificate in it')
  try {
    const { subject, validTo } = new X509Certificate(block)
    const notAfter = Date.parse(validTo)
    if (!(notAfter > 0)) return unreadable(path, 'its end cannot be read')
    return { path, subject: subject.replace(/\s+/g, ' ').slice(0, 200), notAfter, why: '' }
  } catch (thrown) {
    return unreadable(path, textOf(thrown))
  }
}

const unreadable = (path: string, why: string): CertificateState => ({
  ...{ path, subject: '', notAfter: 0, why: why.slice(0, 300) },
})

const PATH = /^(?:\/[A-Za-z0-9_.@+-]{1,128}){1,16}$/

/** Of its `tls`, and of words and lines that the spec keeps; a directory, a list or a variable names no file. */
const certificatesOf = ({ tls, listen, sites }: ClusterProxy): readonly string[] => {
  const words = listen.filter((_, at) => listen[at - 1] === 'crt')
  const lines = sites.flatMap((site) =>
    site.lines.flatMap((line) => /^ssl_certificate (\S+);$/.exec(line)?.[1] ?? []),
  )
  const kept = [...words, ...lines].filter((path) => PATH.test(path))
  return tls === undefined ? kept : [tls.certificate, ...kept]
}

/** By path, each once. */
export async function lookAtCertificates({
  node,
  host,
  cluster,
  own,
}: Pick<CertificateDeps, 'node' | 'host' | 'cluster' | 'own'>): Promise<
  readonly CertificateState[]
> {
  const named = (cluster()?.proxies ?? []).flatMap((proxy) =>
    proxy.nodes.includes(node) ? certificatesOf(proxy) : [],
  )
  const has = own !== undefined && (await host.read(own).catch(() => undefined)) !== undefined
  const paths = [...new Set(has ? [...named, own] : named)].sort()
  return Promise.all(
    paths.map(async (path) => {
      try {
        const file = await host.read(path)
        return file === undefined
          ? unreadable(path, 'no such file')
          : certificateOf(path, file.body)
      } catch (thrown) {
        return unreadable(path, textOf(thrown))
      }
    }),
  )
}

/** Until the signal. */
export async function watchCertificates(deps: CertificateDeps, signal: AbortSignal): Promise<void> {
  let said = '[]'
  await deps.clock.sleep(FIRST_MS, signal).catch(() => undefined)
  while (!signal.aborted) {
    const certificates = await lookAtCertificates(deps)
    const now = JSON.stringify(certificates)
    if (now !== said) deps.status.details({ certificates })
    said = now
    await deps.clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
}
