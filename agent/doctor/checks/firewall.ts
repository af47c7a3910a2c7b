// Does the firewall let adverts, peers and clients through? Judged by walking its rules with the packets that must pass.
import { openZone, parseZones, zoneAccepts, zoneOf } from '../firewall/firewalld.ts'
import { parseIptables } from '../firewall/iptables.ts'
import { parseNft } from '../firewall/nft.ts'
import { type Fate, fateOf, type Packet, type Table } from '../firewall/packet.ts'
import { error, info, install, only, warning } from '../finding.ts'
import { interfaceOf, nodeOf, othersOf, peersOf, portsOf, vipsOf } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const TIMEOUT_MS = 5_000
const STATE = ['firewall-cmd', '--state'] as const
const ZONES = ['firewall-cmd', '--list-all-zones'] as const
const DEFAULT_ZONE = ['firewall-cmd', '--get-default-zone'] as const
const NFT = ['nft', '-j', 'list', 'ruleset'] as const
const IPTABLES: readonly (readonly [string, 4 | 6])[] = [
  ['iptables-save', 4],
  ['ip6tables-save', 6],
  ['iptables-legacy-save', 4],
  ['ip6tables-legacy-save', 6],
]
const run = (argv: readonly string[]): Ask => ({ ask: 'run', argv, timeoutMs: TIMEOUT_MS })

type Way = {
  readonly packet: Packet
  readonly what: string
  readonly why: string
  readonly bad: 'error' | 'warning'
}

const family = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4)
const GROUP = { 4: '224.0.0.18', 6: 'ff02::12' } as const

/** Adverts, both ways, for each peer of each vip. */
function advertWays(patient: Patient): readonly Way[] {
  return vipsOf(patient).flatMap((vip) => {
    const own = vip.peers.find((p) => p.node === patient.node)?.address
    const name = interfaceOf(patient, vip)
    const at = name === undefined ? {} : { interface: name }
    return othersOf(patient, vip).flatMap(({ node, address }): readonly Way[] => {
      const same = own !== undefined && family(own) === family(address)
      const there = vip.mode === 'multicast' ? GROUP[family(address)] : address
      const here = vip.mode === 'multicast' || own === undefined ? GROUP[family(address)] : own
      const base = { family: family(address), protocol: 112, ...at } as const
      return [
        {
          packet: { ...base, hook: 'input', source: address, destination: here },
          what: `VRRP adverts from ${node} (${address}) are dropped`,
          why: `vip ${vip.name} will be held by both nodes at once: each believes that the other is dead`,
          bad: 'error',
        },
        {
          packet: { ...base, hook: 'output', ...(same ? { source: own } : {}), destination: there },
          what: `VRRP adverts to ${node} (${address}) are dropped before they leave`,
          why: `${node} will take vip ${vip.name} while this node holds it`,
          bad: 'error',
        },
      ]
    })
  })
}

function portWays(patient: Patient): readonly Way[] {
  const peers = peersOf(patient)
  const main = nodeOf(patient)?.net.address
  const name = patient.facts.addresses.find((a) => a.address === main)?.interface
  const at = name === undefined ? {} : { interface: name }
  return portsOf(patient).flatMap(({ port, for: use }): readonly Way[] => {
    const base = { hook: 'input', family: 4, protocol: 6, port, ...at } as const
    if (port !== patient.peerPort)
      return [
        {
          packet: base,
          what: `TCP port ${port} (${use}) is dropped`,
          why: 'clients get no answer from this node while it holds the vip',
          bad: 'error',
        },
      ]
    return peers.map(({ node, address }) => ({
      packet: { ...base, family: family(address), source: address },
      what: `TCP port ${port} (${use}) is dropped for ${node} (${address})`,
      why: `${node} cannot see what this node does: rolling changes wait for it`,
      bad: 'warning' as const,
    }))
  })
}

/** iptables-nft keeps its rules in nftables, where JSON does not tell what they match: its own tools do. */
const fromIptables = (name: string): boolean => /^ip6? filter$/.test(name)

/** undefined when no tool could show anything. */
export function tablesOf(answers: Answers): readonly Table[] | undefined {
  const saved = IPTABLES.flatMap(([program, number]) => {
    const said = answers.run(program)
    const table = said?.code === 0 ? parseIptables(said.out, number) : undefined
    return table === undefined ? [] : [table]
  })
  const said = answers.run(...NFT)
  const nft =
    said?.code === 0 ? parseNft(said.out === '' ? '{"nftables":[]}' : said.out) : undefined
  const some = IPTABLES.some(([program]) => answers.run(program)?.code === 0)
  if (nft === undefined && !some) return undefined
  return [...(nft ?? []).filter((t) => !(some && fromIptables(t.name))), ...saved]
}

const describe = (fate: Extract<Fate, { fate: 'drop' }>): string =>
  /^rule handle|^policy/.test(fate.by) ? `${fate.by} (${fate.table})` : `\`${fate.by}\``

const PERSIST: Readonly<Record<string, string>> = {
  nft: 'the rule is gone after a reboot: add it to /etc/nftables.conf (EL: /etc/sysconfig/nftables.conf) too',
  ipt: 'the rule is gone after a reboot: `netfilter-persistent save` (Debian) or `service iptables save` (EL) keeps it',
}

function byRules(way: Way, tables: readonly Table[]): readonly Finding[] {
  const fate = fateOf(tables, way.packet)
  if (fate.fate !== 'drop') return []
  const command = fate.base.accept(way.packet)
  const say = way.bad === 'error' ? error : warning
  return [
    say('firewall', {
      what: `${way.what} by ${describe(fate)}`,
      why: way.why,
      fix: [command],
      hint: PERSIST[command.slice(0, 3)] ?? PERSIST['ipt'] ?? '',
    }),
  ]
}

/** firewalld runs: its zones tell what to do; the kernel's rules, where they can be read, whether it is needed. */
function byZones(
  way: Way,
  answers: Answers,
  tables: readonly Table[] | undefined,
): readonly Finding[] {
  if (way.packet.hook === 'output') return []
  const zones = parseZones(answers.run(...ZONES)?.out ?? '')
  const byDefault = answers.run(...DEFAULT_ZONE)?.out.trim() ?? 'public'
  const zone = zoneOf(zones, way.packet.interface, byDefault)
  if (zone === undefined) return []
  const fate = tables === undefined ? 'unknown' : fateOf(tables, way.packet).fate
  const accepts = fate === 'unknown' ? zoneAccepts(zone, way.packet) : fate === 'accept'
  if (accepts !== false) return []
  const say = way.bad === 'error' ? error : warning
  return [
    say('firewall', {
      what: `${way.what} by firewalld, zone ${zone.name}`,
      why: way.why,
      fix: openZone(zone.name, way.packet),
    }),
  ]
}

/** One finding per mend: what opens one packet's way often opens several. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const byFix = new Map<string, Finding>()
  for (const finding of findings) {
    const first = byFix.get(finding.fix)
    if (first === undefined) byFix.set(finding.fix, finding)
    else if (!first.what.includes(finding.what))
      byFix.set(finding.fix, { ...first, what: `${first.what}; ${finding.what}`.slice(0, 600) })
  }
  return [...byFix.values()]
}

export const firewall: Check = {
  name: 'firewall',
  cheap: true,
  asks: () => [STATE, ZONES, DEFAULT_ZONE, NFT, ...IPTABLES.map(([program]) => [program])].map(run),
  judge: (patient, answers) => {
    const ways = [...advertWays(patient), ...portWays(patient)]
    if (ways.length === 0) return []
    const tables = tablesOf(answers)
    const running = answers.run(...STATE)?.out.trim() === 'running'
    if (running) return merged(ways.flatMap((way) => byZones(way, answers, tables)))
    if (tables === undefined)
      return [
        info('firewall', {
          what: 'the firewall could not be read: neither nft nor iptables-save works here',
          why: 'whether adverts, peers and clients get through is not known',
          fix: only(install(patient.facts.packager, 'nftables')),
        }),
      ]
    return merged(ways.flatMap((way) => byRules(way, tables)))
  },
}
