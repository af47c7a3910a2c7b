// Builds the VM image once and keeps it: kernel, its libc, a disk with a Debian. Everything comes through apt with a
// private state; nothing is installed on this machine.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { spawn } from 'node:child_process'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LabError } from '../error.ts'
import { must, run } from '../process.ts'
import { GUEST_FILES } from './guest.ts'
import {
  DISK_SIZE,
  GUEST_SUITE,
  KERNELS,
  type Layer,
  MODULE_FOLDERS,
  packagesOf,
  PREPARE,
  recipeHash,
} from './recipe.ts'

const DOWNLOAD_TIMEOUT_MS = 300_000
const BUILD_TIMEOUT_MS = 900_000
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
/** Programs of this machine that the build and the VMs need. */
const TOOLS = [
  'apt-get',
  'dpkg-deb',
  'perl',
  'mkfs.ext4',
  'strip',
  'flock',
  'ip',
  'nsenter',
  'setpriv',
]

const Made = Type.Object({ kernel: Type.String(), append: Type.Array(Type.String()) })
export type Image = {
  readonly directory: string
  /** Program that is the kernel. */
  readonly kernel: string
  readonly disk: string
  readonly release: string
  /** Arguments that this kernel wants besides ours. */
  readonly append: readonly string[]
}
type Say = (line: string) => void

/** HACTL_VM_CACHE, or the user's cache folder. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return process.env['HACTL_VM_CACHE'] || join(base, 'hactl')
}

/** The image when it is in the cache. */
export function cachedImage(layer: Layer = 'base'): Image | undefined {
  const directory = join(cacheFolder(), `vm-${recipeHash(layer)}`)
  const about = join(directory, 'image.json')
  if (!existsSync(about)) return undefined
  const made: unknown = JSON.parse(readFileSync(about, 'utf8'))
  if (!Value.Check(Made, made)) return undefined
  return {
    directory,
    kernel: join(directory, 'linux.uml'),
    disk: join(directory, 'root.ext4'),
    release: made.kernel,
    append: made.append,
  }
}

/**
 * The image, built when the cache lacks it: about a minute, two with WordPress, 0.4 to 0.9 GB of disk.
 * Throws LabError that says what is missing where it cannot be had: not Linux, not root, no apt, no package.
 */
export async function vmImage(say: Say, layer: Layer = 'base'): Promise<Image> {
  await checkHost()
  const before = cachedImage(layer)
  if (before !== undefined) return before
  const directory = join(cacheFolder(), `vm-${recipeHash(layer)}`)
  mkdirSync(dirname(directory), { recursive: true })
  const unlock = await lock(`${directory}.lock`)
  const work = `${directory}.new`
  try {
    if (cachedImage(layer) === undefined) {
      say(`building the VM image (${layer}): about a minute, then kept in ${directory}`)
      rmSync(work, { recursive: true, force: true })
      mkdirSync(work, { recursive: true })
      await build(work, directory, layer, say)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
    unlock()
  }
  const image = cachedImage(layer)
  if (image === undefined)
    throw new LabError(`cannot use the VM image in ${directory}`, 'remove it')
  return image
}

async function checkHost(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new LabError('cannot run VMs here: the kernel package is for Linux on x86_64')
  if (process.getuid?.() !== 0) throw new LabError('cannot run VMs here: not root')
  if (!existsSync('/dev/net/tun'))
    throw new LabError('cannot run VMs here: /dev/net/tun is missing', 'modprobe tun')
  const found = await Promise.all(
    TOOLS.map(async (tool) =>
      (await run('', ['sh', '-c', `command -v ${tool}`])).code === 0 ? [] : [tool],
    ),
  )
  const missing = found.flat()
  if (missing.length > 0)
    throw new LabError(
      `cannot run VMs here: not installed: ${missing.join(', ')}`,
      'the VMs need a Debian or Ubuntu machine',
    )
  if (!existsSync(KEYRING))
    throw new LabError(
      `cannot build a VM image: ${KEYRING} is missing`,
      'apt-get install debian-archive-keyring',
    )
}

/** One builder at a time; the lock goes with this process, whatever ends it. */
function lock(path: string): Promise<() => void> {
  const holder = spawn('flock', [path, 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return new Promise((resolve, reject) => {
    holder.once('error', reject)
    holder.once('exit', (code) => reject(new LabError(`cannot lock ${path}: ${code}`)))
    holder.stdout.once('data', () => {
      holder.removeAllListeners('exit')
      resolve(() => holder.stdin.end())
    })
  })
}

const step = (doing: string, argv: readonly string[], timeoutMs = BUILD_TIMEOUT_MS) =>
  must('', doing, argv, { timeoutMs })

/** The mirror this machine uses for Debian itself. Throws LabError when it uses none. */
async function mirrorOf(): Promise<string> {
  const format = '$(LABEL) $(SITE)'
  const text = await step('ask apt for its mirror', [
    'apt-get',
    'indextargets',
    '--format',
    format,
    'Created-By: Packages',
  ])
  const site = text
    .split('\n')
    .find((line) => line.startsWith('Debian '))
    ?.slice('Debian '.length)
  if (site === undefined || site === '')
    throw new LabError(
      'cannot find a Debian mirror: apt has no package list of one',
      'apt-get update',
    )
  return site
}

/** apt-get of any suite of the mirror, with lists and cache of its own. */
function aptOf(work: string, mirror: string) {
  return async (suite: string, ...args: readonly string[]): Promise<void> => {
    const home = join(work, `apt-${suite}`)
    const argv = [
      ...[
        'apt-get',
        '-qq',
        '-o',
        `Dir::Etc::sourcelist=${home}/sources.list`,
        '-o',
        'Dir::Etc::sourceparts=/dev/null',
      ],
      ...[
        '-o',
        `Dir::State=${home}/state`,
        '-o',
        'Dir::State::status=/dev/null',
        '-o',
        `Dir::Cache=${home}/cache`,
      ],
      ...['-o', 'Acquire::Languages=none', '-o', 'APT::Sandbox::User=root'],
    ]
    if (!existsSync(home)) {
      mkdirSync(join(home, 'state/lists/partial'), { recursive: true })
      mkdirSync(join(home, 'cache/archives/partial'), { recursive: true })
      // A mirror may lag behind the rolling suite's Valid-Until; signatures are checked all the same.
      const source = `deb [signed-by=${KEYRING} check-valid-until=no] ${mirror} ${suite} main\n`
      writeFileSync(join(home, 'sources.list'), source)
      await step(`read the package lists of ${suite}`, [...argv, 'update'], DOWNLOAD_TIMEOUT_MS)
    }
    const inFolder = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'in', work]
    await step(
      `fetch ${args.slice(1).join(', ')}`,
      [...inFolder, ...argv, ...args],
      DOWNLOAD_TIMEOUT_MS,
    )
  }
}

async function unpack(work: string, name: string): Promise<string> {
  const file = readdirSync(work).find((f) => f.startsWith(`${name}_`))
  if (file === undefined) throw new LabError(`cannot find the package ${name} that was fetched`)
  const to = join(work, `x-${name}`)
  await step(`unpack ${name}`, ['dpkg-deb', '-x', join(work, file), to])
  return to
}

type Kernel = {
  readonly folder: string
  readonly append: readonly string[]
  readonly release: string
}

/** The first kernel that can be had; its program is laid into `out`, to run from `home`. */
async function fetchKernel(
  work: string,
  out: string,
  home: string,
  apt: ReturnType<typeof aptOf>,
  say: Say,
): Promise<Kernel> {
  let why: unknown
  for (const { suite, libc, append } of KERNELS)
    try {
      await apt(suite, 'download', 'user-mode-linux', ...(libc ? ['libc6'] : []))
      const folder = await unpack(work, 'user-mode-linux')
      cpSync(join(folder, 'usr/bin/linux.uml'), join(out, 'linux.uml'))
      if (libc) await layLibc(work, out, home)
      const [release = ''] = readdirSync(join(folder, 'usr/lib/uml/modules'))
      return { folder, append, release }
    } catch (error) {
      say(`no kernel from ${suite}: ${error instanceof Error ? error.message : String(error)}`)
      why = error
    }
  throw new LabError(
    'cannot get the package user-mode-linux',
    'is the mirror reachable? apt-get update',
    why,
  )
}

/** The program names its loader by an absolute path: the kernel runs from `home` only, since it executes itself again. */
async function layLibc(work: string, out: string, home: string): Promise<void> {
  const from = await unpack(work, 'libc6')
  mkdirSync(join(out, 'lib'))
  for (const name of ['ld-linux-x86-64.so.2', 'libc.so.6'])
    cpSync(join(from, 'usr/lib/x86_64-linux-gnu', name), join(out, 'lib', name), {
      dereference: true,
    })
  const patchelf = join(work, 'x-patchelf/usr/bin/patchelf')
  await step('point the kernel at its libc', [
    ...[patchelf, '--set-interpreter', join(home, 'lib/ld-linux-x86-64.so.2')],
    ...['--set-rpath', join(home, 'lib'), join(out, 'linux.uml')],
  ])
}

async function build(work: string, home: string, layer: Layer, say: Say): Promise<void> {
  const mirror = await mirrorOf()
  const apt = aptOf(work, mirror)
  const out = join(work, 'out')
  const root = join(work, 'root')
  mkdirSync(out)
  await apt(GUEST_SUITE, 'download', 'mmdebstrap', 'patchelf')
  const tools = await unpack(work, 'mmdebstrap')
  await unpack(work, 'patchelf')
  const kernel = await fetchKernel(work, out, home, apt, say)
  say(`kernel ${kernel.release}; installing ${packagesOf(layer).length} packages into a folder`)
  await install(join(tools, 'usr/bin/mmdebstrap'), root, mirror, layer)
  await layModules(kernel, root)
  for (const [path, mode, text] of GUEST_FILES) {
    const at = join(root, path)
    mkdirSync(dirname(at), { recursive: true })
    rmSync(at, { force: true })
    writeFileSync(at, text)
    chmodSync(at, mode)
  }
  await step('prepare the root folder', ['bash', '-c', PREPARE, 'prepare', root])
  await step('make the disk', [
    'mkfs.ext4',
    '-q',
    '-d',
    root,
    '-J',
    'size=8',
    join(out, 'root.ext4'),
    DISK_SIZE[layer],
  ])
  writeFileSync(
    join(out, 'image.json'),
    JSON.stringify({ kernel: kernel.release, append: kernel.append }),
  )
  rmSync(home, { recursive: true, force: true })
  renameSync(out, home)
}

/** Without documentation and languages; every service stays as its package left it. */
async function install(
  mmdebstrap: string,
  root: string,
  mirror: string,
  layer: Layer,
): Promise<void> {
  const without = ['doc', 'man', 'locale', 'info'].map(
    (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
  )
  const library = join(dirname(dirname(mmdebstrap)), 'share/perl5')
  await step('install the packages of the VM', [
    ...['perl', '-I', library, mmdebstrap, '--quiet', '--variant=apt', '--mode=root'],
    ...['--aptopt=Apt::Install-Recommends "false"', '--aptopt=APT::Sandbox::User "root"'],
    ...[...without, '--dpkgopt=force-unsafe-io', `--include=${packagesOf(layer).join(',')}`],
    ...[GUEST_SUITE, root, mirror],
  ])
}

async function layModules({ folder, release }: Kernel, root: string): Promise<void> {
  const from = join(folder, 'usr/lib/uml/modules', release)
  const to = join(root, 'lib/modules', release)
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from).filter((f) => f.startsWith('modules.')))
    cpSync(join(from, name), join(to, name))
  for (const path of MODULE_FOLDERS.filter((f) => existsSync(join(from, f))))
    cpSync(join(from, path), join(to, path), { recursive: true })
  await step('strip the modules', [
    'sh',
    '-c',
    'find "$1" -name "*.ko" -exec strip --strip-debug {} +',
    'strip',
    to,
  ])
  await step('index the modules', ['chroot', root, 'depmod', release])
}
