// Daemons as units where systemd is PID 1. What systemctl returns is never proof: verification asks the daemon.
import { RUN_DIRECTORY } from '../providers/haproxy/paths.ts'
import { HEALTH_DIRECTORY } from '../providers/keepalived/paths.ts'
import type { Daemon, DaemonStatus } from '../world.ts'
import { readFileState, writeFileAtomic } from './files.ts'
import { HostError } from './host-error.ts'
import type { Run } from './network.ts'
import type { HostSupervisor } from './supervisor-builtin.ts'

const SHOW_TIMEOUT_MS = 5_000
const ACT_TIMEOUT_MS = 60_000

export type SystemdOptions = {
  readonly run: Run
  /** Replaced in tests. */
  readonly systemctl?: readonly string[]
  readonly unitDirectory?: string
  readonly tmpfilesDirectory?: string
}

// Restart=always: keepalived exits 0 on permanent configuration errors (keepalived#2069), and on-failure would leave
// it dead. StartLimitInterval=0 in [Service] is what systemd 219 knows, and newer ones still take; the name with Sec in
// [Unit] came with 230. Only what the distribution's unit lacks is added; how the daemon is executed stays the package's matter.
/** `leftovers` go before each start: ExecStartPre lines of a drop-in add to the unit's own (systemd.service(5)). */
const dropInText = ({
  leftovers = [],
}: Daemon): string => `# Written by hactl; changes are overwritten.
[Unit]
Wants=network-online.target
After=network-online.target

[Service]
Restart=always
RestartSec=100ms
StartLimitInterval=0
${leftovers.map((path) => `ExecStartPre=-/bin/rm -f ${path}\n`).join('')}`
// After a boot the daemons start beside the agent or before it: haproxy cannot bind its sockets in a folder that is not
// there, and keepalived ignores a track file without one until its next reload.
const TMPFILES = `# Written by hactl; changes are overwritten.
d ${RUN_DIRECTORY} 0755 root root -
d ${HEALTH_DIRECTORY} 0755 root root -
`

/** `Key=value` lines of `systemctl show`. Pure. */
export function parseShow(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
    }),
  )
}

/** A count or pid; 0 for `[not set]` and for keys that an old systemd (219 has no NRestarts) does not know. */
const numberOf = (text: string | undefined): number =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0

// "reloading" still serves; "activating" waits for its next start after a death.
const RUNNING: readonly (string | undefined)[] = ['active', 'reloading', 'refreshing']

/** Answers of is-enabled. "enabled-runtime" is gone after a reboot; static units start by what wants them. */
const STARTS_AT_BOOT: readonly string[] = ['enabled', 'static', 'generated', 'alias']

function statusIn(shown: string): DaemonStatus {
  const values = parseShow(shown)
  const pid = numberOf(values.get('MainPID'))
  const running = RUNNING.includes(values.get('ActiveState')) && pid > 0
  return { running, pid: running ? pid : 0, restarts: numberOf(values.get('NRestarts')) }
}

export function systemdSupervisor(options: SystemdOptions): HostSupervisor {
  const systemctl = options.systemctl ?? ['systemctl']
  const unitDirectory = options.unitDirectory ?? '/etc/systemd/system'
  const tmpfilesDirectory = options.tmpfilesDirectory ?? '/etc/tmpfiles.d'
  const seen = new Set(['haproxy.service', 'nginx.service', 'keepalived.service'])

  const act = async (...words: readonly string[]): Promise<void> => {
    const result = await options.run([...systemctl, ...words], ACT_TIMEOUT_MS)
    if (result.code === 0) return
    const says = result.stderr.trim() || `exit ${result.code ?? result.signal}`
    throw new HostError(`systemctl ${words.join(' ')}`, new Error(says))
  }
  const show = async (unit: string): Promise<DaemonStatus> => {
    seen.add(unit)
    const argv = [...systemctl, 'show', '-p', 'ActiveState,MainPID,NRestarts', unit]
    const result = await options.run(argv, SHOW_TIMEOUT_MS)
    if (result.code !== 0) {
      throw new HostError(`see unit ${unit}`, new Error(result.stderr.trim()))
    }
    return statusIn(result.stdout)
  }
  const dropIn = async (daemon: Daemon): Promise<void> => {
    const { unit } = daemon
    const text = dropInText(daemon)
    const folders = `${tmpfilesDirectory}/hactl.conf`
    if ((await readFileState(folders))?.body !== TMPFILES)
      await writeFileAtomic(folders, TMPFILES, 0o644)
    const path = `${unitDirectory}/${unit}.d/50-hactl.conf`
    if ((await readFileState(path))?.body === text) return
    await writeFileAtomic(path, text, 0o644)
    await act('daemon-reload')
  }
  /**
   * After a power cut the node serves what last loaded even if no agent comes up. Asked first: where a package brings a
   * SysV script too, enable takes seconds (systemd-sysv-install), and packages of Debian enable their units anyway.
   */
  const enable = async (unit: string): Promise<void> => {
    const { stdout } = await options.run([...systemctl, 'is-enabled', unit], SHOW_TIMEOUT_MS)
    if (!STARTS_AT_BOOT.includes(stdout.trim())) await act('enable', unit)
  }
  const bring = async (verb: 'start' | 'restart', daemon: Daemon): Promise<void> => {
    const { unit } = daemon
    await dropIn(daemon)
    // A unit that failed too often before our drop-in came refuses to start; one never seen has no such state.
    await options.run([...systemctl, 'reset-failed', unit], SHOW_TIMEOUT_MS)
    await act(verb, unit)
    await enable(unit)
  }
  return {
    kind: 'systemd',
    status: ({ unit }) => show(unit),
    start: (daemon) => bring('start', daemon),
    reload: async (daemon) => {
      const { unit } = daemon
      await dropIn(daemon)
      await act('reload', unit)
      await enable(unit)
    },
    restart: (daemon) => bring('restart', daemon),
    stop: async ({ unit }) => {
      await act('stop', unit)
      await act('disable', unit)
    },
    async pids() {
      const all = await Promise.all([...seen].map((unit) => show(unit).catch(() => undefined)))
      return new Set(all.flatMap((status) => (status?.running ? [status.pid] : [])))
    },
    dispose: () => undefined,
  }
}
