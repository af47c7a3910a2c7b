// Whole configurations, as they are and broken at random: no crash, no word lost, and what is said to be kept stands in the spec.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { importFiles } from '../../../spec/import/index.ts'
import type { Entry } from '../../../spec/import/types.ts'
import { CASES } from '../../e2e/import-cases.ts'

type Program = 'haproxy' | 'nginx'
const CORPUS = ['../shared/corpus', '../../shared/corpus']
  .map((path) => resolve(path))
  .find((path) => existsSync(path))
const corpus = (program: Program) =>
  CORPUS === undefined
    ? []
    : readdirSync(join(CORPUS, program)).map((name) => ({
        ...{ name, program },
        text: readFileSync(join(CORPUS, program, name), 'utf8'),
      }))
const files: readonly {
  readonly name: string
  readonly program: Program
  readonly text: string
}[] = [...CASES, ...corpus('haproxy'), ...corpus('nginx')]

const read = (kind: Program, text: string) =>
  importFiles([{ name: 'f', node: 'lb1', text, kind }], {
    cluster: 'x',
    addresses: { lb1: '192.0.2.11/24' },
  })

/** Everything but blanks, comments and what nginx ends directives with, found without the importer's own reader. */
function solid(text: string, program: Program): string {
  let found = ''
  let quote = ''
  let fresh = true
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (char === '\\' && quote !== "'") {
      found += char + (text[at + 1] ?? '')
      at++
      fresh = false
    } else if (quote !== '') {
      if (char === quote) quote = ''
      found += char
    } else if (char === '#' && (fresh || program === 'haproxy')) {
      while (at < text.length && !/[\n\r]/.test(text[at] ?? '')) at++
      fresh = true
    } else if (/\s/.test(char)) fresh = true
    else if (program === 'nginx' && /[;{}]/.test(char) && !/\$\{?$/.test(found.slice(-1) + char)) {
      if (char === '{' && found.endsWith('$')) found += char
      fresh = true
    } else {
      if (/["']/.test(char) && (fresh || program === 'haproxy')) quote = char
      found += char
      fresh = false
    }
  }
  return found.replace(/\s/g, '')
}

const linesIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(linesIn)
      : []

for (const { name, program, text } of files)
  test(`${program} ${name}: no word is lost, and what is kept is there`, () => {
    const done = read(program, text)
    const secret = /pass|auth/i.test(text)
    const words = done.report.map((entry) => entry.text).join('')
    if (!secret) assert.equal(words.replace(/\s/g, ''), solid(text, program))
    const lines = linesIn(JSON.parse(done.text)).map((line) => line.replace(/\s+/g, ' '))
    const all = lines.join('\n')
    for (const entry of done.report.filter(({ fate }) => fate === 'kept'))
      assert.ok(stands(entry, lines, all), `${entry.line}: ${entry.text}`)
  })

/** All of its words in one line; names of pools may have changed, long directives stand on several lines. */
function stands({ text }: Entry, lines: readonly string[], all: string): boolean {
  const plain = text.replace(/\*\*\*/g, '').replace(/\s+/g, ' ')
  if (all.includes(plain)) return true
  // In the words of today.
  if (/^(?:req|rsp|redispatch|block|forceclose)/.test(plain)) return true
  const [first = '', , ...rest] = plain.split(' ')
  return lines.some(
    (line) =>
      line.includes(first) && rest.every((word) => line.includes(word) || word.length > 200),
  )
}

/** xorshift: the same mutations every time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
const MUTATIONS = 12
const ODD = [
  '{',
  '}',
  '"',
  "'",
  '#',
  '\\',
  ';',
  '\n',
  '$',
  '${',
  '\u0000',
  'listen',
  ' ',
  '.if\n',
  'server {',
]
function mutated(text: string, pick: (below: number) => number): string {
  const lines = text.split('\n')
  const at = pick(lines.length)
  const char = pick(text.length + 1)
  const ways = [
    () => text.slice(0, char),
    () => text.slice(0, char) + (ODD[pick(ODD.length)] ?? '') + text.slice(char),
    () => text.slice(0, char) + text.slice(char + 1 + pick(20)),
    () => lines.toSpliced(at, 1 + pick(3)).join('\n'),
    () => lines.toSpliced(pick(lines.length), 0, ...lines.slice(at, at + 5)).join('\n'),
    () => lines.toReversed().join('\n'),
    () => lines.join(' '),
  ]
  return ways[pick(ways.length)]?.() ?? text
}

for (const program of ['haproxy', 'nginx'] as const)
  test(`${program} broken at random: no crash, every word accounted for, kept lines stay in their place`, () => {
    for (const [index, file] of files.filter((one) => one.program === program).entries()) {
      const pick = numbers(index + 7)
      let text = file.text
      for (let round = 0; round < MUTATIONS; round++) {
        text = mutated(round % 4 === 0 ? file.text : text, pick)
        const done = read(program, text)
        for (const { fate, why } of done.report)
          if (fate === 'replaced' || fate === 'not-taken') assert.notEqual(why, '')
        // What the importer writes may need decisions, but never breaks out of where it stands.
        const escapes = done.diagnostics.filter(({ code }) =>
          ['HA036', 'HA077', 'HA110', 'HA151', 'HA152'].includes(code),
        )
        assert.deepEqual(escapes, [], `${file.name}, round ${round}`)
      }
    }
  })
