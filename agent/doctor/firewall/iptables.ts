// `iptables-save` and `ip6tables-save` (iptables-save(8)) as chains that can be walked.
import { addressIn } from './match.ts'
import type { Base, Chain, Packet, Rule, Table, Tri, Verdict } from './packet.ts'

const TARGETS: Readonly<Record<string, Verdict>> = {
  ACCEPT: { do: 'accept' },
  DROP: { do: 'drop' },
  REJECT: { do: 'drop' },
  RETURN: { do: 'return' },
  LOG: { do: 'none' },
  NFLOG: { do: 'none' },
  MARK: { do: 'none' },
  CONNMARK: { do: 'none' },
  CT: { do: 'none' },
  NOTRACK: { do: 'none' },
}
const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  icmp: 1,
  icmpv6: 58,
  'ipv6-icmp': 58,
  vrrp: 112,
  igmp: 2,
  esp: 50,
  ah: 51,
  sctp: 132,
  gre: 47,
}

/** Words of a rule; blanks within double quotes (comments) belong to one. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? '')

const inPorts = (list: string, port: number | undefined): Tri =>
  port === undefined
    ? undefined
    : list.split(',').some((part) => {
        const [from = '', to = from] = part.split(':')
        return port >= Number(from === '' ? 0 : from) && port <= Number(to === '' ? 65_535 : to)
      })

/** `eth+` stands for every name that begins so. */
const named = (pattern: string, name: string | undefined): Tri =>
  name === undefined
    ? undefined
    : pattern.endsWith('+')
      ? name.startsWith(pattern.slice(0, -1))
      : name === pattern

type Test = (packet: Packet) => Tri
const not =
  (test: Test): Test =>
  (packet) => {
    const is = test(packet)
    return is === undefined ? undefined : !is
  }

/** The test of one option, undefined for an option that tests nothing. Options we do not know are doubt. */
function testOf(option: string, value: string): Test | undefined {
  switch (option) {
    case '-p': {
      const number = PROTOCOLS[value] ?? Number(value)
      return (packet) => (value === 'all' ? true : packet.protocol === number)
    }
    case '-i':
      return (packet) => (packet.hook === 'input' ? named(value, packet.interface) : false)
    case '-o':
      return (packet) => (packet.hook === 'output' ? named(value, packet.interface) : false)
    case '-s':
      return (packet) => addressIn(value, packet.source)
    case '-d':
      return (packet) => addressIn(value, packet.destination)
    case '--dport':
    case '--dports':
      return (packet) => inPorts(value, packet.port)
    case '--state':
    case '--ctstate':
      // The first packet of what has to get through.
      return () => value.split(',').includes('NEW')
    case '-m':
    case '--comment':
    case '--reject-with':
    case '--log-prefix':
    case '--log-level':
      return undefined
    case '--tcp-flags':
      return (packet) => (packet.protocol === 6 ? value.endsWith(' SYN') : false)
    default:
      return () => undefined
  }
}

function ruleOf(line: string): { readonly chain: string; readonly rule: Rule } | undefined {
  const words = wordsOf(line)
  const chain = words[1]
  if (words[0] !== '-A' || chain === undefined) return undefined
  const tests: Test[] = []
  let verdict: Verdict | undefined = { do: 'none' }
  let negated = false
  for (let at = 2; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '!') {
      negated = true
      continue
    }
    if (word === '-j' || word === '-g') {
      const to = words[++at] ?? ''
      const known = TARGETS[to]
      verdict = known ?? { do: word === '-j' ? 'jump' : 'goto', to }
      continue
    }
    if (word === '--syn') {
      tests.push((packet) => packet.protocol === 6)
      continue
    }
    const count = word === '--tcp-flags' ? 2 : (words[at + 1] ?? '-').startsWith('-') ? 0 : 1
    const value = words.slice(at + 1, at + 1 + count).join(' ')
    const test = testOf(word, value)
    if (test !== undefined) tests.push(negated ? not(test) : test)
    negated = false
    at += count
  }
  const said = verdict
  return {
    chain,
    rule: { text: line.trim(), matches: (packet) => all(tests, packet), verdict: () => said },
  }
}

/** False as soon as one is, whatever the doubtful ones would say. */
export function all(tests: readonly Test[], packet: Packet): Tri {
  const found = tests.map((test) => test(packet))
  if (found.includes(false)) return false
  return found.includes(undefined) ? undefined : true
}

const acceptWith =
  (program: 'iptables' | 'ip6tables', chain: string) =>
  (packet: Packet): string =>
    packet.protocol === 112
      ? `${program} -I ${chain} -p 112 -j ACCEPT`
      : `${program} -I ${chain} -p tcp --dport ${packet.port ?? 0} -j ACCEPT`

/** The filter table; mangle and raw only drop where somebody works at it. */
export function parseIptables(text: string, family: 4 | 6): Table | undefined {
  const filter = /^\*filter\n([\s\S]*?)^COMMIT$/m.exec(text)?.[1]
  if (filter === undefined) return undefined
  const program = family === 4 ? 'iptables' : 'ip6tables'
  const chains = new Map<string, Rule[]>()
  const bases: Base[] = []
  for (const line of filter.split('\n')) {
    const declared = /^:(\S+) (\S+)/.exec(line)
    const name = declared?.[1]
    if (name !== undefined) {
      chains.set(name, [])
      const hook = name === 'INPUT' ? 'input' : name === 'OUTPUT' ? 'output' : undefined
      if (hook !== undefined)
        bases.push({
          chain: name,
          hook,
          families: [family],
          policy: declared?.[2] === 'DROP' ? 'drop' : 'accept',
          accept: acceptWith(program, name),
        })
    }
    const found = ruleOf(line)
    if (found !== undefined) chains.get(found.chain)?.push(found.rule)
  }
  const named: [string, Chain][] = [...chains].map(([name, rules]) => [name, { name, rules }])
  return { name: `${program} filter`, bases, chains: new Map(named) }
}
