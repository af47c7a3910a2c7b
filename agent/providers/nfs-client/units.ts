// Text and names of systemd's units for one mount.
import type { ClusterMount } from '../../../spec/cluster.ts'
import type { UnitText, WantMount } from '../../plan/types.ts'

const DIRECTORY = '/etc/systemd/system'
const HEAD = '# Written by hactl; changes are undone by the next pass. Change the spec instead.'

/** systemd-escape --path: a mount unit must have the name of its mount point (systemd.mount(5)). */
export function escapePath(path: string): string {
  const escaped = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  return path
    .replace(/^\/+|\/+$/g, '')
    .split('/')
    .map((part) => part.replace(/[^A-Za-z0-9:_.]/g, escaped))
    .join('-')
    .replace(/^\./, '\\x2e')
}

/** server:/directory; an IPv6 literal stands in brackets (nfs(5)). */
export const sourceOf = ({ server, source }: ClusterMount): string =>
  `${server.includes(':') ? `[${server}]` : server}:${source}`

/** Everything that must hold is written out. _netdev: after the network; nofail: the boot goes on without it. */
export const optionsOf = ({ write, hard, version, options }: ClusterMount): readonly string[] => [
  write ? 'rw' : 'ro',
  hard ? 'hard' : 'soft',
  `vers=${version}`,
  '_netdev',
  'nofail',
  ...options,
]

function unit(name: string, lines: readonly string[]): UnitText {
  const body = `${[HEAD, ...lines].join('\n')}\n`
  return { name, file: { path: `${DIRECTORY}/${name}`, body, mode: 0o644 } }
}

export function unitsOf(mount: ClusterMount): NonNullable<WantMount['units']> {
  const name = escapePath(mount.path)
  return {
    mount: unit(`${name}.mount`, [
      '[Unit]',
      `Description=NFS mount ${mount.name} of the cluster`,
      'Wants=network-online.target',
      'After=network-online.target',
      '',
      '[Mount]',
      `What=${sourceOf(mount)}`,
      `Where=${mount.path}`,
      'Type=nfs',
      `Options=${optionsOf(mount).join(',')}`,
      `TimeoutSec=${mount.mountTimeoutMs}ms`,
      '',
      '[Install]',
      'WantedBy=remote-fs.target',
    ]),
    automount: unit(`${name}.automount`, [
      '[Unit]',
      `Description=NFS mount ${mount.name} of the cluster, on first use`,
      '',
      '[Automount]',
      `Where=${mount.path}`,
      // Never unmounted for idleness: who uses it next would wait for the server.
      'TimeoutIdleSec=0',
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ]),
  }
}
