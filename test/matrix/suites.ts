// The Debian releases whose daemons check what we render, and how a folder with just those daemons is made of each.
import { createHash } from 'node:crypto'

/** Oldest first. forky is the release that is being made: its versions move. */
export const SUITES = ['bullseye', 'bookworm', 'trixie', 'forky'] as const
export type Suite = (typeof SUITES)[number]

export const RELEASE: Readonly<Record<Suite, string>> = {
  bullseye: 'Debian 11',
  bookworm: 'Debian 12',
  trixie: 'Debian 13',
  forky: 'Debian 14 (forky)',
}

/** base-files makes the folders, libc-bin nothing but the links that older packages expect. */
export const PACKAGES: readonly string[] = [
  'base-files',
  'libc-bin',
  'haproxy',
  'keepalived',
  'nginx-light',
  'libnginx-mod-stream',
]

export const PROGRAMS: Readonly<Record<string, string>> = {
  haproxy: '/usr/sbin/haproxy',
  keepalived: '/usr/sbin/keepalived',
  nginx: '/usr/sbin/nginx',
}
export const LOADER = '/lib64/ld-linux-x86-64.so.2'
/** Loaded by glibc 2.31 when a name of a user is looked up; part of libc itself later. */
export const NAME_SERVICE = ['libnss_files.so.2', 'libnss_dns.so.2']
export const LIBRARY_FOLDERS = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu']

/** Folders that are kept whole: keepalived 2.3 ends with 1 without its config-opts, nginx wants mime.types and its modules. */
export const KEPT = ['etc/keepalived', 'etc/nginx', 'usr/lib/nginx/modules', 'usr/share/nginx']
/** Folders that must be there and may be empty. */
export const EMPTY = [
  ...['dev', 'proc', 'run', 'tmp', 'root', 'etc/haproxy', 'usr/bin', 'var/lib/haproxy'],
  ...['var/lib/nginx', 'var/log/nginx', 'var/cache/nginx', 'run/hactl', 'var/lib/hactl'],
]

const PASSWD = `root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
haproxy:x:101:101::/var/lib/haproxy:/usr/sbin/nologin
`
/** What a name lookup needs; extracted packages have run no script that would have made it. */
export const WRITTEN: Readonly<Record<string, string>> = {
  'etc/passwd': PASSWD,
  'etc/group': 'root:x:0:\nadm:x:4:\nwww-data:x:33:\nhaproxy:x:101:\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  'etc/resolv.conf': 'nameserver 127.0.0.1\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
}

/** Changes with everything above: a folder made by another recipe is not used. */
export const recipeHash = (): string =>
  createHash('sha256')
    .update(JSON.stringify([PACKAGES, PROGRAMS, NAME_SERVICE, KEPT, EMPTY, WRITTEN]))
    .digest('hex')
    .slice(0, 16)
