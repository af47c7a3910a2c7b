// What a package holds, file by file; .deb and .rpm differ in a few paths and in nothing else.
import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { COMPLETIONS } from '../completion/index.ts'
import { treeOf } from '../completion/tree.ts'
import { hubUnit } from '../install/hub-unit.ts'
import { agentUnit, CONFIG_PATH } from '../install/unit.ts'
import { muteIo } from '../io.ts'
import { makeProgram } from '../program.ts'
import { changelogText, parseChangelog } from './changelog.ts'
import { thirdPartyLicences } from './licences.ts'
import { manPage } from './man.ts'

export type PackageFile = {
  readonly path: string
  readonly mode: number
  /** A directory has no body; a body of `{ from }` is copied. */
  readonly body?: string | Buffer | { readonly from: string }
  /** Changes of the administrator survive an upgrade. */
  readonly config?: true
  readonly doc?: true
}

export type ContentsOptions = {
  readonly root: string
  readonly kind: 'deb' | 'rpm'
  /** The launcher and systemd 219 of EL7. */
  readonly el7: boolean
  /** The executable. */
  readonly binary: string
  /** bin/node it was made from: its licence lies beside it. */
  readonly node: string
  readonly version: string
}

const PROGRAM = '/usr/bin/hactl'
const DOC = '/usr/share/doc/hactl'

/** Level 9 without name and time, as gzip -n9 does: equal input, equal bytes. */
const packed = (text: string): Buffer => gzipSync(text, { level: 9 })

function shellFiles(kind: 'deb' | 'rpm'): readonly PackageFile[] {
  const tree = treeOf(makeProgram(muteIo))
  const zsh = kind === 'deb' ? 'vendor-completions' : 'site-functions'
  const places = {
    bash: '/usr/share/bash-completion/completions/hactl',
    zsh: `/usr/share/zsh/${zsh}/_hactl`,
    fish: '/usr/share/fish/vendor_completions.d/hactl.fish',
  }
  return Object.entries(places).map(([shell, path]) => ({
    path,
    mode: 0o644,
    body: COMPLETIONS[shell]?.(tree) ?? '',
  }))
}

function documents(options: ContentsOptions): readonly PackageFile[] {
  const { root } = options
  const text = (path: string): string =>
    readFileSync(join(import.meta.dirname, 'package', path), 'utf8')
  const specs = readdirSync(join(root, 'spec/examples')).filter((name) => name.endsWith('.json'))
  const licence: readonly PackageFile[] =
    options.kind === 'deb'
      ? [{ path: `${DOC}/copyright`, mode: 0o644, body: text('copyright') }]
      : [{ path: `${DOC}/LICENSE`, mode: 0o644, body: { from: join(root, 'LICENSE') }, doc: true }]
  const doc = options.kind === 'rpm' ? { doc: true as const } : {}
  return [
    ...licence,
    { path: `${DOC}/changelog.gz`, mode: 0o644, body: packed(changelogText()), ...doc },
    {
      path: `${DOC}/third-party.gz`,
      mode: 0o644,
      body: packed(thirdPartyLicences(root, options.node)),
      ...doc,
    },
    ...specs.map(
      (name): PackageFile => ({
        path: `${DOC}/examples/${name}`,
        mode: 0o644,
        body: { from: join(root, 'spec/examples', name) },
        ...doc,
      }),
    ),
  ]
}

/** Sorted by path; directories are those that the package owns, not every parent. */
export function contents(options: ContentsOptions): readonly PackageFile[] {
  // Debian before 13 looks for units of packages in /lib (split or merged /usr); EL in /usr/lib.
  const units = options.kind === 'deb' ? '/lib/systemd/system' : '/usr/lib/systemd/system'
  const entries = parseChangelog(changelogText())
  const date = new Date(entries[0]?.at ?? 0).toISOString().slice(0, 10)
  const man = manPage(treeOf(makeProgram(muteIo)), options.version, date)
  const example = readFileSync(join(import.meta.dirname, 'package/agent.json.example'), 'utf8')
  const files: readonly PackageFile[] = [
    { path: PROGRAM, mode: 0o755, body: { from: options.binary } },
    {
      path: `${units}/hactl-agent.service`,
      mode: 0o644,
      body: agentUnit(PROGRAM, CONFIG_PATH, options.el7),
    },
    { path: `${units}/hactl-hub.service`, mode: 0o644, body: hubUnit(PROGRAM, options.el7) },
    { path: '/usr/share/man/man1/hactl.1.gz', mode: 0o644, body: packed(man) },
    ...shellFiles(options.kind),
    ...documents(options),
    { path: '/etc/hactl', mode: 0o750 },
    { path: '/etc/hactl/agent.json.example', mode: 0o644, body: example, config: true },
    { path: '/var/lib/hactl', mode: 0o750 },
  ]
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Lays the files out under `tree`, all with the date of the release. */
export function stage(files: readonly PackageFile[], tree: string, atMs: number): void {
  const made = new Set<string>()
  const directory = (path: string, mode: number): void => {
    if (path === '/' || made.has(path)) return
    directory(dirname(path), 0o755)
    mkdirSync(join(tree, path), { recursive: true })
    chmodSync(join(tree, path), mode)
    made.add(path)
  }
  for (const { path, mode, body } of files) {
    directory(body === undefined ? path : dirname(path), body === undefined ? mode : 0o755)
    if (body === undefined) continue
    const to = join(tree, path)
    if (typeof body === 'object' && 'from' in body) copyFileSync(body.from, to)
    else writeFileSync(to, body)
    chmodSync(to, mode)
  }
  const all = [...made, ...files.map((file) => file.path)].sort().reverse()
  for (const path of all) lutimesSync(join(tree, path), atMs / 1000, atMs / 1000)
}
