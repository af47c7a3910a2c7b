// One executable for one architecture: bundle, strip the base, put the bundle in, check that old kernels can start it.
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Arch } from './arches.ts'
import type { Base } from './base.ts'
import { bundle } from './bundle.ts'
import { phdrCheck } from './phdr.ts'

const INJECT_TIMEOUT_MS = 120_000

export type Say = (text: string) => void

export type Making = {
  readonly root: string
  readonly entry: string
  readonly version: string
  readonly arch: Arch
  readonly base: Base
  readonly out: string
}

/** Strips BEFORE the injection; afterwards it would cut the program out of the file and leave a crash. */
async function strip(program: string, from: string, to: string): Promise<string> {
  const result = await execa(program, ['--strip-all', '-o', to, from], {
    reject: false,
    timeout: 60_000,
  })
  return result.failed ? from : to
}

export function stripVersion(program: string): Promise<string> {
  return execa(program, ['--version'], { reject: false, timeout: 5_000 }).then((r) =>
    r.failed ? 'no strip' : (r.stdout.split('\n')[0] ?? ''),
  )
}

/** Reads pieces of a file of any size. */
export function withReader<T>(
  path: string,
  work: (read: (offset: number, length: number) => Buffer) => T,
): T {
  const file = openSync(path, 'r')
  try {
    return work((offset, length) => {
      const buffer = Buffer.alloc(length)
      readSync(file, buffer, 0, length, offset)
      return buffer
    })
  } finally {
    closeSync(file)
  }
}

/** @throws when it is a file that kernels before 5.18 would crash starting, see phdr.ts */
export function assertOldKernelsCanStart(path: string): void {
  if (!withReader(path, (read) => phdrCheck(read(0, 64), read).ok)) {
    throw new Error(`cannot use ${path}: kernels before 5.18 would crash starting it`)
  }
}

/**
 * pkg looks for the base of another architecture in its cache and nowhere else; the archive of the
 * download may be empty, it only has to be there.
 */
function seedCache(home: string, { base, arch }: Making, stripped: string): void {
  const cache = join(home, '.pkg-cache/sea')
  const name = `node-v${base.version}-linux-${arch.node}`
  mkdirSync(join(cache, name, 'bin'), { recursive: true })
  for (const mark of [`${name}.tar.gz`, `${name}.tar.gz.ok`, `${name}/bin/node.ok`])
    writeFileSync(join(cache, mark), '')
  copyFileSync(stripped, join(cache, name, 'bin/node'))
  chmodSync(join(cache, name, 'bin/node'), 0o755)
}

/** Makes `out`, mode 0755, replacing it atomically. */
export async function make(making: Making, say: Say): Promise<void> {
  const { arch, base, out } = making
  const work = mkdtempSync(join(tmpdir(), 'hactl-build-'))
  // Also when it is interrupted: a signal ends the process in build.ts without its finally blocks.
  const clean = () => rmSync(work, { recursive: true, force: true })
  process.once('exit', clean)
  try {
    const script = join(work, 'bundle.cjs')
    await bundle(making.root, making.entry, script, making.version)
    say(`bundle    ${statSync(script).size} bytes`)
    const stripped = await strip(arch.strip, base.path, join(work, 'node'))
    if (stripped === base.path)
      say(`note      no ${arch.strip} on this machine (binutils): the file is 17 MB larger`)
    if (arch.node !== 'x64') seedCache(work, making, stripped)
    const made = join(work, 'hactl')
    const sea = join(import.meta.dirname, 'sea.ts')
    await execa(process.execPath, [sea, script, stripped, made, arch.node], {
      env: { TMPDIR: work, HOME: work },
      timeout: INJECT_TIMEOUT_MS,
    })
    chmodSync(made, 0o755)
    assertOldKernelsCanStart(made)
    putInPlace(made, out, 0o755)
  } finally {
    clean()
    process.off('exit', clean)
  }
}

/** A copy beside the target and a rename: a running lab keeps the old file, nobody sees half of one. */
export function putInPlace(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, `${to}.new`)
  chmodSync(`${to}.new`, mode)
  renameSync(`${to}.new`, to)
}
