// What `hactl import` does: read, translate, write the spec and the report.
import { basename, dirname, join, relative } from 'node:path'
import {
  KINDS,
  type Entry,
  type Fate,
  FATES,
  type Kind,
  type SourceFile,
} from '../spec/import/types.ts'
import { type Imported, importFiles } from '../spec/import/index.ts'
import { countsOf } from '../spec/import/ledger.ts'
import { isName } from '../spec/import/words.ts'
import { EXIT, Exit, type ExitCode } from './exit.ts'
import { readText, readTree, writeText } from './files.ts'
import type { ImportFlags } from './commands/import.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain, plural } from './print.ts'

const NODE_DEFAULT = 'lb1'

/** A file, or what a directory has: files by their names, and beside nginx.conf whatever it may include. */
async function sourcesOf(
  io: Io,
  argument: string,
  flags: ImportFlags,
): Promise<readonly SourceFile[]> {
  const at = argument.indexOf('=')
  const prefix = argument.slice(0, Math.max(0, at))
  const named = at > 0 && !prefix.includes('/')
  if (named && !isName(prefix))
    throw new Exit(
      EXIT.usage,
      `cannot name a node ${prefix}`,
      'a name has a-z, 0-9 and -, a letter first',
    )
  const file = named ? argument.slice(at + 1) : argument
  const { kind: told = {} } = flags
  const kind = KINDS.find((one) => Object.hasOwn(told, file) && one === told[file])
  const node = named ? prefix : NODE_DEFAULT
  const tree = await readTree(io, file)
  if (tree === undefined)
    return [
      { name: file, node, text: await readText(io, file), ...(kind !== undefined && { kind }) },
    ]
  const found = tree.flatMap((one) => partOf(one, tree, node, file))
  if (found.length > 0) return found
  const hint = `it has none of ${Object.keys(BY_NAME).join(', ')} and no *.cfg`
  throw new Exit(EXIT.usage, `cannot import the directory ${file}`, hint)
}

const BY_NAME: Readonly<Record<string, Kind>> = {
  'haproxy.cfg': 'haproxy',
  'keepalived.conf': 'keepalived',
  'nginx.conf': 'nginx',
  exports: 'exports',
  fstab: 'fstab',
}
type Found = { readonly path: string; readonly text: string }

function partOf(
  { path, text }: Found,
  all: readonly Found[],
  node: string,
  directory: string,
): readonly SourceFile[] {
  const name = join(directory, path)
  const base = basename(path)
  const byName = Object.hasOwn(BY_NAME, base) ? BY_NAME[base] : undefined
  if (byName !== undefined) return [{ name, node, text, kind: byName }]
  const single = all.some((other) => basename(other.path) === 'haproxy.cfg')
  // `haproxy -f DIRECTORY` reads them all, by name.
  if (!single && base.endsWith('.cfg')) return [{ name, node, text, kind: 'haproxy' }]
  const main = all.find((other) => basename(other.path) === 'nginx.conf')
  if (main === undefined) return []
  return [{ name, node, text, kind: 'nginx', below: relative(dirname(main.path), path) }]
}

export async function runImport(
  io: Io,
  files: readonly string[],
  flags: ImportFlags,
): Promise<void> {
  const sources: SourceFile[] = []
  for (const file of files) sources.push(...(await sourcesOf(io, file, flags)))
  const done = importFiles(sources, { cluster: flags.cluster, addresses: flags.address ?? {} })
  const exit = exitOf(done)
  if (flags.out !== undefined) await writeText(io, flags.out, done.text)
  if (flags.report !== undefined) await writeText(io, flags.report, reportText(done.report))
  if (io.json) {
    const spec: unknown = JSON.parse(done.text)
    const { report, decisions, diagnostics } = done
    jsonOut(io, {
      ok: exit === EXIT.ok,
      exit,
      counts: countsOf(report),
      files: filesOf(report),
      spec,
      report,
      decisions,
      diagnostics,
    })
  } else if (flags.summary === true) {
    for (const file of filesOf(done.report)) io.out(`${fileText(file)}\n`)
    say(io, done, true)
  } else {
    if (flags.out === undefined) io.out(done.text)
    say(io, done, flags.report !== undefined)
  }
  if (exit !== EXIT.ok) throw new Exit(exit)
}

type FileSum = {
  readonly file: string
  readonly counts: Readonly<Record<Fate, number>>
  /** Modelled or kept, of a hundred directives; a file that says nothing has lost nothing. */
  readonly percent: number
}

/** Each file by its own, in the order of the files. */
const filesOf = (report: readonly Entry[]): readonly FileSum[] =>
  [...Map.groupBy(report, ({ file }) => file)].map(([file, of]) => {
    const counts = countsOf(of)
    const percent = Math.floor((1_000 * (counts.modelled + counts.kept)) / of.length) / 10
    return { file, counts, percent }
  })

const fileText = ({ file, counts, percent }: FileSum): string =>
  plain(`${percent.toFixed(1).padStart(5)} %  ${file}: ${sumText(counts)}`)

const sumText = (counts: FileSum['counts']): string =>
  FATES.map((fate) => `${counts[fate]} ${fate}`).join(', ')

function exitOf({ diagnostics, decisions }: Imported): ExitCode {
  if (diagnostics.some(({ severity }) => severity === 'error')) return EXIT.invalid
  return decisions.length > 0 ? EXIT.no : EXIT.ok
}

/** One line for each directive: fate, place, text, why. */
const reportText = (report: readonly Entry[]): string =>
  report.map((entry) => `${entryText(entry)}\n`).join('')

const entryText = ({ fate, file, line, text, why }: Entry): string =>
  plain(`${fate.padEnd(9)} ${file}:${line}: ${text}${why === '' ? '' : `  (${why})`}`)

/** On standard error, so that the spec alone stands on standard output. */
function say(io: Io, { report, decisions, diagnostics }: Imported, written: boolean): void {
  const counts = countsOf(report)
  const lost = report.filter(({ fate }) => fate === 'replaced' || fate === 'not-taken')
  if (!written) for (const entry of lost) io.err(`${entryText(entry)}\n`)
  io.err(`${plural(report.length, 'directive')}: ${sumText(counts)}\n`)
  for (const { where, what } of decisions)
    io.err(`${paint(io, 'yellow', 'decide')} ${plain(`${where}: ${what}`)}\n`)
  for (const { severity, code, path, message, hint } of diagnostics)
    if (severity === 'error')
      io.err(`${paint(io, 'red', code)} ${plain(`${path}: ${message}; ${hint}`)}\n`)
}
