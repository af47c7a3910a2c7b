// Daemons and kernel settings of ours that no want mentions any more.
import type { Daemon } from '../world.ts'
import type { Observed, Want } from './types.ts'

export type Retired = {
  readonly daemon: Daemon
  readonly path: string
  readonly vips: readonly string[]
}

/** In the order they must go: the vip leaves before the proxy behind it stops. */
const KNOWN: readonly Retired[] = [
  {
    path: '/etc/keepalived/keepalived.conf',
    vips: [],
    daemon: {
      name: 'keepalived',
      unit: 'keepalived.service',
      argv: ['keepalived'],
      reloadSignal: 'SIGHUP',
    },
  },
  {
    path: '/etc/haproxy/haproxy.cfg',
    vips: [],
    daemon: {
      name: 'haproxy',
      unit: 'haproxy.service',
      argv: ['haproxy'],
      reloadSignal: 'SIGUSR2',
    },
  },
  {
    path: '/etc/nginx/nginx.conf',
    vips: [],
    daemon: {
      name: 'nginx',
      unit: 'nginx.service',
      argv: ['nginx', '-c', '/etc/nginx/nginx.conf', '-g', 'daemon off;'],
      reloadSignal: 'SIGHUP',
    },
  },
]

/** Only what we wrote ourselves is ever stopped: a hand-made daemon on an idle node stays. */
export function retired(wants: readonly Want[], observed: Observed): readonly Retired[] {
  const wanted = new Set(wants.flatMap((w) => (w.kind === 'daemon' ? [w.daemon.name] : [])))
  return KNOWN.filter(
    ({ daemon, path }) =>
      !wanted.has(daemon.name) && observed.ours.has(path) && observed.files.has(path),
  )
}

/** Paths and daemons to look at even when nothing wants them. */
export const knownRetired = KNOWN
