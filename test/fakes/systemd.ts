// A fake systemctl and modprobe: units and modules in memory. A unit whose files say BROKEN fails its program's check.
import type { Exec } from '../../agent/world.ts'

type Unit = { active: string; boot: string }
export type FakeSystemd = {
  readonly units: Map<string, Unit>
  readonly modules: Set<string>
  /** A package brings the unit of its name, running and enabled. */
  installed(name: string): void
  /** undefined for a program that is not this one's. */
  run(argv: readonly string[]): Exec | undefined
  powerLoss(): void
}

const exec = (code: number, stdout = '', stderr = ''): Exec => ({
  code,
  signal: null,
  stdout,
  stderr,
})

export function fakeSystemd(): FakeSystemd {
  const units = new Map<string, Unit>()
  const modules = new Set<string>()
  const show = (names: readonly string[]): Exec => {
    const blocks = names.map((name) => {
      const unit = units.get(name)
      const load = unit === undefined ? 'not-found' : 'loaded'
      return `LoadState=${load}\nActiveState=${unit?.active ?? 'inactive'}\nUnitFileState=${unit?.boot ?? ''}`
    })
    return exec(0, `${blocks.join('\n\n')}\n`)
  }
  const verbs: Readonly<Record<string, Partial<Unit>>> = {
    start: { active: 'active' },
    restart: { active: 'active' },
    'reload-or-restart': { active: 'active' },
    'reload-or-try-restart': {},
    stop: { active: 'inactive' },
    enable: { boot: 'enabled' },
    disable: { boot: 'disabled' },
    mask: { boot: 'masked' },
    unmask: { boot: 'disabled' },
  }
  return {
    units,
    modules,
    installed: (name) => {
      const unit = name === 'nfs-kernel-server' ? 'nfs-server' : name
      units.set(`${unit}.service`, { active: 'active', boot: 'enabled' })
    },
    run: ([program, verb = '', ...rest]) => {
      if (program === 'modprobe' && rest.length === 0) {
        modules.add(verb)
        return exec(0)
      }
      if (program !== 'systemctl') return undefined
      if (verb === 'daemon-reload' && rest.length === 0) return exec(0)
      if (verb === 'show') return show(rest.slice(rest.indexOf('--') + 1))
      const [name = '', ...more] = rest
      const act = verbs[verb]
      if (act === undefined || more.length > 0) return undefined
      const unit = units.get(name)
      if (unit === undefined) return exec(5, '', `Unit ${name} could not be found.`)
      Object.assign(unit, act)
      return exec(0)
    },
    powerLoss: () => {
      modules.clear()
      for (const unit of units.values())
        unit.active = unit.boot === 'enabled' ? 'active' : 'inactive'
    },
  }
}
