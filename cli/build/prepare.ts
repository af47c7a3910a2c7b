// Installs the programs that the demo and the end-to-end tests need, announced first, without letting a package start a service.
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'

export type Need = { readonly program: string; readonly apt: string; readonly dnf: string }

export const NEEDS: readonly Need[] = [
  { program: 'haproxy', apt: 'haproxy', dnf: 'haproxy' },
  { program: 'keepalived', apt: 'keepalived', dnf: 'keepalived' },
  { program: 'nginx', apt: 'nginx-light', dnf: 'nginx' },
  { program: 'ip', apt: 'iproute2', dnf: 'iproute' },
  { program: 'unshare', apt: 'util-linux', dnf: 'util-linux' },
  { program: 'nft', apt: 'nftables', dnf: 'nftables' },
  { program: 'tcpdump', apt: 'tcpdump', dnf: 'tcpdump' },
  { program: 'ps', apt: 'procps', dnf: 'procps-ng' },
]

const INSTALL_TIMEOUT_MS = 600_000
/** Debian's packages ask this script before they start a service; 101 means no (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d'
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** A user's PATH often lacks the sbin folders where these programs are. */
export function programExists(program: string, path: string): boolean {
  return [...path.split(delimiter), ...SBIN].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

/** Packages that are missing, by the name of the package manager. Pure. */
export function missingPackages(
  needs: readonly Need[],
  manager: 'apt' | 'dnf',
  exists: (program: string) => boolean,
): readonly string[] {
  return [...new Set(needs.filter((n) => !exists(n.program)).map((n) => n[manager]))]
}

/**
 * Makes every program of `needs` available.
 * @throws when something is missing and cannot be installed: no package manager, not root, no network
 */
export async function prepare(
  say: (text: string) => void,
  path: string,
  needs: readonly Need[] = NEEDS,
): Promise<void> {
  const exists = (program: string) => programExists(program, path)
  const manager = exists('apt-get') ? 'apt' : 'dnf'
  const packages = missingPackages(needs, manager, exists)
  if (packages.length === 0) return
  const words = packages.join(' ')
  if (manager === 'dnf' && !exists('dnf')) {
    throw new Error(
      `cannot install ${words}: neither apt-get nor dnf is here; install them and try again`,
    )
  }
  if (process.getuid?.() !== 0)
    throw new Error(`cannot install ${words}: not root; install them and try again`)
  say(`installing ${words} (${manager}); their services are not started`)
  await (manager === 'apt' ? installApt(packages) : dnf(packages))
  const still = missingPackages(needs, manager, exists)
  if (still.length > 0)
    throw new Error(`cannot go on: ${still.join(' ')} installed, but the program is missing`)
}

async function installApt(packages: readonly string[]): Promise<void> {
  const ours = !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await run('apt-get', ['update', '-q'])
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages])
  } finally {
    if (ours) rmSync(POLICY, { force: true })
  }
}

/** EL's packages start nothing by themselves; haproxy and the like are enabled by hand there. */
const dnf = (packages: readonly string[]) => run('dnf', ['install', '-y', '-q', ...packages])

async function run(program: string, args: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const result = await execa(program, args, {
    env,
    all: true,
    reject: false,
    timeout: INSTALL_TIMEOUT_MS,
  })
  if (!result.failed) return
  const tail = (result.all ?? '').split('\n').slice(-15).join('\n')
  throw new Error(`cannot install: ${program} ${args.join(' ')} failed\n${tail}`)
}
