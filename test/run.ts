// npm test: everything, from the linter to real daemons and VMs, with one closing line. Option: --only lint|unit|long|mutants|e2e|package|matrix|vm.
import { globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare, thisMachine } from '../cli/build/prepare.ts'
import { vmImage } from '../cli/lab/vm/image.ts'
import { endAll, run } from './run/child.ts'
import { changes, machine } from './run/machine.ts'
import { prepareTests } from './run/needs.ts'
import {
  add,
  closingLine,
  FAILED,
  mutantTotals,
  NONE,
  PASSED,
  type Totals,
  totalsOf,
} from './run/totals.ts'

const LINT_TIMEOUT_MS = 180_000
const UNIT_TIMEOUT_MS = 300_000
const MUTANTS_TIMEOUT_MS = 600_000
const BUILD_TIMEOUT_MS = 180_000
const E2E_FILE_TIMEOUT_MS = 480_000
const PACKAGE_TIMEOUT_MS = 900_000
/** A release also runs what takes minutes, see test/vm/README.md. */
const RELEASE = process.env['HACTL_RELEASE'] === '1'
const VM_FILE_TIMEOUT_MS = RELEASE ? 900_000 : 480_000
/** With the folders of four releases to make first; see test/matrix/folders.ts for how long it tries. */
const MATRIX_TIMEOUT_MS = 600_000
/** No further file of VM tests is begun after this: twice what a quiet machine of two cores needs. */
const VM_TIMEOUT_MS = RELEASE ? 2_400_000 : 1_200_000

const root = resolve(import.meta.dirname, '..')
const bin = (name: string): string => join(root, 'node_modules/.bin', name)
// The platform's package itself: the umbrella package asks for platforms that not every registry carries, which breaks npm ci.
const biome = join(root, 'node_modules/@biomejs/cli-linux-x64/biome')
const node = process.execPath
const startedAt = performance.now()
const seconds = (sinceMs: number): string =>
  `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Runs one part with its name and time around it; a part that throws has failed. */
async function part(name: string, work: () => Promise<Totals>): Promise<Totals> {
  say(`── ${name} (at ${seconds(startedAt)})`)
  const since = performance.now()
  const totals = await work().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    return FAILED
  })
  say(`   ${totals.failed === 0 ? 'ok' : 'FAILED'}: ${closingLine(totals)} in ${seconds(since)}`)
  return totals
}

/** A command that says by its exit whether all is well; its output matters only when it is not. */
async function command(argv: readonly string[], timeoutMs: number): Promise<Totals> {
  const ended = await run(argv, timeoutMs, false)
  if (ended.ok) return PASSED
  say(ended.output)
  if (ended.late) say(`cannot wait longer than ${timeoutMs / 1000} s for ${argv[0]}`)
  return FAILED
}

async function tests(args: readonly string[], timeoutMs: number, show: boolean): Promise<Totals> {
  const work = mkdtempSync(join(tmpdir(), 'hactl-test-'))
  try {
    const tap = join(work, 'tap')
    const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout']
    const toFile = ['--test-reporter=tap', `--test-reporter-destination=${tap}`]
    const argv = [node, '--test', ...reporters, ...toFile, ...args]
    const ended = await run(argv, timeoutMs, show)
    const totals = totalsOf(textOf(tap), ended.ok)
    if (totals.failed > 0 && !show) say(ended.output)
    if (ended.late) say(`cannot wait longer than ${timeoutMs / 1000} s: ended`)
    return totals
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

async function lint(): Promise<Totals> {
  const types = await part('types', () => command([bin('tsc'), '-p', root], LINT_TIMEOUT_MS))
  const style = await part('style', () => command([biome, 'check', root], LINT_TIMEOUT_MS))
  return add(types, style)
}

/** Long by their nature: every effect broken in turn, clusters on virtual time; the real git, keys, and clients that are slow on purpose. */
const LONG = [
  ...['faults', 'sim/', 'agent/source/git', 'cli/push-git', 'cli/init'],
  ...['site/abuse', 'site/store', 'site/backup', 'site/tls', 'agent/hostile-hub'],
  ...[
    'agent/host/supervisor',
    'agent/host/age',
    'cli/secret',
    'agent/hub-tls',
    'agent/identity',
    'agent/web.',
  ],
  ...['spec/fuzz', 'spec/import/fuzz', 'spec/import/mutated', 'spec/import/keepalived-fuzz'],
  ...['agent/host/mailer', 'agent/providers/nginx', 'spec/trust/sshsig', 'spec/tls/fingerprint'],
  ...['site/session', 'agent/trust', 'spec/import/corpus', 'agent/host/lock'],
]
const isLong = (file: string): boolean => LONG.some((name) => file.startsWith(`test/${name}`))
const unitFiles = (): readonly string[] => globSync('test/**/*.test.ts', { cwd: root }).sort()

/** Two processes, one per core at least; within one, files share what they import: that halves the time. */
const unit = (): Promise<Totals> =>
  part('unit', async () => {
    const files = unitFiles().filter((file) => !isLong(file))
    const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half))
    const argv = (half: readonly string[]) => ['--test-isolation=none', ...half]
    const totals = await Promise.all(
      halves.map((half) => tests(argv(half), UNIT_TIMEOUT_MS, false)),
    )
    return totals.reduce(add, NONE)
  })

const long = (): Promise<Totals> =>
  part('faults and simulation', () =>
    // node would keep one core free.
    tests(['--test-concurrency=2', ...unitFiles().filter(isLong)], UNIT_TIMEOUT_MS, false),
  )

const filesOf = (folder: string, suffix: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((f) => f.endsWith(suffix))
    .sort()

let prepared: Promise<Totals> | undefined
/** What the lab and the tests run; once for all parts. */
const tools = (): Promise<Totals> => {
  const path = process.env['PATH'] ?? ''
  prepared ??= part('packages', async () => {
    await prepare({ say, machine: thisMachine(path) })
    if (process.getuid?.() === 0) await prepareTests(path, say)
    return PASSED
  })
  return prepared
}

let built: Promise<Totals> | undefined
/** The single file; once for all parts that run it. */
const build = (): Promise<Totals> => {
  const argv = [node, join(root, 'cli/build/build.ts'), '--fast']
  built ??= part('build', () => command(argv, BUILD_TIMEOUT_MS))
  return built
}

/** Each defect that the tests notice is one that passed; its own last line counts them. */
const mutants = (): Promise<Totals> =>
  part('mutants', async () => {
    const argv = [node, join(root, 'test/mutants/run.ts')]
    const { ok, late, output } = await run(argv, MUTANTS_TIMEOUT_MS, false)
    const totals = mutantTotals(output, ok)
    say(totals.failed === 0 ? `   ${output.trimEnd().split('\n').at(-1) ?? ''}` : output)
    if (late) say(`cannot wait longer than ${MUTANTS_TIMEOUT_MS / 1000} s for the mutants`)
    return totals
  })

/** Files one after the other: each builds a whole cluster, and two would disturb each other's times. */
async function endToEnd(): Promise<Totals> {
  const files = filesOf('test/e2e', '.e2e.ts')
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    say('── e2e: skipped, they need Linux and root (network namespaces, real daemons)')
    return { ...NONE, skipped: files.length }
  }
  let totals = add(await tools(), await build())
  if (totals.failed > 0) return totals
  const before = machine()
  for (const file of files) {
    const args = ['--test-concurrency=1', join(root, 'test/e2e', file)]
    totals = add(totals, await part(`e2e ${file}`, () => tests(args, E2E_FILE_TIMEOUT_MS, true)))
  }
  return add(totals, await clean(before))
}

const clean = (before: ReturnType<typeof machine>): Promise<Totals> =>
  part('machine as it was', async () => {
    const left = changes(before, machine())
    for (const line of left) say(`   ${line}`)
    return left.length === 0 ? PASSED : FAILED
  })

/** Packages through their life in root directories; parts that need minutes only with HACTL_RELEASE=1, see their files. */
async function packages(): Promise<Totals> {
  let totals = add(await tools(), await build())
  if (totals.failed > 0) return totals
  for (const file of filesOf('test/package', '.package.ts')) {
    const args = ['--test-concurrency=1', join(root, 'test/package', file)]
    totals = add(totals, await part(`package ${file}`, () => tests(args, PACKAGE_TIMEOUT_MS, true)))
  }
  return totals
}

/** A release that cannot be had is skipped and says why; so are all where this is not root on Linux. */
const matrix = (): Promise<Totals> =>
  part('matrix', () =>
    tests([join(root, 'test/matrix/versions.matrix.ts')], MATRIX_TIMEOUT_MS, true),
  )

/** Long, and what they add is comparison or comfort: the rest of the VM tests stays within ten minutes. */
const VM_RELEASE_ONLY = ['lab.vm.ts', 'lvs-tutorial.vm.ts', 'wordpress.vm.ts']

/** Clusters of VMs with systemd; left out, and said so, where the VMs cannot be had. */
async function virtual(): Promise<Totals> {
  const all = filesOf('test/vm', '.vm.ts')
  const files = all.filter((file) => RELEASE || !VM_RELEASE_ONLY.includes(file))
  for (const file of all.filter((one) => !files.includes(one)))
    say(`── vm ${file}: left out, minutes long: set HACTL_RELEASE=1`)
  try {
    await vmImage(say)
  } catch (error) {
    say(`── vm: skipped, ${error instanceof Error ? error.message : String(error)}`)
    return { ...NONE, skipped: files.length }
  }
  let totals = add(await tools(), await build())
  if (totals.failed > 0) return totals
  const before = machine()
  const since = performance.now()
  for (const file of files) {
    if (performance.now() - since > VM_TIMEOUT_MS) {
      say(`cannot run ${file}: the VM tests took longer than ${VM_TIMEOUT_MS / 1000} s`)
      totals = add(totals, FAILED)
      continue
    }
    const args = ['--test-concurrency=1', join(root, 'test/vm', file)]
    totals = add(totals, await part(`vm ${file}`, () => tests(args, VM_FILE_TIMEOUT_MS, true)))
  }
  return add(totals, await clean(before))
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const parts: Record<string, () => Promise<Totals>> = {
    lint,
    unit,
    long,
    mutants,
    e2e: endToEnd,
    package: packages,
    matrix,
    vm: virtual,
  }
  const only = values.only
  if (only !== undefined && parts[only] === undefined) {
    say(`cannot run only ${only}: lint, unit, long, mutants, e2e, package, matrix or vm`)
    process.exitCode = 2
    return
  }
  process.chdir(root)
  let totals = NONE
  for (const [name, work] of Object.entries(parts)) {
    if (only === undefined || only === name) totals = add(totals, await work())
  }
  say(`── all in ${seconds(startedAt)}`)
  say(closingLine(totals))
  process.exitCode = totals.failed === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('ending the tests')
    void endAll(10_000).then(() => process.exit(130))
  })
}
await main()
