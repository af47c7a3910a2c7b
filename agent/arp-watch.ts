// A holder asks its segment whether somebody else answers ARP for its vips: it sees a second holder that no peer's word tells of.
import type { Cluster, ClusterVip } from '../spec/cluster.ts'
import type { Finding } from '../spec/report.ts'
import { answerers, arpProbes, isProbe } from './doctor/arp.ts'
import { error } from './doctor/finding.ts'
import { textOf } from './failure.ts'
import type { Status } from './status.ts'
import type { Clock, Host } from './world.ts'

/** A broadcast of 42 bytes for each IPv4 address that is held. IPv6 has duplicate detection in the kernel, at the start only. */
export const ASK_MS = 5_000
const PROBE_TIMEOUT_MS = 3_000
/** Probes at the same time. */
const AT_ONCE = 8

export type ArpDeps = {
  readonly node: string
  readonly clock: Clock
  readonly host: Pick<Host, 'run' | 'addresses' | 'interfaces'>
  readonly status: Pick<Status, 'event' | 'details'>
  readonly cluster: () => Cluster | undefined
}
type LookDeps = Pick<ArpDeps, 'node' | 'host' | 'cluster'>
/** By vip that is held here, in the order of the spec: hardware addresses that answer for it. */
type Answers = ReadonlyMap<string, readonly string[]>
export type Seen = {
  readonly answers: Answers
  /** What was told; a vip leaves it when nobody else answers any more, or it is not held here. */
  readonly told: Answers
}
export const SEEN_NOTHING: Seen = { answers: new Map(), told: new Map() }
type Place = { readonly vip: string; readonly interface: string; readonly address: string }

/** Vips of this node that its kernel has now, on interfaces that ARP reaches. */
async function heldPlaces({ node, host, cluster }: LookDeps): Promise<readonly Place[]> {
  const mine = (vip: ClusterVip) => vip.peers.some((peer) => peer.node === node)
  const vips = (cluster()?.vips ?? []).filter(mine)
  if (vips.length === 0) return []
  const addresses = await host.addresses()
  return vips.flatMap((vip) =>
    vip.nets
      .filter((net) => net.family === 4)
      .flatMap((net) =>
        addresses
          .filter((at) => at.address === net.address && at.interface !== 'lo')
          .map((at) => ({ vip: vip.name, interface: at.interface, address: net.address })),
      ),
  )
}

/** undefined: this arping cannot tell. */
async function ask({ host }: LookDeps, place: Place): Promise<readonly string[] | undefined> {
  for (const argv of arpProbes(place.interface, place.address)) {
    const { code, stdout } = await host.run(argv, PROBE_TIMEOUT_MS)
    if (code === 127) return undefined
    if (isProbe(stdout)) return answerers(stdout)
  }
  return undefined
}

/** What answered on any address of each vip; none where nobody could look. */
export async function whoAnswers(deps: LookDeps): Promise<Answers> {
  const places = await heldPlaces(deps)
  if (places.length === 0) return new Map()
  const found = new Map<string, readonly string[]>()
  for (let at = 0; at < places.length; at += AT_ONCE) {
    const some = places.slice(at, at + AT_ONCE)
    const answers = await Promise.all(some.map((place) => ask(deps, place)))
    for (const [n, place] of some.entries()) {
      const before = found.get(place.vip) ?? []
      found.set(place.vip, [...new Set([...before, ...(answers[n] ?? [])])].sort())
    }
  }
  // Where two of our own interfaces are on one segment, the other one answers as well (arp_ignore 0).
  const own = new Set((await deps.host.interfaces()).map(({ mac = '' }) => mac.toLowerCase()))
  return new Map([...found].map(([vip, macs]) => [vip, macs.filter((mac) => !own.has(mac))]))
}

const named = (cluster: Cluster | undefined, vip: string): string => {
  const nets = cluster?.vips.find(({ name }) => name === vip)?.nets ?? []
  return `vip ${vip} (${nets.map((net) => net.address).join(', ')})`
}
const wordsOf = (vip: string, macs: readonly string[]): string =>
  `${vip} is held here, and ${macs.join(' and ')} ${macs.length > 1 ? 'answer' : 'answers'} ARP for it too`

const findingOf = (what: string): Finding =>
  error('split-brain', {
    what,
    why: 'clients reach one or the other by chance',
    hint: 'a peer that cannot be asked, a real server whose arp_ignore is not set, or a stranger: the switch knows the port of that hardware address',
  })

/** Who answers once may be the last holder on its way out: twice in a row counts. */
export async function arpTurn(deps: ArpDeps, was: Seen): Promise<Seen> {
  const { status } = deps
  const cluster = deps.cluster()
  const answers = await whoAnswers(deps)
  const told = new Map<string, readonly string[]>()
  for (const [vip, macs] of answers) {
    const stay = macs.filter((mac) => was.answers.get(vip)?.includes(mac) === true)
    if (stay.length > 0) told.set(vip, stay)
  }
  for (const [vip, macs] of told)
    if (!was.told.has(vip))
      status.event('agent', `split brain: ${wordsOf(named(cluster, vip), macs)}`)
  for (const vip of was.told.keys()) {
    if (told.has(vip)) continue
    const now = answers.has(vip) ? 'nobody else answers ARP for it' : 'it is no longer held here'
    status.event('agent', `split brain over: ${named(cluster, vip)}: ${now}`)
  }
  if (JSON.stringify([...told]) !== JSON.stringify([...was.told]))
    status.details({
      strangers: [...told].map(([vip, macs]) => findingOf(wordsOf(named(cluster, vip), macs))),
    })
  return { answers, told }
}

export async function watchArp(deps: ArpDeps, signal: AbortSignal): Promise<void> {
  let seen = SEEN_NOTHING
  while (!signal.aborted) {
    try {
      seen = await arpTurn(deps, seen)
    } catch (thrown) {
      deps.status.event('agent', `cannot ask who answers ARP for the vips: ${textOf(thrown)}`)
    }
    await deps.clock.sleep(ASK_MS, signal).catch(() => undefined)
  }
}
