// Fake haproxy, nginx and keepalived behind a fake supervisor. Markers in a configuration say how it behaves:
// BROKEN fails the check, UNBINDABLE passes it and cannot be loaded, CRASH is loaded and dies at once.
import type { Daemon, DaemonStatus, Supervisor } from '../../agent/world.ts'
import type { FakeDisk } from './disk.ts'
import { effect, type Faults } from './faults.ts'

type Process = {
  pid: number
  running: boolean
  restarts: number
  /** The supervisor was told to keep it running. */
  wanted: boolean
  /** Text that the running process loaded. */
  loaded: string
  config: string
}
export type FakeDaemons = {
  readonly supervisor: Supervisor
  /** Text that the running process of this name loaded; undefined when it does not run. */
  loaded(name: string): string | undefined
  pid(name: string): number
  nameOf(pid: number): string | undefined
  /** kill -9 from outside; the supervisor starts it again when it is next looked at. */
  kill(name: string): void
  /** Hand-made start, outside of any supervisor call. */
  startByHand(name: string, config: string): void
  powerLoss(): void
}

export const passesCheck = (text: string): boolean => !text.includes('BROKEN')
export const loads = (text: string | undefined): text is string =>
  text !== undefined && !/BROKEN|UNBINDABLE|CRASH/.test(text)

const KNOWN = ['haproxy', 'keepalived', 'nginx']

function configOf(daemon: Daemon): string {
  if (!KNOWN.includes(daemon.name)) throw new Error(`FakeHost was not taught daemon ${daemon.name}`)
  const config = daemon.argv[daemon.argv.indexOf(daemon.name === 'nginx' ? '-c' : '-f') + 1]
  if (config === undefined)
    throw new Error(`FakeHost finds no configuration in ${daemon.argv.join(' ')}`)
  return config
}

export function fakeDaemons(disk: FakeDisk, faults: Faults): FakeDaemons {
  const all = new Map<string, Process>()
  let lastPid = 100
  const get = (name: string, config: string): Process => {
    const fresh = { pid: 0, running: false, restarts: 0, wanted: false, loaded: '', config }
    const found = all.get(name) ?? fresh
    all.set(name, found)
    found.config = config
    return found
  }
  /** Like a real fork: it never throws, a process that cannot load is simply gone. */
  const launch = (process: Process): void => {
    const text = disk.read(process.config)?.body
    process.running = loads(text)
    process.pid = process.running ? ++lastPid : 0
    process.loaded = text ?? ''
  }
  const reload = (process: Process): void => {
    const text = disk.read(process.config)?.body
    if (text?.includes('CRASH') === true) Object.assign(process, { running: false, pid: 0 })
    // What cannot be loaded leaves the old worker in service (FIELD 4.7).
    if (loads(text)) process.loaded = text
  }
  const stop = (process: Process): void =>
    void Object.assign(process, { running: false, pid: 0, wanted: false })
  const status = (process: Process): DaemonStatus => {
    if (process.wanted && !process.running) {
      process.restarts++
      launch(process)
    }
    const { running, pid, restarts } = process
    return { running, pid, restarts }
  }
  const doing = (verb: string, daemon: Daemon): Process => {
    effect(faults, `${verb} ${daemon.name}`)
    return get(daemon.name, configOf(daemon))
  }
  const started = (process: Process): void => {
    process.wanted = true
    if (!process.running) launch(process)
  }
  return {
    supervisor: {
      kind: 'builtin',
      status: async (daemon) => status(doing('status', daemon)),
      start: async (daemon) => started(doing('start', daemon)),
      reload: async (daemon) => {
        const process = doing('reload', daemon)
        if (!process.running) throw new Error(`cannot reload ${daemon.name}: it does not run`)
        reload(process)
      },
      restart: async (daemon) => {
        const process = doing('restart', daemon)
        stop(process)
        started(process)
      },
      stop: async (daemon) => stop(doing('stop', daemon)),
    },
    loaded: (name) => {
      const process = all.get(name)
      return process?.running === true ? process.loaded : undefined
    },
    pid: (name) => all.get(name)?.pid ?? 0,
    nameOf: (pid) => [...all].find(([, process]) => process.running && process.pid === pid)?.[0],
    kill: (name) => {
      const process = all.get(name)
      if (process !== undefined) Object.assign(process, { running: false, pid: 0 })
    },
    startByHand: (name, config) => started(get(name, config)),
    powerLoss: () => all.clear(),
  }
}
