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
}

type Made = { readonly arch: ArchName; readonly el7: boolean; readonly path: string }

/** @throws at the end when something was left out, so that a release is never short of a file by accident */
export async function release(options: ReleaseOptions, say: Say): Promise<void> {
  const { root, version, base } = options
  const folder = options.folder ?? join(root, 'dist/release')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const missing: string[] = []
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
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
  await executable('x86_64', true, (path) => makeEl7(options.built, path, say))
  for (const made of executables) for (const line of runsText(made)) say(`          ${line}`)

  const { at = 0, by = '' } = parseChangelog(changelogText())[0] ?? {}
  for (const { arch, el7, path } of executables) {
    const common = { root, binary: path, node: base.path, version, el7 }
    const rpm = `hactl-${version}-1${el7 ? '.el7' : ''}.${arch}.rpm`
    await attempt(rpm, () => {
      const files = contents({ ...common, kind: 'rpm' })
      return makeRpm({ files, version, arch, el7, atMs: at, out: join(folder, rpm) })
    })
    if (el7) continue
    const deb = `hactl_${version}_${ARCHES[arch].deb}.deb`
    await attempt(deb, () => {
      const files = contents({ ...common, kind: 'deb' })
      const out = join(folder, deb)
      const as = ARCHES[arch].deb
      return makeDeb({ files, binary: path, version, arch: as, atMs: at, maintainer: by, out })
    })
  }
  const sums = readdirSync(folder)
    .sort()
    .map((name) => `${sha256(join(folder, name))}  ${name}\n`)
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''))
  say(sums.join('').trimEnd())
  if (missing.length > 0)
    throw new Error(`cannot make all of the release: no ${missing.join(', ')}`)
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
