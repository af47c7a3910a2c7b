// Makes the folders of suites.ts, once: extracted by mmdebstrap through this machine's mirror, trimmed to daemons and
// their libraries, kept in the cache. Nothing is installed on this machine.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { LabError } from '../../cli/lab/error.ts'
import { must } from '../../cli/lab/process.ts'
import { aptOf, KEYRING, mirrorOf, unpack } from '../../cli/lab/vm/apt.ts'
import { cacheFolder, lock } from '../../cli/lab/vm/image.ts'
import { GUEST_SUITE } from '../../cli/lab/vm/recipe.ts'
import {
  EMPTY,
  KEPT,
  LIBRARY_FOLDERS,
  LOADER,
  NAME_SERVICE,
  PACKAGES,
  PROGRAMS,
  recipeHash,
  type Suite,
  SUITES,
  WRITTEN,
} from './suites.ts'

/** No further suite is begun after this; each takes about a quarter of a minute. */
const BUILD_ALL_MS = 120_000
const EXTRACT_TIMEOUT_MS = 240_000
const TOOLS = ['apt-get', 'dpkg-deb', 'perl', 'flock', 'ip', 'unshare', 'chroot', 'openssl']

export type Folder = { readonly suite: Suite; readonly root?: string; readonly missing?: string }
type Say = (line: string) => void

const step = (doing: string, argv: readonly string[], timeoutMs = EXTRACT_TIMEOUT_MS) =>
  must('', doing, argv, { timeoutMs })

/** A folder per suite, or why it cannot be had: no root, no network, a suite that is gone. Throws nothing. */
export async function folders(say: Say): Promise<readonly Folder[]> {
  const home = join(cacheFolder(), `matrix-${recipeHash()}`)
  const since = performance.now()
  const found: Folder[] = []
  for (const suite of SUITES) {
    const root = join(home, suite)
    try {
      await checkHost()
      if (!existsSync(root)) await make(home, suite, performance.now() - since, say)
      found.push({ suite, root })
    } catch (error) {
      found.push({ suite, missing: error instanceof Error ? error.message : String(error) })
    }
  }
  return found
}

async function checkHost(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new LabError('cannot use packages of Debian here: not Linux on x86_64')
  if (process.getuid?.() !== 0) throw new LabError('cannot change the root directory: not root')
  for (const tool of TOOLS) await step(`find ${tool}`, ['sh', '-c', `command -v ${tool}`])
}

async function make(home: string, suite: Suite, spentMs: number, say: Say): Promise<void> {
  if (spentMs > BUILD_ALL_MS)
    throw new LabError(`cannot begin with ${suite}: ${BUILD_ALL_MS / 1000} s are spent already`)
  if (!existsSync(KEYRING)) throw new LabError(`cannot check signatures: ${KEYRING} is missing`)
  mkdirSync(home, { recursive: true })
  const unlock = await lock(join(home, 'lock'))
  const work = join(home, `${suite}.new`)
  try {
    if (existsSync(join(home, suite))) return
    say(`fetching the daemons of ${suite}: a quarter of a minute, then kept in ${home}`)
    rmSync(work, { recursive: true, force: true })
    mkdirSync(join(work, 'out'), { recursive: true })
    await extract(home, work, suite)
    await trim(join(work, 'all'), join(work, 'out'))
    renameSync(join(work, 'out'), join(home, suite))
  } finally {
    rmSync(work, { recursive: true, force: true })
    unlock()
  }
}

/** mmdebstrap itself is a script of the same mirror. A rolling suite may be older than its Valid-Until; it is signed all the same. */
async function extract(home: string, work: string, suite: Suite): Promise<void> {
  const mirror = await mirrorOf()
  const tool = join(home, 'x-mmdebstrap')
  if (!existsSync(join(tool, 'usr/bin/mmdebstrap'))) {
    await aptOf(work, mirror)(GUEST_SUITE, 'download', 'mmdebstrap')
    renameSync(await unpack(work, 'mmdebstrap'), tool)
  }
  await step(`extract the packages of ${suite}`, [
    ...['perl', '-I', join(tool, 'usr/share/perl5'), join(tool, 'usr/bin/mmdebstrap')],
    ...['--quiet', '--variant=extract', '--mode=root', `--include=${PACKAGES.join(',')}`],
    ...['--aptopt=Apt::Install-Recommends "false"', '--aptopt=APT::Sandbox::User "root"'],
    ...['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Languages "none"'],
    ...[suite, join(work, 'all'), mirror],
  ])
}

async function trim(from: string, to: string): Promise<void> {
  for (const path of EMPTY) mkdirSync(join(to, path), { recursive: true })
  for (const path of KEPT.filter((p) => existsSync(join(from, p))))
    cpSync(join(from, path), join(to, path), { recursive: true, verbatimSymlinks: true })
  // Links to other packages' snippets: what is loaded is ours to say.
  rmSync(join(to, 'etc/nginx/modules-enabled'), { recursive: true, force: true })
  for (const [path, text] of Object.entries(WRITTEN)) writeFileSync(join(to, path), text)
  const modules = readdirSync(join(from, 'usr/lib/nginx/modules'), { encoding: 'utf8' })
  const programs = [
    ...Object.values(PROGRAMS),
    ...modules.map((name) => `/usr/lib/nginx/modules/${name}`),
  ]
  const libraries = new Set([LOADER])
  for (const program of programs) {
    const list = await step(`list the libraries of ${program}`, [
      ...['chroot', from, LOADER, '--list', program],
    ])
    // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x0000...)"
    for (const match of list.matchAll(/=> (\/\S+) \(/g)) libraries.add(match[1] ?? '')
  }
  const services = LIBRARY_FOLDERS.flatMap((folder) =>
    NAME_SERVICE.map((name) => `/${folder}/${name}`),
  ).filter((path) => existsSync(join(from, path)))
  for (const path of [...Object.values(PROGRAMS), ...libraries, ...services]) {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    cpSync(followed(from, path), join(to, path), { dereference: true })
  }
}

/** Where a link leads when `root` is the root directory: Debian 11 names its loader by an absolute link. */
function followed(root: string, path: string): string {
  const at = join(root, path)
  if (!lstatSync(at).isSymbolicLink()) return at
  return followed(root, resolve(dirname(path), readlinkSync(at)))
}
