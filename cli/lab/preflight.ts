// What the lab needs of this machine, said before anything is started.
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LabError } from './error.ts'
import { pathDirs, run } from './process.ts'

/** Program, its package on Debian and Ubuntu, its package on EL and Fedora. */
const TOOLS: readonly (readonly [string, string, string])[] = [
  ['haproxy', 'haproxy', 'haproxy'],
  ['keepalived', 'keepalived', 'keepalived'],
  ['nginx', 'nginx-light', 'nginx'],
  ['ip', 'iproute2', 'iproute'],
  ['bridge', 'iproute2', 'iproute'],
  ['nsenter', 'util-linux', 'util-linux'],
  ['unshare', 'util-linux', 'util-linux'],
  ['mount', 'mount', 'util-linux'],
  ['bash', 'bash', 'bash'],
]

export function programPath(name: string): string | undefined {
  return pathDirs()
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Throws LabError that names every missing package at once. `find` is a parameter for tests. */
export function checkTools(find: (name: string) => string | undefined = programPath): void {
  const missing = TOOLS.filter(([name]) => find(name) === undefined)
  if (missing.length === 0) return
  const packages = (i: 1 | 2) => [...new Set(missing.map((tool) => tool[i]))].join(' ')
  throw new LabError(
    `cannot start the lab: not installed: ${missing.map(([name]) => name).join(', ')}`,
    `Debian, Ubuntu: apt-get install ${packages(1)}; EL, Fedora: dnf install ${packages(2)}`,
  )
}

const SYSCTLS: readonly (readonly [string, string, string])[] = [
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'kernel.unprivileged_userns_clone=1'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'kernel.apparmor_restrict_unprivileged_userns=0',
  ],
  ['/proc/sys/user/max_user_namespaces', '0', 'user.max_user_namespaces=15000'],
]

/** Throws LabError when this user may not make the namespaces; names the sysctl that forbids it. */
export async function checkNamespaces(root: string, rootless: boolean): Promise<void> {
  const user = rootless ? ['--user', '--map-root-user'] : []
  const argv = [
    'unshare',
    ...user,
    '--net',
    '--mount',
    '--pid',
    '--uts',
    '--fork',
    '--mount-proc',
    'true',
  ]
  const { code, stderr } = await run(root, argv)
  if (code === 0) return
  const closed = SYSCTLS.filter(
    ([path, bad]) => existsSync(path) && readFileSync(path, 'utf8').trim() === bad,
  )
  const hint = rootless
    ? `run it as root, or let users make namespaces: ${closed.map(([, , set]) => `sysctl -w ${set}`).join(', ') || 'the kernel or a container around us refuses'}`
    : 'inside a container: it needs CAP_SYS_ADMIN and CAP_NET_ADMIN'
  throw new LabError(`cannot make namespaces: ${stderr.trim()}`, hint)
}

/** argv with absolute paths: members have another working directory. */
export function absoluteArgv(argv: readonly string[], cwd: string): string[] {
  const [program = '', ...rest] = argv
  const first = program.includes('/') ? resolve(cwd, program) : (programPath(program) ?? program)
  return [
    first,
    ...rest.map((word) =>
      word.includes('/') && existsSync(resolve(cwd, word)) ? resolve(cwd, word) : word,
    ),
  ]
}

/** What of a program would be hidden by a member's own /run and /tmp. */
export const keptPaths = (argv: readonly string[]): string[] =>
  argv
    .filter((word) => word.startsWith('/') && existsSync(word))
    .map((word) => realpathSync(word))
    .filter((path) => /^\/(run|tmp)\//.test(path))
