// Room and inodes where hactl and the daemons write, and file systems that have become read-only.
import { error, info, warning } from '../finding.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const MIB = 1024 * 1024
const FREE_WARN = 0.05
const FREE_BYTES_WARN = 100 * MIB
const FREE_BYTES_ERROR = 10 * MIB
const INODES_WARN = 0.05
const INODES_ERROR = 0.01
const MOUNTS = '/proc/self/mounts'

const paths = (patient: Patient): readonly string[] => [
  ...new Set([patient.statePath, '/etc', '/run', '/var/log', '/tmp']),
]

type Mount = { readonly at: string; readonly type: string; readonly readOnly: boolean }
/** proc_pid_mounts(5): octal escapes for blanks. */
export const parseMounts = (text: string): readonly Mount[] =>
  text.split('\n').flatMap((line) => {
    const [, at, type, options] = line.split(' ')
    if (at === undefined || type === undefined || options === undefined) return []
    const plain = at.replace(/\\([0-7]{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    return [{ at: plain, type, readOnly: options.split(',').includes('ro') }]
  })

/** The mount that a path lies on: the longest; of equal ones the last, which covers the others. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const above = mounts.filter(
    ({ at }) => at === '/' || path === at || path.startsWith(`${at.replace(/\/$/, '')}/`),
  )
  return above.reduce<Mount | undefined>(
    (best, mount) => (best === undefined || mount.at.length >= best.at.length ? mount : best),
    undefined,
  )
}

const size = (bytes: number): string =>
  bytes >= 1024 * MIB ? `${(bytes / 1024 / MIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`

function room(path: string, mount: string, answers: Answers): readonly Finding[] {
  const space = answers.space(path)
  if (space === undefined || space.bytes === 0) return []
  const share = space.bytesFree / space.bytes
  const low = space.bytesFree < FREE_BYTES_WARN && share < 0.5
  const bytes =
    share < FREE_WARN || low
      ? [
          (space.bytesFree < FREE_BYTES_ERROR ? error : warning)('disk', {
            what: `${size(space.bytesFree)} of ${size(space.bytes)} are free on ${mount} (${path})`,
            why: 'configurations and state are written here: without room nothing new can be applied',
            hint: `du -xh --max-depth=2 ${mount} | sort -h | tail shows what is large; old logs go with journalctl --vacuum-size=200M`,
          }),
        ]
      : []
  const left = space.inodes === 0 ? 1 : space.inodesFree / space.inodes
  const inodes =
    left < INODES_WARN
      ? [
          (left < INODES_ERROR ? error : warning)('disk', {
            what: `${space.inodesFree} of ${space.inodes} inodes are free on ${mount} (${path})`,
            why: 'no file can be made without one, however much room there is',
            hint: `du -x --inodes --max-depth=2 ${mount} | sort -n | tail shows where they are`,
          }),
        ]
      : []
  return [...bytes, ...inodes]
}

function judge(patient: Patient, answers: Answers): readonly Finding[] {
  const mounts = parseMounts(answers.read(MOUNTS) ?? '')
  const seen = new Set<string>()
  const found = paths(patient).flatMap((path): readonly Finding[] => {
    const mount = mountOf(mounts, path)
    if (mount === undefined || seen.has(mount.at)) return []
    seen.add(mount.at)
    if (mount.readOnly)
      return [
        error('disk', {
          what: `${mount.at} (${mount.type}) is mounted read-only; ${path} lies on it`,
          why: 'nothing can be written: a kernel does this to a file system with errors',
          fix: [`mount -o remount,rw ${mount.at}`],
          hint: 'dmesg says why; check the file system before you trust it again',
        }),
      ]
    return room(path, mount.at, answers)
  })
  const shared = mounts.length > 0 && !mounts.some(({ at }) => at === '/dev/shm')
  return [
    ...found,
    ...(shared
      ? [
          info('disk', {
            what: '/dev/shm is not mounted',
            why: 'programs that share memory by name fail to start',
            fix: ['mkdir -p /dev/shm', 'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm'],
          }),
        ]
      : []),
  ]
}

export const disk: Check = {
  name: 'disk',
  cheap: true,
  asks: (patient) => [
    { ask: 'read', path: MOUNTS },
    ...paths(patient).map((path): Ask => ({ ask: 'space', path })),
  ],
  judge,
}
