// A strict systemctl with the part of systemd behind it: units from their drop-ins, restarts, and its refusals.
// What is not taught here throws; what systemd refuses is answered with its exit code and words (systemctl(1)).
import { readFileSync } from 'node:fs'
import type { Exec } from '../../agent/world.ts'

type Unit = {
  /** From the drop-in as it was at the last daemon-reload. */
  restarts: boolean
  enabled: boolean
  state: 'inactive' | 'active' | 'failed'
  pid: number
  count: number
  reloads: number
}
export type FakeSystemd = {
  readonly run: (argv: readonly string[], timeoutMs: number) => Promise<Exec>
  /** kill -9 of the main process: systemd starts it again where the unit says so. */
  kill(unit: string): void
  alive(pid: number): boolean
  reloads(unit: string): number
  enabled(unit: string): boolean
}

const SHOWN = ['ActiveState', 'MainPID', 'NRestarts']
const exec = (code: number, stdout = '', stderr = ''): Exec => ({
  code,
  signal: null,
  stdout,
  stderr,
})
const done = exec(0)

/** Knows the units named; their drop-ins are read from `unitDirectory`. */
export function fakeSystemd(unitDirectory: string, names: readonly string[]): FakeSystemd {
  let lastPid = 1000
  const fresh = { restarts: false, enabled: false, pid: 0, count: 0, reloads: 0 }
  const units = new Map(
    names.map((name): [string, Unit] => [name, { ...fresh, state: 'inactive' }]),
  )
  const launch = (unit: Unit): void => void Object.assign(unit, { state: 'active', pid: ++lastPid })
  const end = (unit: Unit, state: 'inactive' | 'failed'): void =>
    void Object.assign(unit, { state, pid: 0 })
  const daemonReload = (): Exec => {
    for (const [name, unit] of units) unit.restarts = restartsIn(`${unitDirectory}/${name}.d`)
    return done
  }
  const act = (verb: string, name: string, unit: Unit): Exec => {
    switch (verb) {
      case 'enable':
      case 'disable':
        unit.enabled = verb === 'enable'
        return done
      case 'is-enabled':
        return unit.enabled ? exec(0, 'enabled\n') : exec(1, 'disabled\n')
      case 'reset-failed':
        if (unit.state === 'failed') end(unit, 'inactive')
        unit.count = 0
        return done
      case 'start':
        if (unit.state !== 'active') launch(unit)
        return done
      case 'restart':
        launch(unit)
        return done
      case 'stop':
        end(unit, 'inactive')
        return done
      case 'reload':
        if (unit.state !== 'active') {
          return exec(1, '', `${name} is not active, cannot reload.\n`)
        }
        unit.reloads++
        return done
      default:
        throw new Error(`fake systemctl was not taught: ${verb} ${name}`)
    }
  }
  return {
    run: async ([program, ...words]) => {
      if (program !== 'systemctl') throw new Error(`fake systemctl was called as ${program}`)
      if (words.join(' ') === 'daemon-reload') return daemonReload()
      const [verb = '', ...rest] = words
      const name = rest.at(-1) ?? ''
      const unit = units.get(name)
      if (verb === 'show') return show(rest, unit)
      if (rest.length !== 1) throw new Error(`fake systemctl was not taught: ${words.join(' ')}`)
      if (unit !== undefined) return act(verb, name, unit)
      return exec(5, '', `Failed to ${verb} ${name}: Unit ${name} not found.\n`)
    },
    kill: (name) => {
      const unit = units.get(name)
      if (unit === undefined || unit.state !== 'active') return
      end(unit, 'failed')
      if (!unit.restarts) return
      unit.count++
      launch(unit)
    },
    alive: (pid) => [...units.values()].some((unit) => unit.pid === pid && pid > 0),
    reloads: (name) => units.get(name)?.reloads ?? 0,
    enabled: (name) => units.get(name)?.enabled === true,
  }
}

/** `show` of an unknown unit succeeds: it is inactive. */
function show(words: readonly string[], unit: Unit | undefined): Exec {
  const [flag, properties = '', ...rest] = words
  if (flag !== '-p' || rest.length !== 1 || properties.split(',').some((p) => !SHOWN.includes(p))) {
    throw new Error(`fake systemctl was not taught: show ${words.join(' ')}`)
  }
  const { state = 'inactive', pid = 0, count = 0 } = unit ?? {}
  const values = { ActiveState: state, MainPID: `${pid}`, NRestarts: `${count}` }
  return exec(
    0,
    `${Object.entries(values)
      .map(([k, v]) => `${k}=${v}`)
      .join('\n')}\n`,
  )
}

function restartsIn(directory: string): boolean {
  try {
    return /^Restart=always$/m.test(readFileSync(`${directory}/50-hactl.conf`, 'utf8'))
  } catch {
    return false // no drop-in: distributions ship haproxy with Restart=always and keepalived without
  }
}
