// `nft -j list ruleset` (libnftables-json(5)) as chains that can be walked. What we do not know is doubt, never a verdict.
import { all } from './iptables.ts'
import { addressIn } from './match.ts'
import type { Base, Packet, Rule, Table, Tri, Verdict } from './packet.ts'

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((now, key) => (isObject(now) ? now[key] : undefined), value)
const textAt = (value: unknown, ...keys: readonly string[]): string => {
  const found = at(value, ...keys)
  return typeof found === 'string' ? found : ''
}
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Named sets of one table, by name. */
type Sets = ReadonlyMap<string, readonly unknown[]>

/** nft writes protocols by their name in /etc/protocols where there is one. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  icmp: 1,
  'ipv6-icmp': 58,
  icmpv6: 58,
  vrrp: 112,
  igmp: 2,
  ah: 51,
  esp: 50,
  gre: 47,
  sctp: 132,
}
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : typeof value === 'string' ? PROTOCOLS[value] : undefined

/** A value, a set, a range or the name of a set: is the packet's value in it? */
function within(right: unknown, is: (value: unknown) => Tri, sets: Sets): Tri {
  if (typeof right === 'string' && right.startsWith('@')) {
    const named = sets.get(right.slice(1))
    return named === undefined ? undefined : anyOf(named, is)
  }
  const members = at(right, 'set')
  if (Array.isArray(members)) return anyOf(members, is)
  if (Array.isArray(right)) return anyOf(right, is)
  return is(right)
}

function anyOf(values: readonly unknown[], is: (value: unknown) => Tri): Tri {
  const found = values.map((value) => is(isObject(value) && 'elem' in value ? elem(value) : value))
  return found.includes(true) ? true : found.includes(undefined) ? undefined : false
}
/** A member with a timeout or a comment is wrapped. */
const elem = (value: Json): unknown => at(value, 'elem', 'val') ?? value['elem']

const isPort =
  (port: number | undefined) =>
  (value: unknown): Tri => {
    if (port === undefined) return undefined
    const [from, to] = listOf(at(value, 'range'))
    if (typeof from === 'number' && typeof to === 'number') return port >= from && port <= to
    return typeof value === 'number' ? value === port : undefined
  }
const isAddress =
  (address: string | undefined) =>
  (value: unknown): Tri => {
    if (typeof value === 'string') return addressIn(value, address)
    const net = textAt(value, 'prefix', 'addr')
    const length = at(value, 'prefix', 'len')
    return net !== '' && typeof length === 'number'
      ? addressIn(`${net}/${length}`, address)
      : undefined
  }
const isName =
  (name: string | undefined) =>
  (value: unknown): Tri => {
    if (name === undefined || typeof value !== 'string') return undefined
    return value.endsWith('*') ? name.startsWith(value.slice(0, -1)) : value === name
  }
const isNumber =
  (number: number) =>
  (value: unknown): Tri => {
    const said = numberOf(value)
    return said === undefined ? undefined : said === number
  }
const isWord =
  (word: string) =>
  (value: unknown): Tri =>
    typeof value === 'string' ? value === word : undefined

/** undefined: not a value that we follow. false: no such packet is ours (a UDP port for a TCP packet). */
type Reader = false | ((value: unknown) => Tri) | undefined

function payload(protocol: string, field: string, packet: Packet): Reader {
  if (protocol === 'ip' || protocol === 'ip6') {
    if (packet.family !== (protocol === 'ip' ? 4 : 6)) return false
    if (field === 'saddr') return isAddress(packet.source)
    if (field === 'daddr') return isAddress(packet.destination)
    return field === 'protocol' || field === 'nexthdr' ? isNumber(packet.protocol) : undefined
  }
  if (protocol === 'th') {
    if (packet.protocol === 112) return false
    return field === 'dport' ? isPort(packet.port) : undefined
  }
  if (protocol === 'tcp') {
    if (packet.protocol !== 6) return false
    return field === 'dport' ? isPort(packet.port) : undefined
  }
  return ['udp', 'icmp', 'icmpv6', 'sctp', 'ah', 'esp', 'dccp', 'udplite'].includes(protocol)
    ? false
    : undefined
}

function meta(key: string, packet: Packet): Reader {
  switch (key) {
    case 'l4proto':
      return isNumber(packet.protocol)
    case 'nfproto':
      return isWord(packet.family === 4 ? 'ipv4' : 'ipv6')
    case 'iif':
    case 'iifname':
      return packet.hook === 'input' ? isName(packet.interface) : false
    case 'oif':
    case 'oifname':
      return packet.hook === 'output' ? isName(packet.interface) : false
    default:
      return undefined
  }
}

function readerOf(left: unknown, packet: Packet): Reader {
  const protocol = textAt(left, 'payload', 'protocol')
  if (protocol !== '') return payload(protocol, textAt(left, 'payload', 'field'), packet)
  const key = textAt(left, 'meta', 'key')
  if (key !== '') return meta(key, packet)
  // The first packet of what has to get through, and never one of a translation.
  if (textAt(left, 'ct', 'key') === 'state') return isWord('new')
  if (textAt(left, 'ct', 'key') === 'status') return () => false
  return undefined
}

function matches(match: unknown, packet: Packet, sets: Sets): Tri {
  const reader = readerOf(at(match, 'left'), packet)
  if (reader === undefined) return undefined
  // A protocol that the packet is not of fails whatever is compared, `!=` too (nft(8), "Payload expressions").
  if (reader === false) return false
  const is = within(at(match, 'right'), reader, sets)
  const op = textAt(match, 'op')
  if (is === undefined || !['==', 'in', '!='].includes(op)) return undefined
  return op === '!=' ? !is : is
}

const VERDICTS: Readonly<Record<string, Verdict['do']>> = {
  accept: 'accept',
  drop: 'drop',
  reject: 'drop',
  return: 'return',
  continue: 'none',
}
/** Statements that neither match nor decide. */
const SILENT = ['counter', 'log', 'mangle', 'ct helper', 'notrack', 'comment', 'flow', 'set', 'map']

function verdictOf(statement: Json): Verdict | undefined {
  for (const key of Object.keys(statement)) {
    const verdict = VERDICTS[key]
    if (verdict === 'accept' || verdict === 'drop' || verdict === 'return' || verdict === 'none')
      return { do: verdict }
    if (key === 'jump' || key === 'goto') return { do: key, to: textAt(statement, key, 'target') }
  }
  return undefined
}

/** A verdict map: the verdict of the first key that fits; undefined in doubt. */
function mapped(vmap: unknown, packet: Packet, sets: Sets): Verdict | undefined {
  const reader = readerOf(at(vmap, 'key'), packet)
  if (reader === undefined) return undefined
  if (reader === false) return { do: 'none' }
  const data = at(vmap, 'data')
  const members =
    typeof data === 'string' ? sets.get(data.replace(/^@/, '')) : listOf(at(data, 'set'))
  if (members === undefined) return undefined
  for (const member of members) {
    const [key, verdict] = listOf(member)
    const is = reader(key)
    if (is === undefined) return undefined
    if (is && isObject(verdict)) return verdictOf(verdict)
  }
  return { do: 'none' }
}

function ruleOf(rule: unknown, sets: Sets): Rule {
  const statements = listOf(at(rule, 'expr')).filter(isObject)
  const tests = statements.flatMap((statement) => {
    if ('match' in statement) return [(packet: Packet) => matches(statement['match'], packet, sets)]
    const known =
      verdictOf(statement) !== undefined ||
      'vmap' in statement ||
      SILENT.some((word) => word in statement)
    // limit, xt, quota and what newer versions bring: it may fit or not.
    return known ? [] : [(): Tri => undefined]
  })
  const where = `${textAt(rule, 'family')} ${textAt(rule, 'table')} ${textAt(rule, 'chain')}`
  return {
    text: `rule handle ${String(at(rule, 'handle'))} of ${where}`,
    matches: (packet) => all(tests, packet),
    verdict: (packet) => {
      const vmap = statements.find((s) => 'vmap' in s)
      if (vmap !== undefined) return mapped(vmap['vmap'], packet, sets)
      for (const statement of statements) {
        const verdict = verdictOf(statement)
        if (verdict !== undefined) return verdict
      }
      // An xt target is a verdict that JSON does not tell.
      return statements.some((s) => 'xt' in s) ? undefined : { do: 'none' }
    },
  }
}

function baseOf(chain: unknown): readonly Base[] {
  const hook = textAt(chain, 'hook')
  const family = textAt(chain, 'family')
  if ((hook !== 'input' && hook !== 'output') || textAt(chain, 'type') !== 'filter') return []
  const name = textAt(chain, 'name')
  const place = `${family} ${textAt(chain, 'table')} ${name}`
  return [
    {
      chain: name,
      hook,
      families: family === 'inet' ? [4, 6] : family === 'ip' ? [4] : family === 'ip6' ? [6] : [],
      policy: textAt(chain, 'policy') === 'drop' ? 'drop' : 'accept',
      accept: ({ protocol, port }) =>
        protocol === 112
          ? `nft insert rule ${place} meta l4proto 112 accept`
          : `nft insert rule ${place} tcp dport ${port ?? 0} accept`,
    },
  ]
}

/** Every table of ip, ip6 and inet. undefined for text that is not nft's JSON. */
export function parseNft(text: string): readonly Table[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  const objects = at(parsed, 'nftables')
  if (!Array.isArray(objects)) return undefined
  const of = (kind: string) => objects.flatMap((o: unknown) => at(o, kind) ?? [])
  const tables = of('table').map((t) => ({ family: textAt(t, 'family'), name: textAt(t, 'name') }))
  return tables.map(({ family, name }) => {
    const mine = (o: unknown) => textAt(o, 'family') === family && textAt(o, 'table') === name
    const sets: Sets = new Map(
      [...of('set'), ...of('map')]
        .filter(mine)
        .map((s) => [textAt(s, 'name'), listOf(at(s, 'elem'))]),
    )
    const rules = of('rule').filter(mine)
    const chains = of('chain').filter(mine)
    return {
      name: `${family} ${name}`,
      bases: chains.flatMap(baseOf),
      chains: new Map(
        chains.map((chain) => {
          const own = textAt(chain, 'name')
          const inside = rules.filter((rule) => textAt(rule, 'chain') === own)
          return [own, { name: own, rules: inside.map((rule) => ruleOf(rule, sets)) }]
        }),
      ),
    }
  })
}
