// npm run build -- --all: every file of a release into dist/release. What a machine lacks the tools for is left out, and said.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ARCHES, type ArchName } from './arches.ts'
import { type Base, fetchBase, sha256 } from './base.ts'
import { changelogText, parseChangelog } from './changelog.ts'
import { contents } from './contents.ts'
import { makeDeb } from './deb.ts'
import { runsOn } from './distributions.ts'
import { makeEl7 } from './el7.ts'
import { needsOf } from './elf.ts'
import { make, putInPlace, type Say, withReader } from './make.ts'
import { makeRpm } from './rpm.ts'

export type ReleaseOptions = {
  readonly root: string
  readonly entry: string
  readonly version: string
  readonly base: Base
  /** The x86_64 executable, made already. */
  readonly built: string
  /** Default dist/release. Emptied first. */
  readonly folder?: string
  /** For tests: hardly compressed, so that it takes seconds. Default false. */
  readonly quick?: boolean
}

type Attempt = (what: string, work: () => Promise<void>) => Promise<void>
type Made = { readonly arch: ArchName; readonly el7: boolean; readonly path: string }

/** Files, and what was left out for want of a tool or a package. */
export type Released = { readonly sums: string; readonly missing: readonly string[] }

/** Never throws for a file that cannot be made: it is said, left out, and named in the result. */
export async function release(options: ReleaseOptions, say: Say): Promise<Released> {
  const { root, version, base, quick = false } = options
  const folder = options.folder ?? join(root, 'dist/release')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const missing: string[] = []
  const attempt: Attempt = async (what, work) => {
    const startMs = performance.now()
    try {
      await work()
      say(`made      ${what} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`)
    } catch (error) {
      missing.push(what)
      say(`left out  ${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const executables: Made[] = []
  const executable = (arch: ArchName, el7: boolean, work: (path: string) => Promise<void>) => {
    const name = `hactl-${version}-${el7 ? 'el7' : 'linux'}-${arch}`
    return attempt(name, async () => {
      const path = join(folder, name)
      await work(path)
      executables.push({ arch, el7, path })
    })
  }
  await executable('x86_64', false, async (path) => putInPlace(options.built, path, 0o755))
  await executable('aarch64', false, async (path) => {
    const arch = ARCHES.aarch64
    const other = await fetchBase(arch, base.version, join(root, '.cache/build'))
    await make({ ...options, arch, base: other, out: path }, say)
  })
  await executable('x86_64', true, (path) => makeEl7(options.built, path, say, quick ? 1 : 19))
  for (const made of executables) for (const line of runsText(made)) say(`          ${line}`)

  for (const one of executables) await packages(options, one, folder, attempt)
  const sums = readdirSync(folder)
    .sort()
    .map((name) => `${sha256(join(folder, name))}  ${name}\n`)
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''))
  say(sums.join('').trimEnd())
  return { sums: sums.join(''), missing }
}

/** The packages of one executable; EL7 has no .deb. */
async function packages(
  options: ReleaseOptions,
  { arch, el7, path }: Made,
  folder: string,
  attempt: Attempt,
): Promise<void> {
  const { root, version, base, quick = false } = options
  const { at = 0, by = '' } = parseChangelog(changelogText())[0] ?? {}
  const common = { root, binary: path, node: base.path, version, el7 }
  const rpm = `hactl-${version}-1${el7 ? '.el7' : ''}.${arch}.rpm`
  await attempt(rpm, () => {
    const files = contents({ ...common, kind: 'rpm' })
    return makeRpm({ files, version, arch, el7, atMs: at, quick, out: join(folder, rpm) })
  })
  if (el7) return
  const deb = `hactl_${version}_${ARCHES[arch].deb}.deb`
  await attempt(deb, () => {
    const files = contents({ ...common, kind: 'deb' })
    const out = join(folder, deb)
    const as = ARCHES[arch].deb
    return makeDeb({
      ...{ files, version, quick, out },
      binary: path,
      arch: as,
      atMs: at,
      maintainer: by,
    })
  })
}

/** Where an executable runs by what its symbols ask for. */
function runsText({ path, el7 }: Made): readonly string[] {
  const verdicts = runsOn(withReader(path, needsOf))
  const yes = verdicts.filter((v) => v.why.length === 0).map((v) => v.name)
  const no = verdicts
    .filter((v) => v.why.length > 0)
    .map((v) => `not ${v.name}: ${v.why.join(', ')}`)
  return [`runs on ${yes.join(', ')}${el7 ? ' (brings its own libraries)' : ''}`, ...no]
}
