// Runs a daemon of another release: in a copy of its folder as root directory, in a network namespace with the interfaces
// that the configuration names. Bounded; nothing outlives the call.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type EngineFacts,
  parseHaproxy,
  parseKeepalived,
  parseNginx,
} from '../../agent/host/facts/engines.ts'
import type { Exec } from '../../agent/world.ts'
import { PROGRAMS } from './suites.ts'

const RUN_TIMEOUT_MS = 20_000
const MODULES = 'usr/lib/nginx/modules'
const NO_PLACE = 126
/** Interfaces are the words before `--`. Addresses that are elsewhere may be bound, as on a node with a vip. */
const SCRIPT = `
root=$1; shift
ip link set lo up
n=0
while [ "$1" != -- ]; do
  n=$((n + 1))
  ip link add "$1" type veth peer name "far$n" && ip link set "$1" up || exit 126
  shift
done
shift
echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind || exit 126
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind || exit 126
exec chroot "$root" "$@"
`

export type Inside = {
  /** Writes a file below the root directory; path is absolute. */
  write(path: string, body: string, mode?: number): void
  /** Files of nginx's dynamic modules. */
  readonly modules: readonly string[]
  run(argv: readonly string[], interfaces?: readonly string[]): Exec
  close(): void
}

/** A private copy of a cached folder: what a check leaves behind goes with it. */
export function inside(cached: string): Inside {
  const root = mkdtempSync(join(tmpdir(), 'hactl-matrix-'))
  cpSync(cached, root, { recursive: true, verbatimSymlinks: true })
  const made = spawnSync('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
  if (made.status !== 0) throw new Error(`cannot make a device in ${root}`)
  const write = (path: string, body: string, mode = 0o600) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), body, { mode })
  }
  // A user who is not root must be able to walk to its program.
  chmodSync(root, 0o755)
  // The user and the program that extra lines of the cases name; keepalived looks for both.
  for (const [file, line] of [
    ['etc/passwd', 'nobody:x:65534:65534::/:/usr/sbin/nologin\n'],
    ['etc/group', 'nogroup:x:65534:\n'],
  ] as const)
    appendFileSync(join(root, file), line)
  write('/usr/bin/test', '#!/bin/sh\n', 0o755)
  const run = (argv: readonly string[], interfaces: readonly string[] = []): Exec => {
    const [program = '', ...rest] = argv
    const words = [root, ...interfaces, '--', PROGRAMS[program] ?? program, ...rest]
    const ended = spawnSync('unshare', ['-n', '--', 'sh', '-c', SCRIPT, 'inside', ...words], {
      encoding: 'utf8',
      timeout: RUN_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    const { status, signal, stdout, stderr } = ended
    if (status === NO_PLACE) throw new Error(`cannot make the network namespace: ${stderr}`)
    // A program without a shell around it: what ends it by a signal is seen as such.
    return { code: status, signal, stdout, stderr }
  }
  const modules = readdirSync(join(root, MODULES)).sort()
  return { write, run, modules, close: () => rmSync(root, { recursive: true, force: true }) }
}

/** Versions and build options in the daemons' own words, as the agent's probe reads them. */
export function enginesIn(place: Inside): Readonly<Record<string, EngineFacts>> {
  const probes = {
    haproxy: { argv: ['haproxy', '-vv'], parse: parseHaproxy },
    keepalived: { argv: ['keepalived', '-v'], parse: parseKeepalived },
    nginx: { argv: ['nginx', '-V'], parse: parseNginx },
  }
  return Object.fromEntries(
    Object.entries(probes).map(([name, { argv, parse }]) => {
      const { stdout, stderr } = place.run(argv)
      const facts = parse(`${stdout}\n${stderr}`)
      if (facts === undefined) throw new Error(`cannot read the version of ${name}: ${stderr}`)
      const more = name === 'nginx' ? place.modules.map((file) => `module:${file}`) : []
      return [name, { ...facts, features: [...facts.features, ...more] }]
    }),
  )
}

/** A key and its certificate in one file, as haproxy reads them. */
export function certificate(): string {
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const ended = spawnSync(
    'openssl',
    [...argv, '-nodes', '-subj', '/CN=test', '-keyout', '-', '-out', '-'],
    { encoding: 'utf8', timeout: RUN_TIMEOUT_MS },
  )
  if (ended.status !== 0) throw new Error(`cannot make a certificate: ${ended.stderr}`)
  return ended.stdout
}
