// What the installed keepalived makes of a file: its verdict and its own dump, in a network and with a /run that end with it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DUMP_PATH } from '../../agent/providers/keepalived/paths.ts'
import type { Exec } from '../../agent/world.ts'

const WAIT_MS_MAX = 15_000
const CONFIG = '/etc/keepalived/keepalived.conf'

export type Machine = {
  /** Addresses with prefix by interface. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>
  /** Beside keepalived.conf in /etc/keepalived. */
  readonly files: Readonly<Record<string, string>>
}

/** A command on a machine of its own, as its first process: what it leaves behind ends with it. */
function inside(machine: Machine, text: string, command: string): Exec {
  const folder = mkdtempSync(join(tmpdir(), 'hactl-dump-'))
  try {
    for (const [name, body] of Object.entries({ ...machine.files, 'keepalived.conf': text }))
      writeFileSync(join(folder, name), body, { mode: 0o600 })
    const links = [...machine.interfaces].flatMap(([name, addresses], at) => [
      `ip link add ${name} type veth peer name far${at}`,
      `ip link set far${at} up; ip link set ${name} up`,
      ...addresses.map(
        (one) => `ip addr add ${one} dev ${name}${one.includes(':') ? ' nodad' : ''}`,
      ),
    ])
    const script = [
      'set -e',
      'mount -t tmpfs none /run; mkdir -p /run/hactl/health /etc/keepalived',
      'mount --bind "$0" /etc/keepalived',
      'ip link set lo up',
      ...links,
      command,
    ].join('\n')
    const argv = ['-nmpf', '--propagation', 'private', '--mount-proc', '--kill-child', 'sh', '-c']
    const { status, signal, stdout, stderr } = spawnSync('unshare', [...argv, script, folder], {
      encoding: 'utf8',
      timeout: WAIT_MS_MAX,
    })
    return { code: status, signal, stdout, stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a check of the file says. */
export const verdictOf = (text: string, machine: Machine, argv: readonly string[]): Exec =>
  inside(machine, text, `exec ${argv.join(' ')}`)

/** Lines of each instance in the dump of the running daemon, by its name. VRRP only: IPVS is not in every kernel. */
export function dumpOf(
  text: string,
  machine: Machine,
  id?: string,
): ReadonlyMap<string, readonly string[]> {
  const daemon = `keepalived -P -n -l -p /run/k.pid -r /run/v.pid -b /run/b.pid -f ${CONFIG}`
  // Its child for VRRP writes its pid when it takes signals, and the dump on SIGUSR1.
  const { stdout } = inside(
    machine,
    text,
    `mount -t tmpfs none /tmp
    ${daemon} ${id === undefined ? '' : `-i ${id}`} >&2 &
    for try in $(seq 200); do
      if [ -s /run/v.pid ]; then kill -USR1 $(cat /run/v.pid); sleep 0.05; fi
      grep -qs 'Interfaces >' ${DUMP_PATH} && break
      sleep 0.05
    done
    cat ${DUMP_PATH}`,
  )
  return instancesIn(stdout.split('\n'))
}

function instancesIn(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const from = lines.findIndex((line) => line.includes('< VRRP Topology >'))
  const found = new Map<string, string[]>()
  let inner: string[] = []
  for (const line of from < 0 ? [] : lines.slice(from + 1)) {
    const name = /^ VRRP Instance = (\S+)/.exec(line)?.[1]
    if (/^-{4,}</.test(line)) break
    if (name === undefined) inner.push(line.trim())
    else {
      inner = []
      found.set(name, inner)
    }
  }
  return found
}
