// Who is heard speaking VRRP on the segments of our vips: peers, strangers, or nobody.
import type { ClusterVip } from '../../../spec/cluster.ts'
import { VRID_MAX, VRID_MIN } from '../../../spec/limits.ts'
import { error, info, install, only, warning } from '../finding.ts'
import { interfaceOf, othersOf, vipsOf, vrrpInterfaces } from '../place.ts'
import type { Answers, Check, Finding, Patient } from '../types.ts'

const LISTEN_S = 3
const ADVERTS_MAX = 500
/** One advert may be a take-over that is just going on; two masters keep talking. */
const TWO_MASTERS_MIN = 3

/**
 * The agent listens without promiscuous mode: switching it every ten minutes fills the kernel's log, and some network
 * cards lose packets while they do. It then hears what this node is sent: multicast adverts where a vip of ours is
 * multicast, or the card does not filter them.
 */
const listenArgv = ({ quiet }: Patient, name: string): readonly string[] => [
  ...['timeout', '-s', 'INT', String(LISTEN_S), 'tcpdump', '-l', '-n', '-t', '-i', name],
  ...(quiet === true ? ['-p'] : []),
  ...['-c', String(ADVERTS_MAX), 'ip proto 112 or ip6 proto 112'],
]

export type Advert = {
  readonly source: string
  readonly vrid: number
  readonly priority: number
  readonly count: number
}

/** Lines of `tcpdump -n -t`: "IP 192.0.2.1 > 224.0.0.18: VRRPv3, Advertisement, vrid 51, prio 150, ..." */
export function parseAdverts(text: string): readonly Advert[] {
  const found = new Map<string, Advert>()
  const line =
    /^IP6? (?:\([^)]*\) )?([0-9a-f.:]+) > \S+: .*VRRPv[23], Advertisement,.*?vrid (\d+), prio (\d+)/gm
  for (const [, source = '', vrid, priority] of text.matchAll(line)) {
    const key = `${source} ${vrid} ${priority}`
    const count = (found.get(key)?.count ?? 0) + 1
    found.set(key, { source, vrid: Number(vrid), priority: Number(priority), count })
  }
  return [...found.values()]
}

/** Nodes of the spec by any of their addresses. */
function nameOf(patient: Patient, address: string): string | undefined {
  return patient.cluster?.nodes.find(
    (n) => n.net.address === address || n.links.some((l) => l.net.address === address),
  )?.name
}

/** The next number after `from` that nobody is known to use. */
function freeVrid(patient: Patient, heard: readonly Advert[], from: number): number {
  const taken = new Set([
    ...heard.map((a) => a.vrid),
    ...(patient.cluster?.vips ?? []).map((v) => v.vrid),
  ])
  const all = Array.from({ length: VRID_MAX }, (_, i) => VRID_MIN + ((from + i) % VRID_MAX))
  return all.find((vrid) => !taken.has(vrid)) ?? VRID_MIN
}

function strangers(
  patient: Patient,
  name: string,
  vips: readonly ClusterVip[],
  heard: readonly Advert[],
): readonly Finding[] {
  // An IPv6 router speaks from its link-local address (RFC 9568 section 5.1.2.1), which no spec knows.
  const foreign = heard.filter(
    (a) => !a.source.startsWith('fe80:') && nameOf(patient, a.source) === undefined,
  )
  return foreign.map(({ source, vrid, priority }) => {
    const vip = vips.find((v) => v.vrid === vrid)
    const what = `${source}, which is no node of this cluster, speaks VRRP on ${name} with vrid ${vrid} and priority ${priority}`
    if (vip === undefined)
      return info('adverts', {
        what,
        why: 'no harm while the numbers differ; it is good to know that they are taken',
      })
    const say = vip.mode === 'multicast' ? error : warning
    return say('foreign-vrid', {
      what: `${what}: the number of our vip ${vip.name}`,
      why:
        vip.mode === 'multicast'
          ? `each side believes the other's adverts: vip ${vip.name} is given up or held twice`
          : 'our adverts are unicast, so they are not mixed up; logs and switches see one router in two places',
      hint: `give the other router another number, or this one: "vrid": ${freeVrid(patient, heard, vrid)} in vip ${vip.name}, then hactl push`,
    })
  })
}

function aboutVip(
  patient: Patient,
  vip: ClusterVip,
  name: string,
  heard: readonly Advert[],
): readonly Finding[] {
  const own = new Set(patient.facts.addresses.map((a) => a.address))
  const holds = vip.nets.some((net) => own.has(net.address))
  const others = heard.filter((a) => a.vrid === vip.vrid && !own.has(a.source))
  const peers = others.flatMap((a) => {
    const node = nameOf(patient, a.source)
    return node === undefined ? [] : [{ ...a, node }]
  })
  const talking = peers.filter((a) => a.count >= TWO_MASTERS_MIN && a.priority > 0)
  if (holds && talking.length > 0)
    return talking.map(({ node, source }) =>
      error('adverts', {
        what: `${node} (${source}) announces vip ${vip.name} on ${name} while this node holds it too`,
        why: 'two masters: clients reach now the one, now the other',
        hint: `one of the two does not hear the other: hactl doctor on ${node} shows whether its firewall is the reason, here it is said above`,
      }),
    )
  const link = others.some((a) => a.source.startsWith('fe80:'))
  if (!holds && peers.length === 0 && !link) {
    const names = othersOf(patient, vip).map((p) => `${p.node} (${p.address})`)
    return [
      error('adverts', {
        what: `no advert of vip ${vip.name} (vrid ${vip.vrid}) was heard on ${name} in ${LISTEN_S} s from ${names.join(', ')}`,
        why: 'nobody holds it, or its adverts do not reach this node, which will then take it too',
        hint:
          vip.mode === 'multicast'
            ? 'run hactl doctor on the peers; a switch with IGMP snooping and no querier loses multicast: "mode": "unicast" avoids it'
            : 'run hactl doctor on the peers: it shows whether they send, and whether their firewall lets it out',
      }),
    ]
  }
  return peers.flatMap(({ node, priority }) => {
    const said = vip.peers.find((p) => p.node === node)?.priority
    // 0 gives up, and a tracked weight may lower it: only a higher one contradicts the spec.
    if (said === undefined || priority <= said) return []
    return [
      warning('adverts', {
        what: `${node} announces vip ${vip.name} with priority ${priority}; the spec says ${said}`,
        why: 'it runs another configuration than the spec',
        fix: [`ssh ${node} systemctl restart hactl-agent`],
      }),
    ]
  })
}

function judge(patient: Patient, answers: Answers): readonly Finding[] {
  return vrrpInterfaces(patient).flatMap((name) => {
    const said = answers.run(...listenArgv(patient, name))
    if (said === undefined || said.code === 127 || /No such file/.test(said.err))
      return [
        info('adverts', {
          what: 'nobody listened for VRRP adverts: tcpdump is not installed',
          why: 'foreign routers with our numbers and lost adverts are not seen',
          fix: only(install(patient.facts.packager, 'tcpdump')),
        }),
      ]
    // 124: timeout ended it, as it should.
    if (said.code !== 0 && said.code !== 124)
      return [
        info('adverts', {
          what: `nobody listened for VRRP adverts on ${name}: ${said.err.trim().split('\n').at(-1) ?? ''}`,
          why: 'foreign routers with our numbers and lost adverts are not seen',
          hint: 'listening needs root and CAP_NET_RAW',
        }),
      ]
    const heard = parseAdverts(said.out)
    const vips = vipsOf(patient).filter((vip) => interfaceOf(patient, vip) === name)
    return [
      ...strangers(patient, name, vips, heard),
      ...vips.flatMap((vip) => aboutVip(patient, vip, name, heard)),
    ]
  })
}

export const adverts: Check = {
  name: 'adverts',
  cheap: true,
  asks: (patient) =>
    vrrpInterfaces(patient).map((name) => ({
      ask: 'run',
      argv: listenArgv(patient, name),
      timeoutMs: (LISTEN_S + 3) * 1000,
    })),
  judge,
}
