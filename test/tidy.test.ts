// Rules that matter are tests: layers, sizes, words, dependencies. Debts may only shrink.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const LINES_MAX = 400
const files = globSync('{agent,cli,site,spec,test}/**/*.ts').sort()
const textOf = (path: string): string => readFileSync(path, 'utf8')
const starts = (path: string, prefixes: readonly string[]) =>
  prefixes.some((p) => path.startsWith(p))

const PURE = ['agent/plan', 'agent/providers', 'agent/kinds']
const AREAS: readonly (readonly [string, readonly string[]])[] = [
  ['spec/', ['spec/']],
  ['agent/', ['agent/', 'spec/', 'cli/version.ts']],
  ['site/', ['site/', 'spec/', 'cli/version.ts']],
]

const importsOf = (path: string): readonly string[] =>
  [...textOf(path).matchAll(/\b(?:from|import\()\s*'([^']+)'/g)].map((m) => m[1] ?? '')

test('imports point one way', () => {
  const bad = AREAS.flatMap(([area, may]) =>
    files
      .filter((path) => path.startsWith(area))
      .flatMap((path) =>
        importsOf(path)
          .filter((to) => to.startsWith('.'))
          .map((to) => normalize(join(dirname(path), to)))
          .filter((to) => !starts(to, may))
          .map((to) => `${path} -> ${to}`),
      ),
  )
  assert.deepEqual(bad, [])
})

test('planning touches no machine', () => {
  const effects = /^node:(fs|child_process|net|http|https|dgram|os|process)/
  const bad = files
    .filter((path) => starts(path, PURE))
    .flatMap((path) =>
      importsOf(path)
        .filter((to) => effects.test(to))
        .map((to) => `${path} -> ${to}`),
    )
  assert.deepEqual(bad, [])
})

test('no file is too long', () => {
  const long = files.filter((path) => textOf(path).split('\n').length > LINES_MAX)
  assert.deepEqual(long, [])
})

test('time, chance and environment come in through the doors only', () => {
  const doors = ['agent/host/', 'cli/main.ts', 'cli/lab/', 'cli/build/', 'cli/demo.ts', 'test/']
  const banned = /\bDate\.now\(|\bMath\.random\(|\bprocess\.(?:env|exit)\b|\bconsole\.\w+\(/
  const bad = files.filter((path) => !starts(path, doors) && banned.test(textOf(path)))
  assert.deepEqual(bad, [])
})

test('runtime dependencies are the agreed ones', () => {
  const { dependencies } = JSON.parse(textOf('package.json'))
  const agreed = [
    '@hono/node-server',
    '@sinclair/typebox',
    'commander',
    'diff',
    'execa',
    'hono',
    'jsonc-parser',
    'nodemailer',
    'pino',
    'ws',
  ]
  assert.deepEqual(Object.keys(dependencies).sort(), agreed)
})

test('the lock file names no registry', () => {
  assert.equal(/"resolved": "https?:/.test(textOf('package-lock.json')), false)
})

test('every provider has a README', { todo: 'not written yet' }, () => {
  const bad = globSync('agent/providers/*/index.ts').filter(
    (path) => !existsSync(join(dirname(path), 'README.md')),
  )
  assert.deepEqual(bad, [])
})
