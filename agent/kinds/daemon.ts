// A daemon with its configuration: candidate, check, move, reload, verify; undo goes to what last loaded.
import type { Action } from '../action.ts'
import type { Diffed, Impact, Observed, Step, WantDaemon, WantFile } from '../plan/types.ts'
import type { Daemon } from '../world.ts'
import { liveCommands } from './live.ts'
import { differs, isForeign, whyDiffers } from './plain-file.ts'

export const VERIFY_TIMEOUT_MS = 5_000
const DIGEST = /hactl[:_]([0-9a-f]{16})/

/** Pure. Compares configuration on disk, the running process and its live settings with the want. */
export function diffDaemon(want: WantDaemon, observed: Observed): Diffed {
  const id = `daemon:${want.daemon.name}`
  const have = observed.daemons.get(want.daemon.name)
  const running = have?.running === true
  const proven = running && have.digest === want.digest
  const changed = want.files.filter((f) => differs(f, observed))
  const live = running && want.live !== undefined ? liveCommands(want.live, observed.servers) : []
  if (changed.length === 0 && proven && live.length === 0) {
    return { kept: { id, why: `runs ${want.digest} (pid ${have.pid}), files match` } }
  }
  const main = want.files[0]
  const text = main === undefined ? undefined : observed.files.get(main.path)?.body
  const need = needOf(changed.length > 0, running, proven)
  const { impact, says } = classify(want, need, text)
  // A reload brings weights and states along with the file; only without one are they set by hand.
  const reloads = need === 'reload' && (impact !== 'live' || !proven)
  return {
    step: {
      id,
      why: whyOf(
        changed.map((f) => whyDiffers(f, observed)),
        running,
        proven,
        live.length,
      ),
      impact,
      says,
      vips: want.vips,
      removes: 0,
      prepare: prepare(want, changed, observed),
      commit: commit(
        want,
        changed,
        reloads ? 'reload' : need === 'start' ? 'start' : 'nothing',
        live,
      ),
      undo: undo(want, observed, running),
      cleanup: want.files.flatMap((f): Action[] => [
        { do: 'remove', path: candidate(f.path) },
        { do: 'remove', path: spare(f.path) },
      ]),
      diff: changed.map((f) => ({
        path: f.path,
        have: observed.files.get(f.path)?.body,
        want: f.body,
      })),
    },
  }
}

/** Pure. A daemon whose files are ours and which nothing wants any more is stopped. */
export function removeDaemon(
  daemon: Daemon,
  path: string,
  vips: readonly string[],
  observed: Observed,
): Step {
  const body = observed.good.get(path) ?? observed.files.get(path)?.body
  return {
    id: `daemon:${daemon.name}`,
    why: 'the spec gives this node nothing for it to do',
    impact: 'destroys',
    says: `${daemon.name} stops on this node`,
    vips,
    removes: 1,
    prepare: body === undefined ? [] : [{ do: 'write', path: spare(path), body, mode: 0o600 }],
    commit: [
      { do: 'stop', daemon },
      { do: 'remove', path },
    ],
    undo:
      body === undefined
        ? []
        : [
            { do: 'write', path, body, mode: 0o600, from: spare(path) },
            { do: 'start', daemon },
          ],
    cleanup: [{ do: 'remove', path: spare(path) }],
    diff: [{ path, have: observed.files.get(path)?.body, want: undefined }],
  }
}

type Need = 'start' | 'reload' | 'nothing'

const needOf = (changed: boolean, running: boolean, proven: boolean): Need => {
  if (!running) return 'start'
  return changed || !proven ? 'reload' : 'nothing'
}

function whyOf(changed: readonly string[], running: boolean, proven: boolean, live: number) {
  const parts = [
    ...changed,
    ...(running ? [] : ['it does not run']),
    ...(running && !proven && changed.length === 0 ? ['it runs another configuration'] : []),
    ...(live > 0 ? [`${live} live server settings differ`] : []),
  ]
  return parts.join(', ')
}

function classify(want: WantDaemon, need: Need, text: string | undefined) {
  const main = want.files[0]
  if (main !== undefined && text !== main.body) return want.impact(text)
  const name = want.daemon.name
  if (need === 'start') {
    const impact: Impact = want.vips.length > 0 ? 'moves' : 'quiet'
    return { impact, says: `${name} is started; it served nothing before` }
  }
  if (need === 'reload') {
    const impact: Impact = 'reload'
    return { impact, says: `${name} loads the configuration that already stands on disk` }
  }
  const impact: Impact = 'live'
  return { impact, says: `${name} takes server settings over its socket, no reload` }
}

/** What was checked is what is moved into place. */
const candidate = (path: string) => `${path}.hactl-candidate`
/**
 * The text that undo puts back, durable beside the target before commit touches anything: undo is then a
 * rename, and a disk that fills up between the two, or a kill, cannot take the way back away. It needs
 * the space before the change instead of after: a full disk refuses the change, it never breaks it.
 */
const spare = (path: string) => `${path}.hactl-undo`

/** The check also runs where only the process is behind: what is on disk may be a hand edit. */
function prepare(want: WantDaemon, changed: readonly WantFile[], observed: Observed): Action[] {
  const foreign = changed.filter((f) => isForeign(f.path, observed))
  const main = want.files[0]
  return [
    ...foreign.map((f): Action => ({ do: 'keep-original', path: f.path })),
    ...changed.map(
      (f): Action => ({
        do: 'write',
        path: candidate(f.path),
        body: f.body,
        mode: f.mode,
        // Left by a pass that was killed before its undo: then it is just the text to go back to.
        from: spare(f.path),
      }),
    ),
    ...want.files.flatMap((f): Action[] => {
      const body = back(f, observed)
      if (body === undefined || body === f.body) return []
      return [{ do: 'write', path: spare(f.path), body, mode: f.mode }]
    }),
    ...(main === undefined
      ? []
      : [
          {
            do: 'check',
            engine: want.engine,
            path: changed.includes(main) ? candidate(main.path) : main.path,
          } satisfies Action,
        ]),
    ...(want.binds.length === 0 ? [] : [{ do: 'preflight', binds: want.binds } satisfies Action]),
  ]
}

function commit(
  want: WantDaemon,
  changed: readonly WantFile[],
  load: Need,
  live: readonly string[],
): Action[] {
  const daemon = want.daemon
  const socket = want.live?.socket
  return [
    ...changed.map(
      (f): Action => ({
        do: 'write',
        path: f.path,
        body: f.body,
        mode: f.mode,
        from: candidate(f.path),
      }),
    ),
    ...(load === 'nothing' ? [] : [{ do: load, daemon } satisfies Action]),
    ...(load !== 'nothing' || socket === undefined
      ? []
      : live.map((command): Action => ({ do: 'live', socket, command }))),
    { do: 'verify', engine: want.engine, digest: want.digest, timeoutMs: VERIFY_TIMEOUT_MS },
    ...want.files.map((f): Action => ({ do: 'remember', path: f.path, body: f.body })),
  ]
}

/** What last proved to load; before the first proof the hand-made original; else nothing. */
function back(file: WantFile, { good, originals, ours, files }: Observed): string | undefined {
  const original = ours.has(file.path) ? originals.get(file.path) : files.get(file.path)?.body
  return good.get(file.path) ?? original
}

function undo(want: WantDaemon, observed: Observed, running: boolean): Action[] {
  const main = want.files[0]
  if (main === undefined) return []
  const text = back(main, observed)
  const daemon = want.daemon
  if (text === undefined) {
    return [
      { do: 'stop', daemon },
      ...want.files.map((f): Action => ({ do: 'remove', path: f.path })),
    ]
  }
  const files = want.files.map((f): Action => {
    const body = back(f, observed)
    return body === undefined
      ? { do: 'remove', path: f.path }
      : { do: 'write', path: f.path, body, mode: f.mode, from: spare(f.path) }
  })
  const digest = DIGEST.exec(text)?.[1]
  const proof: readonly Action[] =
    digest === undefined
      ? []
      : [{ do: 'verify', engine: want.engine, digest, timeoutMs: VERIFY_TIMEOUT_MS }]
  return [...files, { do: running ? 'reload' : 'start', daemon }, ...proof]
}
