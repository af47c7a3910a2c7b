// Asks the host's firewall what it lets in. Decides nothing; asks seldom where the answer is expensive.
import { parseZones } from './doctor/firewall/firewalld.ts'
import { parseIptables } from './doctor/firewall/iptables.ts'
import { parseNft } from './doctor/firewall/nft.ts'
import { fateOf, type Packet, type Table } from './doctor/firewall/packet.ts'
import { parseRuleset } from './kinds/nft-ruleset.ts'
import type { FirewallState, Opening, WantFirewall, ZoneState } from './plan/types.ts'
import { openingKey } from './providers/firewall/openings.ts'
import type { World } from './world.ts'

const TIMEOUT_MS = 20_000
const IPTABLES: readonly (readonly [string, 4 | 6])[] = [
  ['iptables-save', 4],
  ['ip6tables-save', 6],
]

/** Asks a program, or remembers what it said a moment ago. */
export type Asked = (argv: readonly string[]) => Promise<{ code: number | null; stdout: string }>

/** Throws where a firewall that runs does not answer: "nothing is let in" would be a guess. */
export async function readFirewall(
  world: World,
  want: WantFirewall,
  asked: Asked,
): Promise<FirewallState> {
  const nothing: FirewallState = { zones: [], zoneByDefault: '', chains: [], shut: [] }
  if (want.backend === 'firewalld') return { ...nothing, ...(await readZones(asked)) }
  const ruleset = want.backend === 'nftables' ? await readRuleset(world) : undefined
  const chains = ruleset === undefined ? [] : parseRuleset(ruleset)
  if (chains === undefined) throw new Error('cannot read the nftables ruleset: it is not JSON')
  const judged = want.manage === 'report' || want.backend === 'none'
  if (!judged || want.openings.length === 0) return { ...nothing, chains }
  const tables = [...(await iptables(asked)), ...nftTables(ruleset)]
  return { ...nothing, chains, shut: shutOf(want.openings, tables) }
}

async function readRuleset(world: World): Promise<string> {
  const { code, stdout, stderr } = await world.host.run(
    ['nft', '-j', 'list', 'ruleset'],
    TIMEOUT_MS,
  )
  if (code !== 0) throw new Error(`cannot read the nftables ruleset: ${stderr.trim()}`)
  return stdout
}

async function readZones(asked: Asked): Promise<Pick<FirewallState, 'zones' | 'zoneByDefault'>> {
  const [byDefault, runtime, permanent] = await Promise.all([
    asked(['firewall-cmd', '--get-default-zone']),
    asked(['firewall-cmd', '--list-all-zones']),
    asked(['firewall-cmd', '--permanent', '--list-all-zones']),
  ])
  if ([byDefault, runtime, permanent].some(({ code }) => code !== 0)) {
    throw new Error('cannot ask firewalld for its zones')
  }
  const later = parseZones(permanent.stdout)
  const zones = parseZones(runtime.stdout).map((zone): ZoneState => {
    const kept = later.find(({ name }) => name === zone.name)
    return {
      name: zone.name,
      open: zone.target === 'ACCEPT',
      interfaces: zone.interfaces,
      runtime: new Set([...zone.ports, ...zone.richRules]),
      permanent: new Set([...(kept?.ports ?? []), ...(kept?.richRules ?? [])]),
    }
  })
  return { zones, zoneByDefault: byDefault.stdout.trim() }
}

/** Not there, or a kernel without them: then they drop nothing. */
async function iptables(asked: Asked): Promise<readonly Table[]> {
  const found = await Promise.all(
    IPTABLES.map(async ([program, family]) => {
      const { code, stdout } = await asked([program])
      return code === 0 ? (parseIptables(stdout, family) ?? []) : []
    }),
  )
  return found.flat()
}

/** What iptables-nft keeps in nftables is read by its own program, which understands it. */
const nftTables = (ruleset: string | undefined): readonly Table[] =>
  (ruleset === undefined || ruleset === '' ? [] : (parseNft(ruleset) ?? [])).filter(
    ({ name }) => !/^ip6? filter$/.test(name),
  )

function shutOf(openings: readonly Opening[], tables: readonly Table[]): FirewallState['shut'] {
  return openings.flatMap((opening) =>
    packetsOf(opening)
      .flatMap((packet) => {
        const fate = fateOf(tables, packet)
        return fate.fate === 'drop' ? [fate.base.accept(packet)] : []
      })
      .map((fix) => ({ key: openingKey(opening), fix })),
  )
}

/** The walk knows TCP and VRRP; the first address of a network stands for all of it. */
function packetsOf({ protocol, port, from }: Opening): readonly Packet[] {
  const number = { tcp: 6, vrrp: 112, udp: undefined, ipip: undefined } as const
  const said = number[protocol]
  if (said === undefined) return []
  const source = from?.split('/')[0]
  const families =
    source === undefined ? ([4, 6] as const) : ([source.includes(':') ? 6 : 4] as const)
  return families.map((family) => ({
    hook: 'input',
    family,
    protocol: said,
    ...(port === undefined ? {} : { port }),
    ...(source === undefined ? {} : { source }),
  }))
}
