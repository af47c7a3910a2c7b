// ACLs and use_backend: routes of the spec where all that they ask is modelled, extra lines where not. Order is kept.
import type { Line } from './haproxy-text.ts'
import type { Json, ProxyDraft, RouteDraft } from './types.ts'
import { freeName } from './words.ts'

type Test = {
  readonly when: Record<string, readonly string[]>
  readonly header?: string
  readonly ignoreCase: boolean
}
type Choice = {
  readonly line: Line
  readonly pool: string
  readonly tests?: readonly (readonly Test[])[]
}

export type Routed = {
  readonly routes: readonly RouteDraft[]
  readonly split?: NonNullable<ProxyDraft['split']>
  /** Pool of a use_backend without condition: what follows it is never reached. */
  readonly fallback?: string
  readonly modelled: readonly Line[]
  /** acl and use_backend lines that go into `extra`, in their order. */
  readonly kept: readonly Line[]
}

const URL = /^[A-Za-z0-9/._~!$&()*+,;=:@%?-]{1,256}$/
const SHAPES: Readonly<Record<string, readonly [string, RegExp]>> = {
  path_beg: ['pathPrefix', URL],
  path_end: ['pathSuffix', URL],
  path_reg: ['pathRegex', /^[\x21\x23-\x26\x28-\x7e]{1,256}$/],
  method: ['method', /^[A-Z]{1,20}$/],
}
const HEADER_VALUE = /^[A-Za-z0-9 ._~!$&()*+,;=:@%?/<>|-]{1,256}$/
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,253})$/

/** One ACL expression without its name. */
function testOf(words: readonly string[]): Test | undefined {
  const [fetch = '', ...rest] = words
  let ignoreCase = false
  const values: string[] = []
  for (const [at, word] of rest.entries()) {
    if (word === '-i' && values.length === 0) ignoreCase = true
    else if (word === '--' && values.length === 0) continue
    else if (word.startsWith('-') && values.length === 0) return undefined
    else values.push(rest[at] ?? '')
  }
  const unique = [...new Set(values)]
  if (unique.length === 0 || unique.length > 100) return undefined
  const header = /^(?:req\.)?hdr\(([A-Za-z][A-Za-z0-9-]{0,63})\)$/.exec(fetch)?.[1]
  if (header?.toLowerCase() === 'host')
    return unique.every((one) => HOST.test(one))
      ? { when: { host: unique }, ignoreCase: false }
      : undefined
  if (header !== undefined) {
    if (ignoreCase || !unique.every((one) => HEADER_VALUE.test(one))) return undefined
    return { when: { header: unique }, header, ignoreCase }
  }
  const shape = Object.hasOwn(SHAPES, fetch) ? SHAPES[fetch] : undefined
  if (shape === undefined || !unique.every((one) => shape[1].test(one))) return undefined
  return { when: { [shape[0]]: unique }, ignoreCase: ignoreCase && fetch !== 'method' }
}

/** Alternatives, each a list of tests that must all hold; undefined for anything with `!` or an unknown test. */
function conditionOf(
  words: readonly string[],
  acls: ReadonlyMap<string, readonly Line[]>,
): readonly (readonly Test[])[] | undefined {
  let done: Test[][] = []
  let open: Test[][] = [[]]
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === 'or' || word === '||') {
      done = [...done, ...open]
      open = [[]]
      continue
    }
    const end = word === '{' ? words.indexOf('}', at) : at
    if (end < 0) return undefined
    const named = word === '{' ? undefined : acls.get(word)
    const tests =
      word === '{'
        ? [testOf(words.slice(at + 1, end))]
        : named?.map((line) => testOf(line.words.slice(2)))
    if (tests === undefined || tests.some((test) => test === undefined)) return undefined
    // Lines of one name are alternatives.
    open = open.flatMap((all) => tests.flatMap((test) => (test ? [[...all, test]] : [])))
    at = end
  }
  const all = [...done, ...open]
  return all.every((tests) => tests.length > 0) && all.length <= 50 ? all : undefined
}

function whenOf(tests: readonly Test[]): Record<string, Json> | undefined {
  const when: Record<string, Json> = {}
  const headers: Record<string, Json> = {}
  for (const test of tests) {
    if (test.ignoreCase) return undefined
    for (const [key, values] of Object.entries(test.when)) {
      const map = key === 'header' ? headers : when
      const name = test.header ?? key
      if (Object.hasOwn(map, name)) return undefined
      map[name] = values
    }
  }
  return Object.keys(headers).length === 0 ? when : { ...when, header: headers }
}

/** -i on prefixes and suffixes alone is what `split` says. */
function splitOf(choice: Choice): ProxyDraft['split'] {
  const { tests = [] } = choice
  const single = tests.flatMap((all) => (all.length === 1 ? all : []))
  if (single.length !== tests.length || !single.every((test) => test.ignoreCase)) return undefined
  const values = (key: string) => [...new Set(single.flatMap((test) => test.when[key] ?? []))]
  if (single.some((test) => test.when['pathRegex'] !== undefined)) return undefined
  const prefixes = values('pathPrefix')
  const suffixes = values('pathSuffix')
  return {
    pool: choice.pool,
    ...(prefixes.length > 0 && { prefixes }),
    ...(suffixes.length > 0 && { suffixes }),
  }
}

/** `poolOf` gives the pool's name in the spec; `used` are lines that are kept anyway and may name ACLs. */
export function readRoutes(
  acls: readonly Line[],
  uses: readonly Line[],
  used: readonly Line[],
  poolOf: (backend: string) => string | undefined,
): Routed {
  const byName = new Map<string, Line[]>()
  for (const line of acls) {
    const name = line.words[1] ?? ''
    byName.set(name, [...(byName.get(name) ?? []), line])
  }
  const choices = uses.map((line): Choice | undefined => {
    const [, backend = '', word, ...rest] = line.words
    const pool = poolOf(backend)
    if (pool === undefined) return undefined
    if (word === undefined) return { line, pool }
    const tests = word === 'if' ? conditionOf(rest, byName) : undefined
    return tests === undefined ? undefined : { line, pool, tests }
  })
  const plain = (choice: Choice | undefined, last: boolean) =>
    choice !== undefined &&
    (choice.tests === undefined ||
      choice.tests.every((tests) => whenOf(tests) !== undefined) ||
      (last && splitOf(choice) !== undefined))
  const reached = uses.findIndex((line) => line.words.length === 2)
  const end = reached < 0 ? uses.length : reached + 1
  const lastTested = reached < 0 ? end - 1 : reached - 1
  // Extra lines stand before the routes: all up to the last unmodelled one goes there.
  const firstPlain =
    choices.slice(0, end).findLastIndex((choice, at) => !plain(choice, at === lastTested)) + 1
  return build(choices.slice(firstPlain, end), uses, firstPlain, acls, used)
}

function build(
  choices: readonly (Choice | undefined)[],
  uses: readonly Line[],
  firstPlain: number,
  acls: readonly Line[],
  used: readonly Line[],
): Routed {
  const routes: RouteDraft[] = []
  const taken = new Set<string>()
  let split: ProxyDraft['split']
  let fallback: string | undefined
  for (const choice of choices) {
    if (choice === undefined) continue
    const whens = choice.tests?.map(whenOf)
    if (whens === undefined) fallback = choice.pool
    else if (whens.some((when) => when === undefined)) split = splitOf(choice)
    else
      for (const when of whens) {
        const name = freeName(choice.pool, taken)
        taken.add(name)
        if (when !== undefined) routes.push({ name, when, pool: choice.pool })
      }
  }
  const keptUses = uses.slice(0, firstPlain)
  const text = [...keptUses, ...used].map(({ words }) => ` ${words.slice(1).join(' ')} `).join('\n')
  const modelledText = uses
    .slice(firstPlain)
    .map(({ words }) => ` ${words.join(' ')} `)
    .join('\n')
  const names = (where: string, line: Line) =>
    where.includes(` ${line.words[1]} `) || where.includes(` !${line.words[1]} `)
  const keptAcls = acls.filter((line) => names(text, line) || !names(modelledText, line))
  return {
    routes,
    ...(split !== undefined && { split }),
    ...(fallback !== undefined && { fallback }),
    modelled: [...acls.filter((line) => !keptAcls.includes(line)), ...uses.slice(firstPlain)],
    kept: [...keptAcls, ...keptUses].sort((a, b) => a.line - b.line),
  }
}
