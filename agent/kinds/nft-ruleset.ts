// `nft -j list ruleset` (libnftables-json(5)): base chains at hook input, and the rules of ours. Pure.
import type { InputChain, Opening } from '../plan/types.ts'
import { CHAIN } from './nftables.ts'

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((now, key) => (isObject(now) ? now[key] : undefined), value)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : -1)

const FAMILIES = ['ip', 'ip6', 'inet'] as const
/** Statements before a final drop that decide nothing. */
const SILENT = ['counter', 'log', 'limit']
const CHAIN_DEPTH_MAX = 8

type Rules = (chain: unknown) => readonly unknown[]

/** undefined for text that is not nft's JSON. Tables that iptables-nft keeps are its own, and left out. */
export function parseRuleset(text: string): readonly InputChain[] | undefined {
  const objects = listOf(at(parsed(text === '' ? '{"nftables":[]}' : text), 'nftables'))
  if (objects.length === 0 && text !== '') return undefined
  const of = (kind: string) => objects.flatMap((one) => at(one, kind) ?? [])
  const chains = of('chain')
  const rules = of('rule')
  const same = (a: unknown, b: unknown) =>
    at(a, 'family') === at(b, 'family') && at(a, 'table') === at(b, 'table')
  return chains.flatMap((chain): readonly InputChain[] => {
    const family = FAMILIES.find((one) => one === at(chain, 'family'))
    if (family === undefined || at(chain, 'hook') !== 'input' || at(chain, 'type') !== 'filter') {
      return []
    }
    const table = textOf(at(chain, 'table'))
    if (family !== 'inet' && table === 'filter' && at(chain, 'name') === 'INPUT') return []
    const rulesIn: Rules = (name) =>
      rules.filter((rule) => same(rule, chain) && at(rule, 'chain') === name)
    const own = chains.some((one) => same(one, chain) && at(one, 'name') === CHAIN)
    const name = textOf(at(chain, 'name'))
    return [
      {
        family,
        table,
        chain: name,
        closed: at(chain, 'policy') === 'drop' || endsInDrop(name, rulesIn, 0),
        jumps: rulesIn(name)
          .filter((rule) => expressionsOf(rule).some((e) => at(e, 'jump', 'target') === CHAIN))
          .map((rule) => numberOf(at(rule, 'handle'))),
        ours: own ? rulesIn(CHAIN).map(openingOf) : undefined,
      },
    ]
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const expressionsOf = (rule: unknown): readonly Json[] => listOf(at(rule, 'expr')).filter(isObject)

/** The last rule drops or rejects whatever arrives there, itself or in the chain it goes to. */
function endsInDrop(chain: unknown, rulesIn: Rules, depth: number): boolean {
  const said = expressionsOf(rulesIn(chain).at(-1)).filter(
    (one) => !SILENT.some((word) => word in one),
  )
  const [only, ...more] = said
  if (only === undefined || more.length > 0) return false
  if ('drop' in only || 'reject' in only) return true
  const target = at(only, 'jump', 'target') ?? at(only, 'goto', 'target')
  return target !== undefined && depth < CHAIN_DEPTH_MAX && endsInDrop(target, rulesIn, depth + 1)
}

/** Names of /etc/protocols come back for some numbers, on some systems. */
const PROTOCOLS: Readonly<Record<string, Opening['protocol']>> = {
  '112': 'vrrp',
  vrrp: 'vrrp',
  '4': 'ipip',
  ip: 'ipip',
  ipip: 'ipip',
  ipencap: 'ipip',
}

/** undefined when the rule is not exactly one that we write. */
function openingOf(rule: unknown): Opening | undefined {
  const expressions = expressionsOf(rule)
  const matches = expressions.flatMap((one) => at(one, 'match') ?? [])
  const accepts = expressions.filter((one) => 'accept' in one).length === 1
  if (!accepts || expressions.length !== matches.length + 1) return undefined
  if (matches.some((match) => at(match, 'op') !== '==')) return undefined
  const source = matches.find((match) => at(match, 'left', 'payload', 'field') === 'saddr')
  const [what, ...more] = matches.filter((match) => match !== source)
  if (what === undefined || more.length > 0) return undefined
  const from = source === undefined ? undefined : sourceOf(at(source, 'right'))
  if (source !== undefined && from === undefined) return undefined
  const named = from === undefined ? {} : { from }
  const port = at(what, 'right')
  const protocol = at(what, 'left', 'payload', 'protocol')
  if (at(what, 'left', 'meta', 'key') === 'l4proto') {
    const number = PROTOCOLS[String(port)]
    return number === undefined ? undefined : { protocol: number, ...named, why: '' }
  }
  if (at(what, 'left', 'payload', 'field') !== 'dport' || typeof port !== 'number') return undefined
  return protocol === 'tcp' || protocol === 'udp'
    ? { protocol, port, ...named, why: '' }
    : undefined
}

function sourceOf(right: unknown): string | undefined {
  if (typeof right === 'string') return right
  const address = at(right, 'prefix', 'addr')
  const length = at(right, 'prefix', 'len')
  return typeof address === 'string' && typeof length === 'number'
    ? `${address}/${length}`
    : undefined
}
