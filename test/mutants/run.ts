// npm run test:mutants: plants each defect of the table in a copy of the tree; tests that stay green are too weak.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../run/child.ts'
import { type Mutant, MUTANTS } from './table.ts'

/** Ten times what the slowest needs on an idle machine: a run that is late counts as noticed. */
const TIMEOUT_MS = 120_000
const COPIED = ['agent', 'cli', 'site', 'spec', 'test', 'package.json', 'tsconfig.json']
const root = resolve(import.meta.dirname, '../..')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** A copy of the tree, for one worker: node_modules is shared, it is never written. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'hactl-mutants-'))
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

async function verdict(
  mutant: Mutant,
  copy: string,
): Promise<'killed' | 'survived' | 'stale' | 'red'> {
  const path = join(copy, mutant.file)
  const text = readFileSync(path, 'utf8')
  if (text.split(mutant.find).length !== 2) return 'stale'
  const key = mutant.kill.join(' ')
  const known = clean.get(key) ?? passes(mutant.kill, copy)
  clean.set(key, known)
  if (!(await known)) return 'red'
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.replace),
  )
  try {
    return (await passes(mutant.kill, copy)) ? 'survived' : 'killed'
  } finally {
    writeFileSync(path, text)
  }
}

async function passes(kill: Mutant['kill'], copy: string): Promise<boolean> {
  const files = kill.map((a) => (a.startsWith('test/') ? join(copy, a) : a))
  return (await run(['env', '-C', copy, process.execPath, ...files], TIMEOUT_MS, false)).ok
}

/** What fails without any mutant kills nothing. */
const clean = new Map<string, Promise<boolean>>()

const queue = [...MUTANTS]
let bad = 0
async function worker(): Promise<void> {
  const copy = copyTree()
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const is = await verdict(mutant, copy)
      if (is !== 'killed') bad++
      const why = {
        killed: '',
        survived: '',
        stale: `: "${mutant.find}" is not exactly once in ${mutant.file}`,
        red: `: fails without it: ${mutant.kill.join(' ')}`,
      }[is]
      say(`${is.padEnd(8)} ${mutant.name}${why}`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker))
say(`mutants: ${MUTANTS.length - bad} of ${MUTANTS.length} die`)
process.exitCode = bad === 0 ? 0 : 1
