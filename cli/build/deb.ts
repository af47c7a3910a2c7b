// A .deb: the staged tree, the control files, dpkg-deb. Equal input gives equal bytes.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { type PackageFile, stage } from './contents.ts'
import { highest, needsOf } from './elf.ts'
import { withReader } from './make.ts'

const DEB_TIMEOUT_MS = 300_000

export type DebOptions = {
  readonly files: readonly PackageFile[]
  readonly binary: string
  readonly version: string
  readonly arch: 'amd64' | 'arm64'
  readonly atMs: number
  readonly maintainer: string
  /** Quick is for tests: 109 MB take 40 s with xz. */
  readonly quick?: boolean
  readonly out: string
}

/** Library packages with the versions that the executable's symbols ask for. gcc 8 is the first with CXXABI_1.3.11. */
export function dependsOf(binary: string): string {
  const { GLIBC = '2.28', CXXABI } = highest(withReader(binary, needsOf))
  if (CXXABI !== '1.3.11') throw new Error(`cannot name the libstdc++6 that has CXXABI_${CXXABI}`)
  return `libc6 (>= ${GLIBC}), libstdc++6 (>= 8), libgcc-s1 | libgcc1 (>= 1:3.4)`
}

const control = (options: DebOptions, kib: number): string => `Package: hactl
Version: ${options.version}
Architecture: ${options.arch}
Maintainer: ${options.maintainer}
Installed-Size: ${kib}
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: ${dependsOf(options.binary)}
Suggests: haproxy, keepalived, nginx
Section: admin
Priority: optional
Description: high availability for ordinary load balancers
 One JSON spec describes a cluster of load balancers. The agent on every node
 drives haproxy, keepalived and systemd until the node is as the spec says, and
 goes back to what last proved to load when it cannot. The hub keeps specs and
 shows the cluster.
`

export async function makeDeb(options: DebOptions): Promise<void> {
  const tree = mkdtempSync(join(tmpdir(), 'hactl-deb-'))
  try {
    stage(options.files, tree, options.atMs)
    const meta = join(tree, 'DEBIAN')
    mkdirSync(meta, { mode: 0o755 })
    const bodies = options.files.filter((file) => file.body !== undefined)
    const bytes = bodies.reduce((sum, file) => sum + statSync(join(tree, file.path)).size, 0)
    writeFileSync(join(meta, 'control'), control(options, Math.ceil(bytes / 1024)))
    const sums = bodies.map(({ path }) => {
      const sum = createHash('md5')
        .update(readFileSync(join(tree, path)))
        .digest('hex')
      return `${sum}  ${path.slice(1)}\n`
    })
    writeFileSync(join(meta, 'md5sums'), sums.join(''))
    const configs = bodies.filter((file) => file.config).map((file) => `${file.path}\n`)
    writeFileSync(join(meta, 'conffiles'), configs.join(''))
    for (const script of ['postinst', 'prerm', 'postrm']) {
      const text = readFileSync(join(import.meta.dirname, 'package/deb', script))
      writeFileSync(join(meta, script), text)
      chmodSync(join(meta, script), 0o755)
    }
    chmodSync(tree, 0o755)
    mkdirSync(dirname(options.out), { recursive: true })
    const how = options.quick ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6']
    await execa('dpkg-deb', ['--root-owner-group', ...how, '-b', tree, options.out], {
      timeout: DEB_TIMEOUT_MS,
      // Members are not dated later than this, and the archive itself is dated so (dpkg-deb(1)).
      // One thread: how xz cuts its blocks, and so the bytes, would depend on the number of processors.
      env: {
        SOURCE_DATE_EPOCH: String(Math.floor(options.atMs / 1000)),
        DPKG_DEB_THREADS_MAX: '1',
      },
    })
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
