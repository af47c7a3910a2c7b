// What the lab needs of this machine, said before anything is started.
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LabError } from './error.ts'
import { pathDirs, run } from './process.ts'
import { packagesOf, TOOLS } from './tools.ts'

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
  const exists = (program: string) => find(program) !== undefined
  const missing = TOOLS.filter(({ program }) => !exists(program))
  if (missing.length === 0) return
  const words = (manager: 'apt' | 'dnf') => packagesOf(TOOLS, manager, exists).join(' ')
  throw new LabError(
    `cannot start the lab: not installed: ${missing.map(({ program }) => program).join(', ')}`,
    `Debian, Ubuntu: apt-get install ${words('apt')}; EL, Fedora: dnf install ${words('dnf')}`,
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
