// Builds a VM image: kernel, its libc, a disk with a Debian. Everything comes through apt with a private state; nothing
// is installed on this machine.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { LabError } from '../error.ts'
import { must } from '../process.ts'
import { aptOf, mirrorOf, unpack } from './apt.ts'
import { GUEST_FILES } from './guest.ts'
import {
  DISK_SIZE,
  GUEST_SUITE,
  KERNELS,
  type Layer,
  MODULE_FOLDERS,
  packagesOf,
  PREPARE,
} from './recipe.ts'

const BUILD_TIMEOUT_MS = 900_000

type Say = (line: string) => void

const step = (doing: string, argv: readonly string[], timeoutMs = BUILD_TIMEOUT_MS) =>
  must('', doing, argv, { timeoutMs })

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

/**
 * Builds in `work` and moves what is whole to `home`. Throws LabError that says what could not be had.
 */
export async function build(work: string, home: string, layer: Layer, say: Say): Promise<void> {
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
  // path-exclude makes it run mmtarfilter of its own package, which it looks for in PATH.
  const path = 'PATH="$0:$PATH"; exec perl "$@"'
  await step('install the packages of the VM', [
    ...['sh', '-c', path, dirname(mmdebstrap)],
    ...['-I', library, mmdebstrap, '--quiet', '--variant=apt', '--mode=root'],
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
