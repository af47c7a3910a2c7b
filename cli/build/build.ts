// npm run build: makes dist/hactl, the one file that is dropped on each host. Options: --fast, --entry <file>, --out <file>;
// --all makes the files of a release too: both architectures, EL7, .rpm and .deb.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ARCHES } from './arches.ts'
import { ownBase, sha256 } from './base.ts'
import { inputHash } from './inputs.ts'
import { make, stripVersion } from './make.ts'

const root = resolve(import.meta.dirname, '../..')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** A stamp beside the result says which inputs and which result it stands for. */
function isFresh(out: string, inputs: string): boolean {
  if (!existsSync(out) || !existsSync(`${out}.stamp`)) return false
  return readFileSync(`${out}.stamp`, 'utf8') === `${inputs} ${statSync(out).size}\n`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      fast: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      entry: { type: 'string', default: join(root, 'cli/main.ts') },
      out: { type: 'string', default: join(root, 'dist/hactl') },
    },
  })
  const out = resolve(values.out)
  const base = ownBase()
  if (process.versions.node !== base.version) {
    throw new Error(
      `cannot build with node ${process.versions.node}: run npm run build (node ${base.version})`,
    )
  }
  const arch = ARCHES.x86_64
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entry = resolve(values.entry)
  const tools = await stripVersion(arch.strip)
  const inputs = inputHash(root, [entry, base.version, tools])
  if (values.fast && isFresh(out, inputs)) {
    say(`fresh     ${out}`)
  } else {
    const startMs = performance.now()
    await make({ root, entry, version: String(version), arch, base, out }, say)
    writeFileSync(`${out}.stamp`, `${inputs} ${statSync(out).size}\n`)
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    say(`made      ${out} (${statSync(out).size} bytes, ${seconds} s)`)
    say(`sha256    ${sha256(out)}`)
  }
  if (!values.all) return
  const { release } = await import('./release.ts')
  const { missing } = await release(
    { root, entry, version: String(version), base, built: out },
    say,
  )
  // A release is never short of a file by accident.
  if (missing.length > 0)
    throw new Error(`cannot make all of the release: no ${missing.join(', ')}`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(130))
await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
