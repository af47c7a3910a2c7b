// `firewall-cmd --list-all-zones` (firewall-cmd(1)): which zone an interface is in, and how a zone is opened.
import type { Packet } from './packet.ts'

export type Zone = {
  readonly name: string
  readonly target: string
  readonly interfaces: readonly string[]
  readonly protocols: readonly string[]
  readonly ports: readonly string[]
  readonly services: readonly string[]
  readonly richRules: readonly string[]
}

const field = (body: string, name: string): string =>
  new RegExp(`^ {2}${name}: *(.*)$`, 'm').exec(body)?.[1]?.trim() ?? ''
const words = (text: string): readonly string[] => text.split(/\s+/).filter((w) => w !== '')

/** "(active)", "(default)" and "(default, active)" follow a name, by version. */
export function parseZones(text: string): readonly Zone[] {
  return text.split(/^(?=\S)/m).flatMap((part) => {
    const name = /^(\S+)/.exec(part)?.[1]
    if (name === undefined) return []
    const rich = part.split(/^ {2}rich rules: *$/m)[1] ?? ''
    return [
      {
        name,
        target: field(part, 'target'),
        interfaces: words(field(part, 'interfaces')),
        protocols: words(field(part, 'protocols')),
        ports: words(field(part, 'ports')),
        services: words(field(part, 'services')),
        richRules: rich
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      },
    ]
  })
}

/** The zone of an interface; the default one where it is in none. */
export const zoneOf = (
  zones: readonly Zone[],
  name: string | undefined,
  byDefault: string,
): Zone | undefined =>
  zones.find((z) => name !== undefined && z.interfaces.includes(name)) ??
  zones.find((z) => z.name === byDefault)

const SERVICES: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22, nfs: 2049 }

const inPort = (text: string, port: number): boolean => {
  const found = /^(\d+)(?:-(\d+))?\/tcp$/.exec(text)
  return found !== null && port >= Number(found[1]) && port <= Number(found[2] ?? found[1])
}

/** Whether the zone says it lets the packet in; undefined where a service or rule of unknown content might. */
export function zoneAccepts(zone: Zone, { protocol, port }: Packet): boolean | undefined {
  if (zone.target === 'ACCEPT') return true
  const rules = zone.richRules.filter((rule) => /\baccept\b/.test(rule))
  if (protocol === 112) {
    const wanted = /\bprotocol value="(?:vrrp|112)"/
    const plain = rules.filter((rule) => wanted.test(rule))
    if (zone.protocols.some((p) => p === 'vrrp' || p === '112')) return true
    if (plain.some((rule) => !/\bsource\b|\bdestination\b/.test(rule))) return true
    return plain.length > 0 ? undefined : false
  }
  if (port === undefined) return undefined
  if (zone.ports.some((text) => inPort(text, port))) return true
  if (zone.services.some((name) => SERVICES[name] === port)) return true
  const unknown = zone.services.some(
    (name) => SERVICES[name] === undefined && !['dhcpv6-client', 'cockpit', 'mdns'].includes(name),
  )
  return unknown || rules.length > 0 ? undefined : false
}

/** What lets it in now and after the next start of firewalld. */
export const openZone = (zone: string, { protocol, port }: Packet): readonly string[] => [
  protocol === 112
    ? `firewall-cmd --permanent --zone=${zone} --add-rich-rule='rule protocol value="vrrp" accept'`
    : `firewall-cmd --permanent --zone=${zone} --add-port=${port ?? 0}/tcp`,
  'firewall-cmd --reload',
]
