// An NFS mount: its systemd units, and what the mount table shows. Pure diff. Nothing here ever asks the server.
import type { Action } from '../action.ts'
import type { Diffed, Observed, Owned, UnitText, WantFile, WantMount } from '../plan/types.ts'
import { isAutofs, mountIs, type MountIs, rowText } from './mount-table.ts'
import { differs, isForeign, putBack } from './plain-file.ts'

const SYSTEMCTL_TIMEOUT_MS = 30_000
const VERIFY_TIMEOUT_MS = 3_000
/** systemd ends a mount attempt itself, at its TimeoutSec; ours is only the second line. */
const SPARE_MS = 5_000

export const mountId = (path: string) => `mount:${path}`

const run = (argv: readonly string[], timeoutMs: number): Action => ({
  do: 'run',
  argv,
  timeoutMs,
  next: 'retry',
})
const systemctl = (...words: readonly string[]) =>
  run(['systemctl', ...words], SYSTEMCTL_TIMEOUT_MS)

type Now = {
  readonly is: MountIs
  readonly changed: readonly WantFile[]
  /** An automount of ours that the spec does not want any more. */
  readonly extra: readonly UnitText[]
  readonly wrongBoot: boolean
  /** The unit that is started, now and at boot. */
  readonly first: UnitText | undefined
  /** The other of the two, where it starts at boot as well. */
  readonly second: UnitText | undefined
}

function nowOf(want: WantMount, observed: Observed): Now {
  const { wish, units } = want
  const is = mountIs(wish, observed.mounts.get(wish.path) ?? [])
  if (units === undefined) {
    return { is, changed: [], extra: [], wrongBoot: false, first: undefined, second: undefined }
  }
  const [first, other] = wish.automount
    ? [units.automount, units.mount]
    : [units.mount, units.automount]
  const wanted = wish.automount ? [units.mount, units.automount] : [units.mount]
  const gone = wish.automount ? [] : [units.automount]
  return {
    is,
    changed: wanted.map(({ file }) => file).filter((file) => differs(file, observed)),
    extra: gone.filter(({ file }) => observed.files.has(file.path) && observed.ours.has(file.path)),
    wrongBoot: observed.units.get(first.name)?.boot !== 'enabled',
    first,
    second: observed.units.get(other.name)?.boot === 'enabled' ? other : undefined,
  }
}

export function diffMount(want: WantMount, observed: Observed): Diffed {
  const { wish } = want
  const id = mountId(wish.path)
  const now = nowOf(want, observed)
  const top = observed.mounts.get(wish.path)?.at(-1)
  const { is, changed, extra, wrongBoot, first, second } = now
  const boots = !wrongBoot && second === undefined
  if (is === 'right' && changed.length + extra.length === 0 && boots) {
    const why = top !== undefined && isAutofs(top) ? 'is mounted on first use' : 'is mounted'
    return { kept: { id, why } }
  }
  const why = [
    ...(is === 'right' ? [] : [`${rowText(top)} is mounted there, not ${wish.source}`]),
    ...changed.map((file) => `${file.path} differs`),
    ...extra.map(({ name }) => `${name} is not wanted`),
    ...(wrongBoot ? [`${first?.name} does not start at boot`] : []),
    ...(second === undefined ? [] : [`${second.name} starts at boot`]),
  ].join(', ')
  return {
    step: {
      id,
      why,
      ...effectOf(want, is),
      vips: want.vips,
      removes: 0,
      prepare: changed
        .filter((file) => isForeign(file.path, observed))
        .map((file) => ({ do: 'keep-original', path: file.path })),
      commit: commit(want, now),
      undo: undo(want, observed, now),
      cleanup: [],
      owns: [ownedMount(want)],
      diff: [
        ...changed.map(({ path, body }) => ({
          path,
          have: observed.files.get(path)?.body,
          want: body,
        })),
        ...extra.map(({ file: { path } }) => ({
          path,
          have: observed.files.get(path)?.body,
          want: undefined,
        })),
      ],
    },
  }
}

function effectOf({ name, wish }: WantMount, is: MountIs) {
  const { path, source } = wish
  if (is === 'wrong') {
    const says = `${path} is unmounted and mounted again (${name}: ${source}); while a program has files open there, nothing is changed`
    return { impact: 'reload', says } as const
  }
  const says =
    is === 'absent'
      ? `${source} is mounted at ${path}`
      : `${path} stays mounted; its units are put right`
  return { impact: 'quiet', says } as const
}

function commit(want: WantMount, now: Now): readonly Action[] {
  const { wish } = want
  const { is, changed, extra, wrongBoot, first, second } = now
  const off: readonly Action[] =
    is === 'wrong' ? [{ do: 'unmount', path: wish.path, units: extra.map(({ name }) => name) }] : []
  return [
    ...changed.map((file): Action => ({ ...file, do: 'write' })),
    // A wrong mount goes before its automount unit: stopping that one first would make PID 1 itself unmount, and wait.
    ...(extra.length === 0 ? [] : off),
    ...(second === undefined ? [] : [systemctl('disable', second.name)]),
    ...extra.map(({ file }): Action => ({ do: 'remove', path: file.path })),
    ...(changed.length + extra.length === 0 ? [] : [systemctl('daemon-reload')]),
    ...(extra.length === 0 ? off : []),
    ...(wrongBoot && first !== undefined ? [systemctl('enable', first.name)] : []),
    ...(is === 'right' ? [] : started(want, first)),
    { do: 'verify-mount', wish, timeoutMs: VERIFY_TIMEOUT_MS },
    ...changed.map((file): Action => ({ do: 'remember', path: file.path, body: file.body })),
  ]
}

/** An automount is there at once, whatever its server does; a mount waits for the server, no longer than its limit. */
function started({ wish, options, timeoutMs }: WantMount, first: UnitText | undefined) {
  if (first !== undefined) return [run(['systemctl', 'start', first.name], timeoutMs + SPARE_MS)]
  return [
    run(['mkdir', '-p', wish.path], SPARE_MS),
    run(['mount', '-t', 'nfs', '-o', options.join(','), wish.source, wish.path], timeoutMs),
  ]
}

function undo(want: WantMount, observed: Observed, now: Now): readonly Action[] {
  const { wish, units } = want
  const { is, changed, extra, wrongBoot, first, second } = now
  const all = units === undefined ? [] : [units.automount.name, units.mount.name]
  const files = [
    ...changed.map((file) => putBack(file, observed)),
    ...extra.map(({ file }) => putBack(file, observed)),
  ]
  const off: Action = {
    do: 'unmount',
    path: wish.path,
    units: is === 'absent' ? all : wrongBoot && first !== undefined ? [first.name] : [],
  }
  // What was proved before stands in files again; a mount that was there before is mounted by it.
  const again = is === 'wrong' && first !== undefined && !wrongBoot ? started(want, first) : []
  return [
    ...(is === 'right' ? [] : [off]),
    ...files,
    ...(files.length === 0 ? [] : [systemctl('daemon-reload')]),
    ...(is === 'right' && wrongBoot && files.length === 0 ? boot(first) : []),
    ...(second === undefined ? [] : [systemctl('enable', second.name)]),
    ...again,
  ]
}

/** Only the start at boot was wrong, and putting it right is what failed. */
const boot = (first: UnitText | undefined): readonly Action[] =>
  first === undefined ? [] : [systemctl('disable', first.name)]

/** NFS off first, then the automount, then the units. */
const ownedMount = ({ wish, units }: WantMount): Owned => {
  const texts = units === undefined ? [] : [units.automount, units.mount]
  return {
    id: mountId(wish.path),
    says: `${wish.path} is unmounted`,
    remove: [
      { do: 'unmount', path: wish.path, units: texts.map(({ name }) => name) },
      ...texts.map(({ file }) => ({ do: 'restore-original', path: file.path }) as const),
      ...(units === undefined
        ? []
        : [
            {
              do: 'run',
              argv: ['systemctl', 'daemon-reload'],
              timeoutMs: SYSTEMCTL_TIMEOUT_MS,
              next: 'retry',
            } as const,
          ]),
    ],
  }
}
