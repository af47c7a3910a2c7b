// The file for EL7: a static launcher with the program and Debian's C and C++ libraries behind it, as one zstd stream.
//
// Duties: glibc, libgcc and libstdc++ go out with this file, unchanged, as Debian built them. glibc is LGPL-2.1-or-later: whoever
// passes the file on passes on that licence, and the libraries' source or a written offer of it (section 6); as they lie beside
// the program as files, and `HACTL_RT` says where, a user can put other builds in their place, which section 6 asks for as well.
// libgcc and libstdc++ are GPL-3.0 with the GCC Runtime Library Exception, which allows this. The launcher is linked statically with
// glibc; its source stands in this repository, so it can be linked again. Security updates of these libraries are ours to ship.
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { execa } from 'execa'
import { needsOf } from './elf.ts'
import { assertOldKernelsCanStart, putInPlace, type Say, withReader } from './make.ts'

const TOOL_TIMEOUT_MS = 120_000
const DEBIAN = ['libc6', 'libstdc++6', 'libgcc-s1']
/** What the name resolver loads by itself, beside what the program names. */
const LOADED_LATER = ['libresolv.so.2']
/** Room for the unpacked ld.so's path, see set_interpreter in launcher.c. */
const INTERPRETER_ROOM = `/${'x'.repeat(450)}`
const ENTRY_BYTES = 64
const NAME_BYTES_MAX = 47

export type Entry = { readonly name: string; readonly body: Buffer; readonly mode: number }

/** struct entry and the body, for each; an empty entry ends it. Pure. */
export function streamOf(entries: readonly Entry[]): Buffer {
  const pieces = entries.flatMap(({ name, body, mode }) => {
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new Error(`cannot pack ${name}: too long`)
    const head = Buffer.alloc(ENTRY_BYTES)
    head.write(name, 0, 'latin1')
    head.writeBigUInt64LE(BigInt(body.length), 48)
    head.writeUInt32LE(mode, 56)
    return [head, body]
  })
  return Buffer.concat([...pieces, Buffer.alloc(ENTRY_BYTES)])
}

/** Launcher, packed stream, struct trailer. Pure; `level` 1 (quick) to 19 (small). */
export function selfExtracting(launcher: Buffer, stream: Buffer, level: number): Buffer {
  const packed = zstdCompressSync(stream, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: 25,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  })
  const trailer = Buffer.alloc(40)
  trailer.write('HACTLSFX', 0, 'latin1')
  trailer.writeBigUInt64LE(BigInt(launcher.length), 8)
  trailer.writeBigUInt64LE(BigInt(packed.length), 16)
  trailer.write(createHash('sha256').update(packed).digest('hex').slice(0, 16), 24, 'latin1')
  return Buffer.concat([launcher, packed, trailer])
}

async function tool(cwd: string, program: string, ...args: readonly string[]): Promise<void> {
  const result = await execa(program, args, { cwd, reject: false, timeout: TOOL_TIMEOUT_MS })
  if (!result.failed) return
  const why = result.stderr || result.shortMessage || ''
  throw new Error(`cannot build for EL7: ${program} ${args.join(' ')}: ${why}`)
}

/** Debian's packages unpacked: path of each library by its name, and of each package's licence as 'licence-<package>'. */
async function libraries(work: string): Promise<ReadonlyMap<string, string>> {
  const debs = join(work, 'debs')
  const tree = join(work, 'tree')
  mkdirSync(debs)
  mkdirSync(tree)
  const fetch = async (...names: readonly string[]): Promise<void> => {
    await tool(debs, 'apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', ...names)
    for (const name of names) {
      const file = readdirSync(debs).find((deb) => deb.startsWith(`${name}_`))
      await tool(debs, 'dpkg-deb', '-x', file ?? name, tree)
    }
  }
  await fetch(...DEBIAN)
  // gcc's libraries keep their licence in the package that this link names, 'gcc-12-base'.
  await fetch(readlinkSync(join(tree, 'usr/share/doc/libstdc++6')))
  const found = new Map<string, string>()
  for (const folder of ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'])
    for (const name of readdirSync(join(tree, folder)))
      if (name.includes('.so')) found.set(name, join(tree, folder, name))
  for (const name of DEBIAN)
    found.set(`licence-${name}`, join(tree, 'usr/share/doc', name, 'copyright'))
  return found
}

/**
 * Makes the self-extracting file from the x86_64 executable. Needs gcc, libzstd-dev (static), patchelf and apt-get.
 * @throws when one of them is missing
 */
export async function makeEl7(
  executable: string,
  out: string,
  say: Say,
  level = 19,
): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'hactl-el7-'))
  try {
    const launcher = join(work, 'launcher')
    const source = join(import.meta.dirname, 'package/el7/launcher.c')
    const warnings = ['-Wall', '-Wextra', '-Werror']
    // The source's path would stand in the object file, and the link editor's build id is a hash over it.
    await tool(work, 'cp', source, 'launcher.c')
    await tool(
      work,
      'gcc',
      '-O2',
      ...warnings,
      '-static',
      '-s',
      'launcher.c',
      '-o',
      launcher,
      '-lzstd',
    )
    const program = join(work, 'hactl')
    putInPlace(executable, program, 0o755)
    const { libraries: needed } = withReader(program, needsOf)
    await tool(work, 'patchelf', '--set-interpreter', INTERPRETER_ROOM, program)
    // DT_RPATH, not DT_RUNPATH: it is searched for the libraries' own needs as well (ld.so(8)).
    await tool(work, 'patchelf', '--set-rpath', '$ORIGIN', '--force-rpath', program)
    assertOldKernelsCanStart(program)
    const found = await libraries(work)
    const entries = [...needed, ...LOADED_LATER, ...DEBIAN.map((name) => `licence-${name}`)].map(
      (name): Entry => {
        const path = found.get(name)
        if (path === undefined)
          throw new Error(`cannot build for EL7: no ${name} in ${DEBIAN.join(' ')}`)
        const loader = name.startsWith('ld-linux')
        return {
          name: loader ? 'ld.so' : name,
          body: readFileSync(path),
          mode: name.startsWith('licence') ? 0o644 : 0o755,
        }
      },
    )
    const stream = streamOf([
      { name: 'hactl', body: readFileSync(program), mode: 0o755 },
      ...entries,
    ])
    const file = join(work, 'out')
    writeFileSync(file, selfExtracting(readFileSync(launcher), stream, level))
    putInPlace(file, out, 0o755)
    say(`el7       ${stream.length} bytes packed, with ${entries.map((e) => e.name).join(' ')}`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
