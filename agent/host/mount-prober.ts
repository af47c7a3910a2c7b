// Asks each mount whether it answers, by a child that may hang in our place. One child per mount at a time; nobody waits for it.
import { spawn } from 'node:child_process'
import { type MountHealth, nextMount, type ProbeEnd, probed } from '../kinds/mount-health.ts'
import { MOUNTINFO_PATH, parseMountinfo } from '../kinds/mount-table.ts'
import type { Clock, Host } from '../world.ts'
import { COMMAND_ENVIRONMENT } from './exec.ts'
import {
  MOUNT_DOUBT_INTERVAL_MS,
  MOUNT_PROBE_INTERVAL_MS,
  MOUNT_PROBE_TIMEOUT_MS,
} from './limits.ts'

export type ProbedMount = { readonly name: string; readonly path: string; readonly source: string }
/** `gone` resolves when the child has ended, which a hung server may put off for ever. */
export type Asked = { readonly end: Promise<ProbeEnd>; readonly gone: Promise<void> }
export type MountProberOptions = {
  readonly host: Pick<Host, 'read'>
  readonly clock: Clock
  readonly mounts: () => readonly ProbedMount[]
  /** After every probe. */
  readonly onProbe: (mount: ProbedMount, health: MountHealth) => void
  readonly log: (line: string) => void
  /** Starts the child; for tests. */
  readonly ask?: (path: string) => Asked
}
export type MountProber = {
  /** undefined before the first probe. */
  health(path: string): MountHealth | undefined
  close(): Promise<void>
}

/** statfs(2) always asks an NFS server; it also makes an automount mount. Killed after its time, never waited for. */
export function askMount(path: string): Asked {
  const child = spawn('stat', ['-f', '-c', '%T', '--', path], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: COMMAND_ENVIRONMENT,
    cwd: '/',
  })
  child.unref()
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString().slice(0, 1_000)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString().slice(0, 1_000)
  })
  const closed = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', resolve)
  })
  const late = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve(undefined)
    }, MOUNT_PROBE_TIMEOUT_MS)
    void closed.then(() => clearTimeout(timer))
  })
  const end = Promise.race([closed, late]).then((code) => ({ code, stdout, stderr }))
  return { end, gone: closed.then(() => undefined) }
}

export function startMountProber(options: MountProberOptions): MountProber {
  const { host, clock } = options
  const ask = options.ask ?? askMount
  const states = new Map<string, MountHealth>()
  /** Paths whose last child has not ended. */
  const stuck = new Set<string>()
  const stopping = new AbortController()

  const probe = async (mount: ProbedMount): Promise<void> => {
    const { path } = mount
    let end: ProbeEnd = { code: undefined, stdout: '', stderr: '' }
    if (!stuck.has(path)) {
      const asked = ask(path)
      stuck.add(path)
      void asked.gone.then(() => stuck.delete(path))
      end = await asked.end
    }
    const rows = parseMountinfo((await host.read(MOUNTINFO_PATH))?.body ?? '')
    const now = probed(end, rows.filter((row) => row.path === path).at(-1))
    if (stopping.signal.aborted) return
    const health = nextMount(states.get(path), now)
    states.set(path, health)
    options.onProbe(mount, health)
  }
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const mounts = options.mounts()
      const paths = mounts.map(({ path }) => path)
      for (const path of states.keys()) if (!paths.includes(path)) states.delete(path)
      await Promise.all(
        mounts.map((mount) =>
          probe(mount).catch((error: unknown) => options.log(`mount ${mount.name}: ${error}`)),
        ),
      )
      // A probe that was missed is asked again soon: two of them are a fault.
      const doubt = [...states.values()].some(({ against }) => against > 0)
      await clock
        .sleep(doubt ? MOUNT_DOUBT_INTERVAL_MS : MOUNT_PROBE_INTERVAL_MS, stopping.signal)
        .catch(() => undefined)
    }
  }
  const running = loop()
  return {
    health: (path) => states.get(path),
    async close() {
      stopping.abort(new Error('closed'))
      await running
    },
  }
}
