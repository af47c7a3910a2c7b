// Installs the programs that the demo and the end-to-end tests need, announced first, without letting a package start a service.
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { packagesOf, TOOLS, type Tool } from '../lab/tools.ts'

/** What the lab needs, and what only some faults and the tests of it use. */
export const NEEDS: readonly Tool[] = [
  ...TOOLS,
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

/** What prepare may do to this machine; tests pass a fake. */
export type Machine = {
  exists(program: string): boolean
  readonly root: boolean
  /** Throws when the program fails. With a signal it may be cut short, without one it is left to end. */
  run(argv: readonly string[], signal?: AbortSignal): Promise<void>
  /** Packages start no service until the returned function is called. */
  holdServices(): () => void
}

export const thisMachine = (path: string): Machine => ({
  exists: (program) => programExists(program, path),
  root: process.getuid?.() === 0,
  run,
  holdServices() {
    if (existsSync(POLICY)) return () => undefined
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    return () => rmSync(POLICY, { force: true })
  },
})

export type PrepareOptions = {
  readonly say: (text: string) => void
  readonly machine: Machine
  /** Aborts what can be cut short: the download, not the installation. */
  readonly signal?: AbortSignal
  readonly needs?: readonly Tool[]
}

/**
 * Makes every program of `needs` available.
 * @throws when something is missing and cannot be installed: no package manager, not root, no network
 */
export async function prepare(options: PrepareOptions): Promise<void> {
  const { say, machine, signal, needs = NEEDS } = options
  const manager = machine.exists('apt-get') ? 'apt' : 'dnf'
  const packages = packagesOf(needs, manager, machine.exists)
  if (packages.length === 0) return
  const words = packages.join(' ')
  if (manager === 'dnf' && !machine.exists('dnf')) {
    throw new Error(
      `cannot install ${words}: neither apt-get nor dnf is here; install them and try again`,
    )
  }
  const command = manager === 'apt' ? 'apt-get' : 'dnf'
  if (!machine.root)
    throw new Error(`cannot install as a user: run 'sudo ${command} install ${words}' first`)
  say(`installing ${words} (${command}); their services are not started`)
  await (manager === 'apt' ? installApt(machine, packages, signal) : dnf(machine, packages))
  signal?.throwIfAborted()
  const still = packagesOf(needs, manager, machine.exists)
  if (still.length > 0)
    throw new Error(`cannot go on: ${still.join(' ')} installed, but the program is missing`)
}

/** Half an installation would be worse than a late Ctrl-C; half a download is nothing. */
async function installApt(
  machine: Machine,
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends']
  await machine.run(['apt-get', 'update', '-q'], signal)
  await machine.run([...install, '--download-only', ...packages], signal)
  const release = machine.holdServices()
  try {
    await machine.run([...install, ...packages])
  } finally {
    release()
  }
}

/** EL's packages start nothing by themselves; haproxy and the like are enabled by hand there. */
const dnf = (machine: Machine, packages: readonly string[]) =>
  machine.run(['dnf', 'install', '-y', '-q', ...packages])

async function run(argv: readonly string[], signal?: AbortSignal): Promise<void> {
  const [program = '', ...args] = argv
  const result = await execa(program, args, {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    all: true,
    reject: false,
    timeout: INSTALL_TIMEOUT_MS,
    // A session of its own hears no Ctrl-C of the terminal.
    detached: signal === undefined,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  })
  signal?.throwIfAborted()
  if (!result.failed) return
  const tail = (result.all ?? '').split('\n').slice(-15).join('\n')
  throw new Error(`cannot install: ${argv.join(' ')} failed\n${tail}`)
}
