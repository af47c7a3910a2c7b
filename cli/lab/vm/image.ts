// The VM image: built once, kept under the hash of its recipe, told apart from what cannot be had here.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LabError } from '../error.ts'
import { run } from '../process.ts'
import { KEYRING } from './apt.ts'
import { build } from './build.ts'
import { type Layer, recipeHash } from './recipe.ts'

/** Programs of this machine that the build and the VMs need. */
const TOOLS = [
  'apt-get',
  'dpkg-deb',
  'perl',
  'python3',
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
export function lock(path: string): Promise<() => void> {
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
