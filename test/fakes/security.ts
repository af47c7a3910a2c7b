// A fake packet filter and a fake SELinux: they know the words that hactl writes, and throw on every other.
import type { Exec } from '../../agent/world.ts'

export type FakeSecurity = {
  /** What the closed chain lets in by rules of ours. */
  letsIn(): readonly string[]
  /** Somebody takes our last rule away by hand. */
  dropRule(): void
  readonly booleans: Map<string, boolean>
  /** TCP ports labelled http_port_t beyond the policy's own. */
  readonly labels: Set<number>
  /** undefined for a program that is not this one's. */
  run(argv: readonly string[]): Exec | undefined
}

const exec = (code: number, stdout = '', stderr = ''): Exec => ({
  code,
  signal: null,
  stdout,
  stderr,
})

export function fakeSecurity(): FakeSecurity {
  const filter = fakeFilter()
  const booleans = new Map([
    ['haproxy_connect_any', false],
    ['httpd_use_nfs', false],
  ])
  const labels = new Set<number>()
  const programs: Readonly<Record<string, (args: readonly string[]) => Exec>> = {
    nft: filter.nft,
    getsebool: () =>
      exec(0, [...booleans].map(([name, on]) => `${name} --> ${on ? 'on' : 'off'}\n`).join('')),
    setsebool: ([, name = '', value]) => {
      if (!booleans.has(name)) return exec(1, '', `Boolean ${name} is not defined`)
      booleans.set(name, value === 'on')
      return exec(0)
    },
    semanage: (args) => semanage(labels, args),
    'iptables-save': () => exec(127),
    'ip6tables-save': () => exec(127),
  }
  return {
    letsIn: filter.letsIn,
    dropRule: filter.dropRule,
    booleans,
    labels,
    run: ([program = '', ...args]) => programs[program]?.(args),
  }
}

/** `semanage port -l`, `-a -t TYPE -p tcp N`, `-d -t TYPE -p tcp N`. */
function semanage(labels: Set<number>, args: readonly string[]): Exec {
  const port = Number(args[6])
  if (args[1] === '-l') {
    const own = [...labels].map((one) => `, ${one}`).join('')
    return exec(0, `http_port_t    tcp   80, 443${own}\nunreserved_port_t   tcp   1024-65535\n`)
  }
  const known = labels.has(port)
  if (args[1] === '-a' && !known) labels.add(port)
  else if (args[1] === '-d' && known) labels.delete(port)
  else return exec(1, '', `ValueError: Port tcp/${port} ${known ? 'already' : 'not'} defined`)
  return exec(0)
}

type Rule = { readonly handle: number; readonly text: string }
type Filter = { chain: Rule[] | undefined; input: Rule[] }
const AT = 'inet filter'
const RULE =
  /^(?:(ip6?) saddr (\S+) )?(?:meta l4proto (\d+)|(tcp|udp) dport (\d+)) accept comment "(hactl:[^"]+)"$/

/** One table with one chain at hook input, policy drop, and a rule of the operator's. */
function fakeFilter() {
  let now: Filter = {
    chain: undefined,
    input: [{ handle: 1, text: 'ct state established accept' }],
  }
  let handles = 1
  const make = (text: string): Rule => ({ handle: ++handles, text })
  const jumps = () => now.input.some(({ text }) => text.startsWith('jump hactl'))
  function change(command: string, state: Filter): boolean {
    const [, verb = '', what = '', rest = ''] = /^(\w+) (\w+) (.*)$/.exec(command) ?? []
    const own = rest === `${AT} hactl`
    const rule = rest.replace(`${AT} hactl `, '')
    const handle = /^inet filter input handle (\d+)$/.exec(rest)?.[1]
    if (verb === 'add' && what === 'table') return rest === AT
    if (verb === 'add' && what === 'chain' && own) state.chain ??= []
    else if (verb === 'flush' && own && state.chain !== undefined) state.chain = []
    else if (verb === 'delete' && what === 'chain' && own && !jumping(state))
      state.chain = undefined
    else if (verb === 'add' && what === 'rule' && RULE.test(rule)) state.chain?.push(make(rule))
    else if (verb === 'insert' && rest === `${AT} input jump hactl comment "hactl"`) {
      state.input.unshift(make('jump hactl'))
    } else if (handle !== undefined) {
      state.input = state.input.filter((one) => one.handle !== Number(handle))
    } else return false
    return true
  }
  const nft = (args: readonly string[]): Exec => {
    if (args.join(' ') === '-j list ruleset') return exec(0, JSON.stringify(ruleset(now)))
    const next: Filter = { chain: now.chain && [...now.chain], input: [...now.input] }
    const commands = args.flatMap((one) => one.split(';')).map((one) => one.trim())
    for (const command of commands.filter((one) => one !== '')) {
      if (!change(command, next)) throw new Error(`fake nft was not taught: ${command}`)
    }
    now = next
    return exec(0)
  }
  return {
    nft,
    letsIn: () => (jumps() ? (now.chain ?? []).map(({ text }) => text) : []),
    dropRule: () => void now.chain?.pop(),
  }
}

const jumping = ({ input }: Filter) => input.some(({ text }) => text.startsWith('jump hactl'))

const PLACE = { family: 'inet', table: 'filter' }

/** As `nft -j list ruleset` of 1.0.6 writes it. */
function ruleset({ chain, input }: Filter) {
  const hook = { type: 'filter', hook: 'input', prio: 0, policy: 'drop' }
  return {
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      { table: { family: 'inet', name: 'filter', handle: 1 } },
      { chain: { ...PLACE, name: 'input', handle: 1, ...hook } },
      ...(chain === undefined ? [] : [{ chain: { ...PLACE, name: 'hactl', handle: 2 } }]),
      ...input.map(({ handle, text }) => ({
        rule: {
          ...PLACE,
          chain: 'input',
          handle,
          expr: [text.startsWith('jump') ? { jump: { target: 'hactl' } } : { accept: null }],
        },
      })),
      ...(chain ?? []).map(({ handle, text }) => ({
        rule: { ...PLACE, chain: 'hactl', handle, expr: expressionsOf(text) },
      })),
    ],
  }
}

function expressionsOf(text: string) {
  const [, ip, from = '', number, protocol, port] = RULE.exec(text) ?? []
  const [addr, len] = from.split('/')
  const right = len === undefined ? addr : { prefix: { addr, len: Number(len) } }
  const match = (left: unknown, value: unknown) => ({ match: { op: '==', left, right: value } })
  return [
    ...(ip === undefined ? [] : [match({ payload: { protocol: ip, field: 'saddr' } }, right)]),
    number === undefined
      ? match({ payload: { protocol, field: 'dport' } }, Number(port))
      : match({ meta: { key: 'l4proto' } }, number === '112' ? 'vrrp' : Number(number)),
    { accept: null },
  ]
}
