// Programs that only the tests use. Without one its tests are skipped and say so: a new machine must not look green by that.
import { existsSync } from 'node:fs'
import { type Machine, prepare, thisMachine } from '../../cli/build/prepare.ts'
import type { Tool } from '../../cli/lab/tools.ts'

/** A program in PATH, or a file by its path. */
const debian = (program: string, apt = program): Tool => ({ program, apt, dnf: '' })

const NEEDS: readonly Tool[] = [
  debian('chromium'),
  debian('age'),
  ...[debian('mmdebstrap'), debian('patchelf'), debian('lintian'), debian('gcc')],
  debian('rpmbuild', 'rpm'),
  ...[debian('arping', 'iputils-arping'), debian('sshd', 'openssh-server')],
  debian('/usr/include/zstd.h', 'libzstd-dev'),
  debian('aarch64-linux-gnu-strip', 'binutils-aarch64-linux-gnu'),
  debian('qemu-aarch64-static', 'qemu-user-static'),
  debian('/usr/aarch64-linux-gnu/lib/libc.so.6', 'libc6-arm64-cross'),
  debian('/usr/aarch64-linux-gnu/lib/libstdc++.so.6', 'libstdc++6-arm64-cross'),
]

/** Installs them where apt is; elsewhere most of what they test could not run anyway. */
export async function prepareTests(path: string, say: (text: string) => void): Promise<void> {
  const here = thisMachine(path)
  if (!here.exists('apt-get')) {
    say(
      '   no apt-get here: the tests of packages and VMs are skipped, those of the page look for a browser',
    )
    return
  }
  const machine: Machine = {
    ...here,
    exists: (what) => (what.startsWith('/') ? existsSync(what) : here.exists(what)),
  }
  await prepare({ say, machine, needs: NEEDS })
}
