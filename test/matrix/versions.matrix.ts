// The configurations of all clusters, and the broken ones, before the real daemons of several Debian releases.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { engines } from '../../agent/providers/index.ts'
import type { EngineFacts } from '../../agent/host/facts/engines.ts'
import { broken } from './broken.ts'
import { isExpected } from './expected.ts'
import { folders } from './folders.ts'
import { certificate, enginesIn, inside, type Inside } from './inside.ts'
import { clusters, type Rendered, renderedOf } from './specs.ts'
import { RELEASE, type Suite, SUITES } from './suites.ts'

type Found = Readonly<Record<string, EngineFacts>>
type Row = { suite: Suite; versions: string; files: number; broken: number; result: string }
const rows: Row[] = []
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const versionsOf = (found: Found): string =>
  Object.entries(found)
    .filter(([name]) => engines[name] !== undefined)
    .map(([name, { version }]) => `${name} ${version.join('.')}`)
    .join(', ')

/** Verdict of the agent's own classifier on what the daemon of this folder says. */
function judge(
  place: Inside,
  found: Found,
  engine: string,
  path: string,
  links: readonly string[],
) {
  const its = engines[engine]
  const facts = found[engine]
  assert.ok(its !== undefined && facts !== undefined, `no ${engine} here`)
  const argv = its.checkArgv(path, facts.version)
  assert.ok(argv !== undefined, `${engine} ${facts.version.join('.')} has no check`)
  return its.classify(place.run(argv, links))
}

/** What is wrong with a rendering, [] when nothing is. */
function faultsOf(place: Inside, found: Found, suite: Suite, one: Rendered): readonly string[] {
  for (const path of one.certificates) place.write(path, pem)
  for (const path of one.passwords) place.write(path, 'auth_pass test\n')
  for (const path of one.health) place.write(path, '0\n', 0o644)
  // The agent puts the value in place of its reference before anything is checked.
  for (const { path, body, mode } of one.files)
    place.write(path, body.replace(/\$\{secret:[a-z0-9-]+\}/g, 'test'), mode)
  const verdict = judge(place, found, one.engine, one.files[0]?.path ?? '', one.interfaces)
  const said = verdict.ok ? verdict.warnings : verdict.errors
  return said.filter((line) => !isExpected(one.engine, suite, line))
}

function checkRenderings(place: Inside, found: Found, suite: Suite): number {
  const bad: string[] = []
  let files = 0
  for (const [name, cluster] of clusters)
    for (const one of renderedOf(cluster, found)) {
      files++
      const faults = faultsOf(place, found, suite, one)
      bad.push(...faults.map((fault) => `${name}, ${one.of}, ${one.engine}: ${fault}`))
    }
  assert.deepEqual(bad, [])
  assert.ok(files > clusters.size, `only ${files} files`)
  return files
}

const PATH = '/etc/hactl-broken.conf'
function checkBroken(place: Inside, found: Found, suite: Suite): number {
  const bad = broken.flatMap(({ name, engine, text, verdict: wanted, silent }) => {
    place.write(PATH, text)
    const verdict = judge(place, found, engine, PATH, ['eth0'])
    const errors = verdict.ok ? [] : verdict.errors
    const unknown = errors.filter((error) => error.startsWith('unknown message'))
    const right =
      silent?.suites.includes(suite) === true ? verdict.ok : verdict.ok === (wanted === 'accept')
    return [
      ...(right ? [] : [`${engine} ${name}: ${verdict.ok ? 'accepted' : errors.join('; ')}`]),
      ...unknown.map((error) => `${engine} ${name}: ${error}`),
    ]
  })
  assert.deepEqual(bad, [])
  return broken.length
}

let pem = ''
const had = await folders(say)
for (const { suite, root, missing } of had)
  test(`${RELEASE[suite]}: every rendering is taken without a word, every broken file as it should be`, {
    skip: missing ?? false,
  }, () => {
    const place = inside(root ?? '')
    const row: Row = { suite, versions: '', files: 0, broken: 0, result: 'FAILED' }
    rows.push(row)
    try {
      if (pem === '') pem = certificate()
      const found = enginesIn(place)
      row.versions = versionsOf(found)
      row.files = checkRenderings(place, found, suite)
      row.broken = checkBroken(place, found, suite)
      row.result = 'ok'
    } finally {
      place.close()
    }
  })

after(() => {
  const cell = (text: string, width: number): string => text.padEnd(width)
  const width = Math.max(...rows.map(({ versions }) => versions.length), 8)
  say(`${cell('suite', 10)} ${cell('versions', width)} checked  broken  result`)
  for (const suite of SUITES) {
    const row = rows.find((one) => one.suite === suite)
    const missing = had.find((one) => one.suite === suite)?.missing
    say(
      row === undefined
        ? `${cell(suite, 10)} skipped: ${missing}`
        : `${cell(suite, 10)} ${cell(row.versions, width)} ${String(row.files).padStart(7)} ${String(row.broken).padStart(7)}  ${row.result}`,
    )
  }
})
