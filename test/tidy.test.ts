// Rules that matter are tests: layers, sizes, words, dependencies. Debts may only shrink.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, normalize, resolve } from 'node:path'
import { test } from 'node:test'
import { LONG_FILES, LONG_FUNCTIONS, NON_NULL, TIMERS } from './tidy/debts.ts'
import { type Found, syntaxOf } from './tidy/syntax.ts'

const FILE_LINES_MAX = 300
/** With a debt; without any exception. */
const FILE_LINES_LIMIT = 400
const FUNCTION_LINES_MAX = 70

const files = globSync('{agent,cli,site,spec,test}/**/*.ts').sort()
const textOf = (path: string): string => readFileSync(path, 'utf8')
const starts = (path: string, prefixes: readonly string[]) =>
  prefixes.some((p) => path.startsWith(p))
const none = (bad: readonly string[], hint: string) =>
  assert.deepEqual(bad, [], `${hint}\n${bad.join('\n')}`)

/** Shared nouns of the agent: types, and what a failure is. */
const AGENT_TYPES = ['agent/action.ts', 'agent/engine.ts', 'agent/world.ts']
const PURE = ['agent/plan/', 'agent/providers/', 'agent/kinds/']
/** The arrows of ARCHITECTURE: who may import whom. The longest prefix counts. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'spec/': ['spec/'],
  'agent/': ['agent/', 'spec/', 'cli/version.ts'],
  'agent/plan/': [...PURE, ...AGENT_TYPES, 'spec/'],
  'agent/providers/': [...PURE, ...AGENT_TYPES, 'spec/'],
  'agent/kinds/': [...PURE, ...AGENT_TYPES, 'spec/'],
  'agent/doctor/': ['agent/doctor/', ...PURE, ...AGENT_TYPES, 'spec/'],
  'agent/host/': [
    'agent/host/',
    'agent/doctor/',
    'agent/config.ts',
    'agent/health.ts',
    'agent/units.ts',
    ...PURE,
    ...AGENT_TYPES,
    'spec/',
  ],
  'agent/source/': ['agent/source/', ...AGENT_TYPES, 'spec/'],
  'agent/uplink/': ['agent/uplink/', ...AGENT_TYPES, 'spec/'],
  'site/': ['site/', 'spec/', 'cli/version.ts'],
  'cli/': ['cli/', 'agent/', 'site/', 'spec/', 'package.json'],
  'test/': ['agent/', 'cli/', 'site/', 'spec/', 'test/'],
}
const layerOf = (path: string): readonly string[] =>
  Object.entries(LAYERS)
    .filter(([prefix]) => path.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length)[0]?.[1] ?? []

const importsOf = (path: string): readonly string[] =>
  [...textOf(path).matchAll(/\b(?:from|import\()\s*'([^']+)'/g)].map((m) => m[1] ?? '')

test('imports point one way', () => {
  const bad = files.flatMap((path) =>
    importsOf(path)
      .filter((to) => to.startsWith('.'))
      .map((to) => normalize(join(dirname(path), to)))
      .filter((to) => !starts(to, layerOf(path)))
      .map((to) => `${path} -> ${to}`),
  )
  none(bad, 'see the table LAYERS')
})

test('spec and planning touch no machine', () => {
  const effects = /^node:(?!assert|crypto|util|path|net$)/
  const bad = files
    .filter((path) => starts(path, [...PURE, 'agent/doctor/', 'spec/']))
    .flatMap((path) =>
      importsOf(path)
        .filter((to) => effects.test(to))
        .map((to) => `${path} -> ${to}`),
    )
  none(bad, 'pure code may use node:assert, crypto, path, util')
})

test('no file is too long', () => {
  const bad = files.flatMap((path) => {
    const lines = textOf(path).trimEnd().split('\n').length
    const debt = Math.min(LONG_FILES[path] ?? 0, FILE_LINES_LIMIT)
    if (lines > Math.max(FILE_LINES_MAX, debt)) return [`${path}: ${lines} lines`]
    return debt > 0 && lines <= FILE_LINES_MAX ? [`${path}: paid, take it off the list`] : []
  })
  const gone = Object.keys(LONG_FILES).filter((path) => !existsSync(path))
  none([...bad, ...gone], `the limit is ${FILE_LINES_MAX}; debts stand in test/tidy/debts.ts`)
})

const syntax = syntaxOf(resolve('.'))
const placeOf = ({ path, line, text }: Found): string => `${path}:${line} ${text}`

test('no function is too long', () => {
  const nameOf = ({ path, text }: Found): string =>
    `${path} ${/^(?:export )?(?:async )?function (\w+)/.exec(text)?.[1] ?? text}`
  const long = syntax.functions.filter((one) => one.lines > FUNCTION_LINES_MAX)
  const bad = long
    .filter((one) => one.lines > (LONG_FUNCTIONS[nameOf(one)] ?? 0))
    .map((one) => `${nameOf(one)}: ${one.lines} lines`)
  const names = long.map(nameOf)
  const paid = Object.keys(LONG_FUNCTIONS).filter((name) => !names.includes(name))
  const all = [...bad, ...paid.map((name) => `${name}: paid, take it off the list`)]
  none(all, `the limit is ${FUNCTION_LINES_MAX}; debts stand in test/tidy/debts.ts`)
})

test('types are proved, never claimed: no cast but `as const`, no `any`, no `!`', () => {
  none(syntax.casts.map(placeOf), 'narrow it with a check, or use satisfies')
  none(syntax.anys.map(placeOf), 'use unknown and a check')
  const bad = syntax.assertions.filter(({ path }) => NON_NULL[path] === undefined)
  none(bad.map(placeOf), 'say what happens when it is not there')
})

test('time, chance and environment come in through the doors only', () => {
  const doors = ['agent/host/', 'cli/main.ts', 'cli/lab/', 'cli/build/', 'cli/demo.ts', 'test/']
  const banned = /\bDate\.now\(|\bMath\.random\(|\bprocess\.(?:env|exit)\b|\bconsole\.\w+\(/
  none(
    files.filter((path) => !starts(path, doors) && banned.test(textOf(path))),
    `they are parameters everywhere but in ${doors.join(', ')}`,
  )
})

test('nobody waits but at the doors', () => {
  const doors = ['agent/host/', 'cli/lab/', 'test/', ...Object.keys(TIMERS)]
  const timers = /\bset(?:Timeout|Interval|Immediate)\b|'node:timers/
  none(
    files.filter((path) => !starts(path, doors) && timers.test(textOf(path))),
    'take a Clock; exceptions stand in test/tidy/debts.ts',
  )
})

test('unit tests wait for nothing but what they poll for', () => {
  const tests = files.filter((path) => path.endsWith('.test.ts'))
  none(
    tests.filter((path) => /'node:timers\/promises'/.test(textOf(path))),
    'use until() of test/agent/host/temporary.ts, or virtual time',
  )
})

test('a secret is taken out of its type only where it goes to a file, a header, a key or a test', () => {
  const doors = [
    ...['agent/vault.ts', 'agent/host/age.ts', 'agent/host/secret-file.ts'],
    ...['agent/host/mailer.ts', 'agent/host/webhook.ts', 'agent/enrol.ts', 'agent/web.ts'],
    ...['site/tokens.ts', 'site/enrol.ts', 'site/hook.ts', 'cli/install/plan.ts', 'test/'],
  ]
  const opens = (path: string) => /\.reveal\b|\breveal\s*[,}]/.test(textOf(path))
  none(
    files.filter((path) => path !== 'spec/secret.ts' && !starts(path, doors) && opens(path)),
    `it is a Secret everywhere but in ${doors.join(', ')}`,
  )
  none(
    doors.filter((path) => path !== 'test/' && !opens(path)),
    'it opens none any more: take it off the list',
  )
})

test('no word that puts work off, no name that says nothing', () => {
  const off = /\b(?:FIXME|TO(?:)DO|XX(?:)X)\b/
  none(
    files.filter((path) => path !== 'test/tidy.test.ts' && off.test(textOf(path))),
    'do it, or write it in an issue',
  )
  const vague = /^(?:utils?|helpers?|common|manager|misc)\b/
  const paths = [...files, ...files.map(dirname)]
  none([...new Set(paths.filter((path) => vague.test(basename(path))))], 'name it for its duty')
})

test('every file says in its first line what it is for', () => {
  const bad = files.filter(
    (path) => !path.endsWith('.test.ts') && !/^(?:#!.*\n)?\/\/ \S/.test(textOf(path)),
  )
  none(bad, 'begin with one line of comment')
})

test('runtime dependencies are the agreed ones', () => {
  const { dependencies } = JSON.parse(textOf('package.json'))
  const agreed = [
    '@hono/node-server',
    '@peculiar/x509',
    '@sinclair/typebox',
    'age-encryption',
    'commander',
    'diff',
    'execa',
    'hono',
    'jsonc-parser',
    'nodemailer',
    'prom-client',
    'reflect-metadata',
    'ws',
  ]
  assert.deepEqual(Object.keys(dependencies).sort(), agreed)
})

test('the lock file names no registry', () => {
  assert.equal(/"resolved": "https?:/.test(textOf('package-lock.json')), false)
})

test('one rule is one file with one code, and stands in a case of test/cases/lint', () => {
  const cases = readdirSync('test/cases/lint')
  const rules = globSync('spec/rules/*.ts').filter(
    (path) => !['index.ts', 'rule.ts'].includes(basename(path)),
  )
  const codes = rules.map((path) => [
    path,
    [...new Set(textOf(path).match(/(?<=')HA[0-9]{3}(?=')/g))].join(),
  ])
  const bad = codes.filter(
    ([, code = '']) =>
      !/^HA\d{3}$/.test(code) || !cases.some((c) => c.startsWith(code.toLowerCase())),
  )
  none(
    bad.map(([path, code]) => `${path} (${code})`),
    'a code and a case named ha0xx-...',
  )
  assert.equal(new Set(codes.map(([, code]) => code)).size, rules.length, 'two rules share a code')
  const table = importsOf('spec/rules/index.ts').map((to) => basename(to))
  none(
    rules.filter((path) => !table.includes(basename(path))),
    'a rule that spec/rules/index.ts does not name is never asked',
  )
})

test('every provider and every top folder has a README', () => {
  const folders = [...globSync('agent/providers/*/index.ts').map(dirname), ...TOP]
  none(
    folders.filter((folder) => !existsSync(join(folder, 'README.md'))),
    'write its README.md',
  )
})

const TOP = ['agent', 'cli', 'site', 'spec', 'test']
/** Folders of test/ that stand for no folder of the tree. */
const OWN = [
  'bench',
  'cases',
  'contract',
  'e2e',
  'fakes',
  'matrix',
  'mutants',
  'package',
  'run',
  'sim',
  'tidy',
  'vm',
]

test('test/ mirrors the tree', () => {
  const folders = new Set(files.filter((path) => path.startsWith('test/')).map(dirname))
  const bad = [...folders].filter((folder) => {
    const [, first = '', ...rest] = folder.split('/')
    if (first === '' || OWN.includes(first)) return false
    return !existsSync([first, ...rest].join('/'))
  })
  none(bad, 'a test stands under test/ at the path of what it tests')
})
