// A fake NFS server and client: the table of exportfs, the kernel's mount table, and systemd's units for mounts.
import { ETAB_PATH } from '../../agent/kinds/exports.ts'
import { MOUNTINFO_PATH } from '../../agent/kinds/mount-table.ts'
import type { Exec, FileState } from '../../agent/world.ts'
import { passesCheck } from './daemons.ts'
import type { FakeDisk } from './disk.ts'

type Row = {
  readonly path: string
  readonly type: string
  readonly source: string
  readonly options: string
}
export type FakeNfs = {
  /** Lines of etab. */
  readonly exported: string[]
  /** The topmost last. */
  readonly mounts: Row[]
  /** Directories whose server is dead or that programs use. */
  readonly dead: Set<string>
  readonly busy: Set<string>
  read(path: string): FileState | undefined
  /** undefined for a program that is not this one's. */
  run(argv: readonly string[]): Exec | undefined
  powerLoss(): void
}

const UNITS = '/etc/systemd/system/'
const exec = (code: number | null, stderr = '', stdout = ''): Exec => ({
  code,
  signal: code === null ? 'SIGKILL' : null,
  stdout,
  stderr,
})
const keyOf = (text: string, key: string): string =>
  new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? ''

type Units = Map<string, { active: string; boot: string }>

/** What systemd does with units of mounts; undefined for all other units. */
function systemctl(verb: string, name: string, disk: FakeDisk, units: Units, mounts: Row[]) {
  const text = disk.read(`${UNITS}${name}`)?.body
  const isAutomount = name.endsWith('.automount')
  if (!isAutomount && !name.endsWith('.mount')) return undefined
  if (verb === 'start') {
    if (text === undefined || !units.has(name)) return exec(5, `Unit ${name} not found.`)
    const path = keyOf(text, 'Where')
    const there = mounts.some((row) => row.path === path)
    if (isAutomount) {
      if (!there) mounts.push({ path, type: 'autofs', source: 'systemd-1', options: 'rw' })
      return exec(0)
    }
    if (!there || mounts.every((row) => row.path !== path || row.type === 'autofs')) {
      mounts.push({
        path,
        type: 'nfs4',
        source: keyOf(text, 'What'),
        options: keyOf(text, 'Options'),
      })
    }
    return exec(0)
  }
  if (verb === 'stop' && isAutomount) {
    const path = text === undefined ? undefined : keyOf(text, 'Where')
    const at = mounts.findIndex((row) => row.path === path && row.type === 'autofs')
    if (at >= 0) mounts.splice(at, 1)
    return at >= 0 ? exec(0) : exec(5, `Unit ${name} not loaded.`)
  }
  return undefined
}

/** Units of mounts are there as soon as systemd has read their files, and gone without. */
function reload(disk: FakeDisk, units: Units): void {
  const files = disk.list(UNITS).filter((name) => /\.(?:auto)?mount$/.test(name))
  for (const name of files) {
    if (!units.has(name)) units.set(name, { active: 'inactive', boot: 'disabled' })
  }
  for (const name of [...units.keys()]) {
    if (/\.(?:auto)?mount$/.test(name) && !files.includes(name)) units.delete(name)
  }
}

function exportfs(disk: FakeDisk, exported: string[]): Exec {
  const texts = disk
    .paths()
    .filter((path) => path.startsWith('/etc/exports.d/') && path.endsWith('.exports'))
    .map((path) => disk.read(path)?.body ?? '')
  if (!texts.every(passesCheck)) return exec(1, 'Syntax error')
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('/'))
  exported.splice(0, exported.length, ...lines.map((line) => line.replace(' ', '\t')))
  return exec(0)
}

export function fakeNfs(disk: FakeDisk, units: Units): FakeNfs {
  const exported: string[] = []
  const mounts: Row[] = []
  const dead = new Set<string>()
  const busy = new Set<string>()
  const umount = (path: string, lazy: boolean): Exec => {
    const at = mounts.findLastIndex((row) => row.path === path && row.type !== 'autofs')
    if (at < 0) return exec(32, `umount: ${path}: not mounted.`)
    if (!lazy && dead.has(path)) return exec(null)
    if (!lazy && busy.has(path)) return exec(32, `umount: ${path}: target is busy.`)
    mounts.splice(at, 1)
    return exec(0)
  }
  return {
    exported,
    mounts,
    dead,
    busy,
    read: (path) => {
      if (path === ETAB_PATH) return { body: exported.map((l) => `${l}\n`).join(''), mode: 0o644 }
      if (path !== MOUNTINFO_PATH) return undefined
      const lines = mounts.map(
        (row) => `36 35 0:42 / ${row.path} rw - ${row.type} ${row.source} ${row.options}\n`,
      )
      return { body: lines.join(''), mode: 0o444 }
    },
    run: ([program, ...args]) => {
      const last = args.at(-1) ?? ''
      if (program === 'exportfs' && args.join(' ') === '-ra') return exportfs(disk, exported)
      if (program === 'stat' && args[0] === '-c') return exec(0, '', 'directory\n')
      if (program === 'mkdir' && args[0] === '-p') return exec(0)
      if (program === 'umount') return umount(last, args.includes('-l'))
      if (program === 'mount' && args[0] === '-t') {
        const [, , , options = '', source = ''] = args
        mounts.push({ path: last, type: 'nfs4', source, options })
        return exec(0)
      }
      if (program !== 'systemctl') return undefined
      if (args[0] === 'daemon-reload') reload(disk, units)
      return systemctl(args[0] ?? '', last, disk, units, mounts)
    },
    powerLoss: () => {
      mounts.length = 0
      exported.length = 0
    },
  }
}
