// The tables in the folders' READMEs are complete: a code, route, command or folder without a line fails here.
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { AgentConfigFile } from '../agent/config.ts'
import { KIND_TURNS } from '../agent/plan/index.ts'
import { IMPACTS } from '../agent/plan/types.ts'
import { EXIT } from '../cli/exit.ts'
import { routes } from '../site/routes.ts'
import { CONDITIONS } from '../spec/report.ts'

const textOf = (path: string): string => readFileSync(path, 'utf8')

/** Rows of the tables in a README, as trimmed cells without backquotes. */
const rowsOf = (path: string): readonly (readonly string[])[] =>
  textOf(path)
    .split('\n')
    .filter((line) => /^\|(?! ?-)/.test(line))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
const first = (path: string): ReadonlySet<string> =>
  new Set(rowsOf(path).map((cells) => cells[0] ?? ''))

function names(path: string, things: readonly string[]): void {
  const listed = first(path)
  assert.deepEqual(
    things.filter((thing) => !listed.has(thing)),
    [],
    `${path} has no line for them`,
  )
}

test('agent/README.md: kinds, impacts, refusals, conditions, configuration', () => {
  const path = 'agent/README.md'
  names(path, Object.keys(KIND_TURNS))
  names(
    path,
    Object.keys(AgentConfigFile.properties).filter((key) => key !== '$schema'),
  )
  const sources = globSync('agent/**/*.ts').map(textOf)
  const codes = new Set(sources.flatMap((source) => source.match(/(?<=')GUARD_[A-Z]+(?=')/g) ?? []))
  assert(codes.size > 3)
  names(path, [...codes])
  const text = textOf(path)
  for (const word of [...IMPACTS, ...CONDITIONS]) assert(text.includes(`\`${word}\``), word)
})

test('site/README.md: every route, and who may', () => {
  const listed = rowsOf('site/README.md').map(([route, who]) => `${route} ${who}`)
  for (const { method, path, access } of routes) {
    assert(listed.includes(`${method} ${path} ${access}`), `${method} ${path} ${access}`)
  }
})

test('cli/README.md: every command and every exit code', () => {
  const commands = readdirSync('cli/commands').map((file) => file.replace(/\.ts$/, ''))
  names('cli/README.md', commands)
  const listed = rowsOf('cli/README.md').map(([code, name]) => `${code} ${name}`)
  for (const [name, code] of Object.entries(EXIT)) assert(listed.includes(`${code} ${name}`), name)
})

test('test/README.md: every folder that stands for no folder of the tree', () => {
  const folders = readdirSync('test').filter((name) => statSync(join('test', name)).isDirectory())
  names(
    'test/README.md',
    folders.filter((name) => !existsSync(name)),
  )
})

test('no README names a file of ours that is not there', () => {
  const pages = globSync('{agent,cli,site,spec,test}/**/README.md')
  const bad = pages.flatMap((page) =>
    [...textOf(page).matchAll(/`([\w./-]+\.(?:ts|json))`/g)]
      .map((match) => match[1] ?? '')
      .filter((file) => !file.startsWith('/') && !NOT_OURS.includes(file))
      .filter((file) => !existsSync(join(dirname(page), file)) && !existsSync(file))
      .map((file) => `${page}: ${file}`),
  )
  assert.deepEqual(bad, [])
})

/** Files on the machines of users. */
const NOT_OURS = [
  ...['tokens.json', 'grants.json', 'issued.json', 'config.json', 'spec.json'],
  ...['meta.json', 'owned.json'],
]
