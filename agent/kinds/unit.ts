// A systemd unit that somebody else ships, with our files for it. Pure diff. systemctl's exit is never a proof.
import type { Action } from '../action.ts'
import type { Diffed, Impact, Observed, Owned, WantUnit } from '../plan/types.ts'
import { differs, fileId, isForeign, putBack, whyDiffers } from './plain-file.ts'

const SYSTEMCTL_TIMEOUT_MS = 90_000
const CHECK_TIMEOUT_MS = 20_000
const VERIFY_TIMEOUT_MS = 15_000
/** UnitFileState of units that cannot be enabled, because something else starts them. */
const NO_BOOT = ['static', 'indirect', 'generated', 'transient', 'alias', 'enabled-runtime', '']

type RunAction = Extract<Action, { do: 'run' }>

export const unitId = (unit: string) => `unit:${unit}`

const systemctl = (...words: readonly string[]): RunAction => ({
  do: 'run',
  argv: ['systemctl', ...words],
  timeoutMs: SYSTEMCTL_TIMEOUT_MS,
  next: 'retry',
})

/** "reloading" still serves (systemctl(1)). */
const runs = (active: string | undefined) => active === 'active' || active === 'reloading'

export function diffUnit(want: WantUnit, observed: Observed): Diffed {
  const id = unitId(want.unit)
  const have = observed.units.get(want.unit)
  const running = runs(have?.active)
  const changed = want.files.filter((file) => differs(file, observed))
  const wrongState = (want.state === 'running') !== running
  const masked = have?.boot === 'masked'
  const wrongBoot =
    have === undefined || NO_BOOT.includes(have.boot)
      ? false
      : want.boot !== (have.boot === 'enabled')
  if (changed.length === 0 && !wrongState && !wrongBoot) {
    return { kept: { id, why: `is ${have?.active ?? 'unknown'}, files match` } }
  }
  const now: Now = { running, wrongBoot, masked }
  const why = [
    ...(have?.loaded === true ? [] : ['systemd does not know it yet']),
    ...(wrongState ? [`is ${have?.active ?? 'unknown'}`] : []),
    ...(wrongBoot ? [`is ${have?.boot} at boot`] : []),
    ...changed.map((file) => whyDiffers(file, observed)),
  ].join(', ')
  return {
    step: {
      id,
      why,
      ...effectOf(want, running, changed.length > 0),
      vips: [],
      removes: 0,
      prepare: changed
        .filter((file) => isForeign(file.path, observed))
        .map((file) => ({ do: 'keep-original', path: file.path })),
      commit: commit(want, changed, now),
      undo: undo(want, observed, changed, now),
      cleanup: [],
      owns: changed.map((file) => ownedFile(want.unit, file.path)),
      diff: changed.map((file) => ({
        path: file.path,
        have: observed.files.get(file.path)?.body,
        want: file.body,
      })),
    },
  }
}

/** A file that leaves the spec leaves the service too; the unit goes on with what stood there before. */
const ownedFile = (unit: string, path: string): Owned => ({
  id: fileId(path),
  says: `${path} is taken away, ${unit} loads what is left`,
  remove: [
    { do: 'restore-original', path },
    ...(path.startsWith('/etc/systemd/') ? [systemctl('daemon-reload')] : []),
    // Also known to systemd 219; it does nothing for a unit that does not run.
    systemctl('reload-or-try-restart', unit),
  ],
})

function effectOf(
  want: WantUnit,
  running: boolean,
  changed: boolean,
): { impact: Impact; says: string } {
  const { unit } = want
  if (want.state === 'stopped') {
    return running
      ? { impact: 'destroys', says: `${unit} stops on this node` }
      : { impact: 'quiet', says: `${unit} stays stopped, also at boot` }
  }
  if (!running) return { impact: 'quiet', says: `${unit} is started; it served nothing before` }
  if (!changed) return { impact: 'quiet', says: `${unit} starts at boot from now on` }
  return want.change === 'reload'
    ? { impact: 'reload', says: `${unit} loads its configuration again` }
    : { impact: 'blinks', says: `${unit} restarts on this node` }
}

type Now = { readonly running: boolean; readonly wrongBoot: boolean; readonly masked: boolean }

function commit(want: WantUnit, changed: WantUnit['files'], now: Now): readonly Action[] {
  const { unit, state } = want
  const load: readonly Action[] = !now.running
    ? [systemctl('start', unit)]
    : changed.length > 0
      ? [systemctl(want.change === 'reload' ? 'reload-or-restart' : 'restart', unit)]
      : []
  return [
    ...changed.map((file): Action => ({ ...file, do: 'write' })),
    ...(want.check === undefined || changed.length === 0 ? [] : [checked(want.check)]),
    ...daemonReload(changed),
    ...(now.masked && state === 'running' ? [systemctl('unmask', unit)] : []),
    ...(now.wrongBoot ? [systemctl(want.boot ? 'enable' : 'disable', unit)] : []),
    ...(state === 'running' ? load : now.running ? [systemctl('stop', unit)] : []),
    { do: 'verify-unit', unit, state, timeoutMs: VERIFY_TIMEOUT_MS },
    ...changed.map((file): Action => ({ do: 'remember', path: file.path, body: file.body })),
  ]
}

/** systemd reads units and drop-ins only when told to. */
const daemonReload = (changed: WantUnit['files']): readonly Action[] =>
  changed.some((file) => file.path.startsWith('/etc/systemd/')) ? [systemctl('daemon-reload')] : []

const checked = (argv: readonly string[]): Action => ({
  do: 'run',
  argv,
  timeoutMs: CHECK_TIMEOUT_MS,
  next: 'wait',
})

/** Files go back to what last worked and are loaded again; it runs, and starts at boot, exactly if it did before. */
function undo(
  want: WantUnit,
  observed: Observed,
  changed: WantUnit['files'],
  now: Now,
): readonly Action[] {
  const { unit, state } = want
  const boot: readonly Action[] = [
    ...(now.wrongBoot ? [systemctl(want.boot ? 'disable' : 'enable', unit)] : []),
    ...(now.masked && state === 'running' ? [systemctl('mask', unit)] : []),
  ]
  const run: readonly Action[] = now.running
    ? state === 'stopped'
      ? [systemctl('start', unit)]
      : changed.length > 0
        ? [systemctl('reload-or-restart', unit)]
        : []
    : state === 'running'
      ? [systemctl('stop', unit)]
      : []
  return [
    ...changed.map((file) => putBack(file, observed)),
    ...daemonReload(changed),
    ...run,
    ...boot,
  ]
}
