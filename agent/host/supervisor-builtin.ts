// Keeps daemons alive where systemd is not PID 1. They run in sessions of their own and outlive the agent;
// a new agent adopts them by the notes in the run directory. Nothing here ever stops one unasked.
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Daemon, DaemonStatus, Supervisor } from '../world.ts'
import { type Note, readNote, removeNote, writeNote } from './daemon-note.ts'
import {
  alive,
  boundLog,
  clearGroup,
  launch,
  type Running,
  signal,
  terminate,
} from './daemon-process.ts'
import { HostError } from './host-error.ts'
import { ORPHANS_TIMEOUT_MS, STOP_TIMEOUT_MS, WATCH_INTERVAL_MS } from './limits.ts'
import { bootId, findByArgv, processStat, startTimeOf } from './processes.ts'
import { afterDeath, type Deaths, NO_DEATHS } from './restart-policy.ts'

/** pids: what the daemons of ours run as now; dispose: stop watching, leave everything running. */
export type HostSupervisor = Supervisor & {
  pids(): Promise<ReadonlySet<number>>
  dispose(): void
}

export type BuiltinOptions = {
  readonly runDirectory: string
  readonly log: (line: string) => void
  /** false for readers such as `hactl plan`: they look, they never adopt or restart. */
  readonly supervises: boolean
  readonly stopTimeoutMs?: number
}

/** A daemon that is to run. `current` is undefined between a death and the next start. */
type Kept = {
  daemon: Daemon
  current: Running | undefined
  /** Monotonic ms. */
  startedAt: number
  deaths: Deaths
  restarts: number
  /** Aborted by stop and restart: a start that waits for its backoff is called off. */
  waiting: AbortController
}
type State = BuiltinOptions & {
  readonly kept: Map<string, Kept>
  /** Per daemon: one operation after the other. */
  readonly queues: Map<string, Promise<unknown>>
  readonly boot: string
  disposed: boolean
}

const logPath = (state: State, daemon: Daemon): string =>
  `${state.runDirectory}/log/${daemon.name}.log`

function inTurn<T>(state: State, daemon: Daemon, work: () => Promise<T>): Promise<T> {
  const before = state.queues.get(daemon.name) ?? Promise.resolve()
  const after = before.then(work, work)
  state.queues.set(
    daemon.name,
    after.catch(() => undefined),
  )
  return after
}

const noteOf = (state: State, kept: Kept, at: Running): Note => ({
  ...at,
  boot: state.boot,
  restarts: kept.restarts,
})

/** The process of our note, or one with the same argv when the note is lost. */
async function find(
  state: State,
  daemon: Daemon,
): Promise<{ note: Note | undefined; running: Running | undefined }> {
  const note = await readNote(state.runDirectory, daemon.name)
  if (note !== undefined && note.boot === state.boot && alive(note)) {
    return { note, running: { pid: note.pid, startTime: note.startTime } }
  }
  const pid = findByArgv(daemon.argv)
  const startTime = pid === undefined ? 0 : startTimeOf(pid)
  return { note, running: pid === undefined || startTime === 0 ? undefined : { pid, startTime } }
}

/** Takes over what an agent before us started; what died while no agent watched is started again. */
async function adopt(state: State, daemon: Daemon): Promise<Kept | undefined> {
  const known = state.kept.get(daemon.name)
  if (known !== undefined) {
    known.daemon = daemon // a new command line counts from the next start
    return known
  }
  const { note, running } = await find(state, daemon)
  if (note === undefined && running === undefined) return undefined
  const kept: Kept = {
    daemon,
    current: running,
    startedAt: performance.now(),
    deaths: NO_DEATHS,
    restarts: note?.restarts ?? 0,
    waiting: new AbortController(),
  }
  state.kept.set(daemon.name, kept)
  if (running === undefined) {
    state.log(`${daemon.name} died while no agent watched`)
    kept.restarts++
    // Workers of that life may still hold its ports; another boot's pid says nothing.
    if (note?.boot === state.boot && processStat(note.pid) === undefined) {
      await clearGroup(note.pid, ORPHANS_TIMEOUT_MS)
    }
    await begin(state, kept)
  } else {
    state.log(`adopted ${daemon.name} (pid ${running.pid})`)
    await writeNote(state.runDirectory, daemon.name, noteOf(state, kept, running))
  }
  return kept
}

async function begin(state: State, kept: Kept): Promise<void> {
  const { daemon } = kept
  for (const path of daemon.leftovers ?? []) await rm(path, { force: true })
  const { child, running } = await launch(daemon.argv, logPath(state, daemon))
  kept.current = running
  kept.startedAt = performance.now()
  const ended = (): void => died(state, kept, running)
  child.once('exit', ended)
  if (child.exitCode !== null || child.signalCode !== null) ended() // before we listened
  await writeNote(state.runDirectory, daemon.name, noteOf(state, kept, running))
  state.log(`started ${daemon.name} (pid ${running.pid})`)
}

/** Called by the exit event and by the watch; only the first word about a life counts. */
function died(state: State, kept: Kept, life: Running): void {
  if (state.disposed || kept.current !== life) return
  kept.current = undefined
  if (state.kept.get(kept.daemon.name) !== kept) return // stopped on purpose
  kept.deaths = afterDeath(kept.deaths, performance.now() - kept.startedAt)
  kept.restarts++
  state.log(
    `${kept.daemon.name} (pid ${life.pid}) died, starting again in ${kept.deaths.delayMs} ms`,
  )
  void revive(state, kept, life.pid)
}

async function revive(state: State, kept: Kept, group: number): Promise<void> {
  const { signal: calledOff } = kept.waiting
  try {
    await clearGroup(group, ORPHANS_TIMEOUT_MS)
    if (kept.deaths.delayMs > 0) await sleep(kept.deaths.delayMs, undefined, { signal: calledOff })
    await inTurn(state, kept.daemon, async () => {
      const wanted = state.kept.get(kept.daemon.name) === kept && !state.disposed
      if (wanted && kept.current === undefined) await begin(state, kept)
    })
  } catch (error) {
    if (calledOff.aborted || state.disposed) return
    state.log(error instanceof Error ? error.message : String(error))
    // Executable gone for a moment (a package upgrade): it counts as one more death.
    kept.deaths = afterDeath(kept.deaths, 0)
    await sleep(kept.deaths.delayMs)
    if (state.kept.get(kept.daemon.name) === kept) void revive(state, kept, group)
  }
}

function watch(state: State): () => void {
  let rounds = 0
  const timer = setInterval(() => {
    rounds++
    for (const kept of state.kept.values()) {
      const { current } = kept
      if (current !== undefined && !alive(current)) died(state, kept, current)
      if (rounds % 200 === 0) boundLog(logPath(state, kept.daemon))
    }
  }, WATCH_INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}

async function status(state: State, daemon: Daemon): Promise<DaemonStatus> {
  if (!state.supervises) {
    const { note, running } = await find(state, daemon)
    const restarts = note?.restarts ?? 0
    return { running: running !== undefined, pid: running?.pid ?? 0, restarts }
  }
  const kept = await inTurn(state, daemon, () => adopt(state, daemon))
  const at = kept?.current
  const running = at !== undefined && alive(at)
  return { running, pid: running ? at.pid : 0, restarts: kept?.restarts ?? 0 }
}

async function start(state: State, daemon: Daemon): Promise<void> {
  const kept = await adopt(state, daemon)
  if (kept?.current !== undefined && alive(kept.current)) return
  const restarts = kept?.restarts ?? 0
  kept?.waiting.abort()
  const fresh: Kept = {
    daemon,
    current: undefined,
    startedAt: 0,
    deaths: NO_DEATHS, // somebody changed something, so it deserves a quick try
    restarts,
    waiting: new AbortController(),
  }
  state.kept.set(daemon.name, fresh)
  try {
    await begin(state, fresh)
  } catch (error) {
    state.kept.delete(daemon.name)
    throw error
  }
}

async function stop(state: State, daemon: Daemon): Promise<void> {
  const known = state.kept.get(daemon.name)
  const at = known?.current ?? (await find(state, daemon)).running
  known?.waiting.abort()
  state.kept.delete(daemon.name) // from here on a death is what we want
  await removeNote(state.runDirectory, daemon.name)
  if (at === undefined) return
  const ownGroup = processStat(at.pid)?.group === at.pid
  await terminate(at, state.stopTimeoutMs ?? STOP_TIMEOUT_MS)
  if (ownGroup) await clearGroup(at.pid, ORPHANS_TIMEOUT_MS)
  state.log(`stopped ${daemon.name} (pid ${at.pid})`)
}

async function reload(state: State, daemon: Daemon): Promise<void> {
  const at = (await adopt(state, daemon))?.current
  if (at === undefined || !signal(at, daemon.reloadSignal)) {
    throw new HostError(`reload ${daemon.name}`, new Error('it does not run'))
  }
}

async function pids(state: State): Promise<ReadonlySet<number>> {
  const running = [...state.kept.values()].flatMap(({ current }) => current?.pid ?? [])
  const noted = await Promise.all(
    ['haproxy', 'keepalived', 'nginx'].map((name) => readNote(state.runDirectory, name)),
  )
  const live = noted.flatMap((note) =>
    note !== undefined && note.boot === state.boot && alive(note) ? [note.pid] : [],
  )
  return new Set([...running, ...live])
}

/** The watch keeps no process alive: an agent that ends leaves its daemons running. */
export function builtinSupervisor(options: BuiltinOptions): HostSupervisor {
  const state: State = {
    ...options,
    kept: new Map(),
    queues: new Map(),
    boot: bootId(),
    disposed: false,
  }
  const unwatch = options.supervises ? watch(state) : (): void => undefined
  const acting =
    (doing: string, work: (state: State, daemon: Daemon) => Promise<void>) =>
    async (daemon: Daemon): Promise<void> => {
      if (!options.supervises) {
        throw new HostError(`${doing} ${daemon.name}`, new Error('this host is only read'))
      }
      await inTurn(state, daemon, () => work(state, daemon))
    }
  return {
    kind: 'builtin',
    status: (daemon) => status(state, daemon),
    start: acting('start', start),
    reload: acting('reload', reload),
    restart: acting('restart', async (s, daemon) => {
      await stop(s, daemon)
      await start(s, daemon)
    }),
    stop: acting('stop', stop),
    pids: () => pids(state),
    dispose() {
      state.disposed = true
      unwatch()
    },
  }
}
