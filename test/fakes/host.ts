// A strict fake of a machine: it throws on every command it was not taught.
import type { Exec, Host, KernelAddress } from '../../agent/world.ts'
import { fakeDaemons, loads, passesCheck, type FakeDaemons } from './daemons.ts'
import { fakeDisk, type FakeDisk } from './disk.ts'
import { effect, noFaults, type Faults } from './faults.ts'
import { fakeRuntime } from './haproxy.ts'
import { fakeIpvs, type FakeIpvs } from './ipvs.ts'
import { type FakeNfs, fakeNfs } from './nfs.ts'
import { type FakeSecurity, fakeSecurity } from './security.ts'
import { type FakeSystemd, fakeSystemd } from './systemd.ts'

export type FakeHost = {
  readonly host: Host
  readonly disk: FakeDisk
  readonly daemons: FakeDaemons
  readonly faults: Faults
  readonly systemd: FakeSystemd
  readonly security: FakeSecurity
  readonly addresses: KernelAddress[]
  readonly sysctls: Map<string, string>
  readonly ipvs: FakeIpvs
  readonly nfs: FakeNfs
  /** Programs that are installed. */
  readonly programs: Set<string>
  /** "address:port" held by a process that is not ours. */
  readonly taken: Set<string>
  /** haproxy runs with a configuration that loaded. */
  readonly serving: boolean
  /** Power back after a cut: what was synced is there, nothing runs, no fault is left. */
  reboot(): void
}

const NGINX_DIGEST = 'unix:/run/hactl/nginx.sock:/.hactl'
const HAPROXY_SOCKET = '/run/hactl/haproxy.sock'
const DUMP = '/tmp/keepalived.data'
const CHECK_DUMP = '/tmp/keepalived_check.data'

const exec = (code: number, stdout = '', stderr = ''): Exec => ({
  code,
  signal: null,
  stdout,
  stderr,
})
/** A daemon's own view of the machine is the machine: it has no file system of its own here. */
const rooted = (path: string): string => path.replace(/^\/proc\/\d+\/root/, '')

function runProgram(argv: readonly string[], disk: FakeDisk, programs: Set<string>): Exec {
  const [program = '', ...args] = argv
  if (program === 'dpkg-query') {
    const known = args.slice(args.indexOf('--') + 1).filter((name) => programs.has(name))
    return exec(0, known.map((name) => `installed ${name}\n`).join(''))
  }
  if (program === 'apt-get' && args[0] === 'install') {
    for (const name of args.slice(1).filter((a) => !a.startsWith('-'))) programs.add(name)
    return exec(0)
  }
  // The checks of foreign services look at what stands on disk, whatever it is.
  if (program === 'apachectl') {
    const broken = disk
      .paths()
      .some((path) => path.startsWith('/etc/apache2/') && !passesCheck(disk.read(path)?.body ?? ''))
    return broken ? exec(1, '', 'Syntax error') : exec(0)
  }
  const isCheck = {
    haproxy: args.includes('-c'),
    keepalived: args.includes('-t'),
    nginx: args.includes('-t'),
  }
  if (program !== 'haproxy' && program !== 'keepalived' && program !== 'nginx') throw untaught(argv)
  if (!isCheck[program]) throw untaught(argv)
  if (!programs.has(program)) return exec(127)
  const config = args[args.indexOf(program === 'nginx' ? '-c' : '-f') + 1] ?? ''
  const text = disk.read(config)?.body
  if (text !== undefined && passesCheck(text)) return exec(0)
  // As the real ones: they repeat the word that they do not know.
  const word = /[\w-]*BROKEN[\w-]*/.exec(text ?? '')?.[0] ?? ''
  const says = text === undefined ? 'cannot open it' : `unknown keyword '${word}'`
  if (program === 'keepalived')
    return exec(4, '', `(${config}: Line 1) Unknown keyword '${word}'\n`)
  if (program === 'nginx') return exec(1, '', `nginx: [emerg] ${says} in ${config}:1\n`)
  return exec(1, '', `[ALERT]    (1) : config : [${config}:1] : ${says}\n`)
}

/** What nginx answers on its own socket: the body that its configuration returns. */
function digestAnswer(loaded: string | undefined) {
  const body = /return 200 "(hactl:[0-9a-f]*)/.exec(loaded ?? '')?.[1]
  return { status: body === undefined ? 0 : 200, body: `${body ?? ''}\n`, headers: {} }
}

const untaughtKnock = (port: number): never => {
  throw new Error(`FakeHost was not taught to knock at port ${port}`)
}

const untaught = (argv: readonly string[]): Error =>
  new Error(`FakeHost was not taught: ${argv.join(' ')}`)

type Machine = Pick<FakeHost, 'disk' | 'programs' | 'systemd' | 'ipvs' | 'nfs' | 'security'>

/** Debian starts what it installs. */
function runAny(argv: readonly string[], machine: Machine): Exec {
  const { disk, programs, systemd, ipvs, nfs, security } = machine
  const before = new Set(programs)
  const result =
    nfs.run(argv) ??
    systemd.run(argv) ??
    ipvs.run(argv) ??
    security.run(argv) ??
    runProgram(argv, disk, programs)
  for (const name of programs) if (!before.has(name)) systemd.installed(name)
  return result
}

/** SIGUSR1: keepalived writes what it runs, and what its checkers think. */
function dump(pid: number, disk: FakeDisk, daemons: FakeDaemons, ipvs: FakeIpvs): void {
  const text = daemons.nameOf(pid) === 'keepalived' ? daemons.loaded('keepalived') : undefined
  if (text === undefined) return
  const id = /router_id\s+(\S+)/.exec(text)?.[1] ?? ''
  disk.write(DUMP, ` Router ID = ${id}\n`, 0o644)
  const checks = ipvs.dump()
  if (checks !== '') disk.write(CHECK_DUMP, checks, 0o644)
}

export function createFakeHost(): FakeHost {
  const disk = fakeDisk()
  const faults = noFaults()
  const daemons = fakeDaemons(disk, faults)
  const runtime = fakeRuntime()
  const systemd = fakeSystemd()
  const addresses: KernelAddress[] = []
  const sysctls = new Map<string, string>()
  const programs = new Set(['haproxy', 'keepalived', 'nginx'])
  const taken = new Set<string>()
  const nfs = fakeNfs(disk, systemd.units)
  const ipvs = fakeIpvs(() => daemons.loaded('keepalived'))
  const doing = (what: string): void => effect(faults, what)
  const did = <T>(what: string, answer: () => T): T => {
    doing(what)
    return answer()
  }
  const machine = { disk, programs, systemd, ipvs, nfs, security: fakeSecurity() }
  const host: Host = {
    read: async (path) =>
      did(`read ${path}`, () => nfs.read(path) ?? ipvs.read(path) ?? disk.read(rooted(path))),
    write: async (path, body, mode, gid) =>
      did(`write ${path}`, () => disk.write(path, body, mode, gid)),
    rename: async (from, to) => did(`rename ${from} ${to}`, () => disk.rename(from, to)),
    remove: async (path) => did(`remove ${path}`, () => disk.remove(rooted(path))),
    list: async (directory) =>
      did(`list ${directory}`, () =>
        directory === '/sys/module' ? [...systemd.modules] : disk.list(directory),
      ),
    run: async (argv) => did(`run ${argv.join(' ')}`, () => runAny(argv, machine)),
    addresses: async () => did('addresses', () => [...addresses]),
    interfaces: async () => did('interfaces', () => [{ name: 'eth0', up: true }]),
    addAddress: async (at) => {
      doing(`add address ${at.address}`)
      if (!addresses.some((a) => a.address === at.address && a.interface === at.interface))
        addresses.push(at)
    },
    removeAddress: async (at) => {
      doing(`remove address ${at.address}`)
      const index = addresses.findIndex(
        (a) => a.address === at.address && a.interface === at.interface,
      )
      if (index >= 0) addresses.splice(index, 1)
    },
    signal: async (pid) => did(`signal ${pid}`, () => dump(pid, disk, daemons, ipvs)),
    sysctl: async (key) => did(`sysctl ${key}`, () => sysctls.get(key)),
    setSysctl: async (key, value) => did(`set sysctl ${key}`, () => void sysctls.set(key, value)),
    cannotBind: async ({ address, port }) => {
      doing(`bind ${address}:${port}`)
      return taken.has(`${address}:${port}`) ? 'EADDRINUSE' : undefined
    },
    ask: async (socket, command) => {
      doing(`ask ${command}`)
      const loaded = socket === HAPROXY_SOCKET ? daemons.loaded('haproxy') : undefined
      if (loaded === undefined) throw new Error(`cannot ask ${socket}: ECONNREFUSED`)
      return runtime.ask(command, loaded)
    },
    get: async (url) => {
      doing(`get ${url}`)
      if (url === NGINX_DIGEST) return digestAnswer(daemons.loaded('nginx'))
      return { status: loads(daemons.loaded('haproxy')) ? 200 : 0, body: '', headers: {} }
    },
    knock: async ({ port }) => untaughtKnock(port),
    supervisor: daemons.supervisor,
  }
  return {
    host,
    daemons,
    faults,
    ...machine,
    addresses,
    sysctls,
    taken,
    get serving() {
      return loads(daemons.loaded('haproxy'))
    },
    reboot: () => {
      disk.powerLoss()
      daemons.powerLoss()
      systemd.powerLoss()
      addresses.length = 0
      ipvs.powerLoss()
      nfs.powerLoss()
      sysctls.clear()
      Object.assign(faults, noFaults())
    },
  }
}
