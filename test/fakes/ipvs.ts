// A fake IPVS: keepalived's configuration makes its table, ipvsadm changes it by hand, /proc and the dump show it.
import type { IpvsReal, IpvsService } from '../../agent/plan/types.ts'
import { type WireVirtual, wireOf } from '../../agent/providers/keepalived/wire.ts'
import { placeText } from '../../spec/address.ts'
import type { Exec, FileState } from '../../agent/world.ts'

type Row = { -readonly [K in keyof IpvsReal]: IpvsReal[K] }
type Service = Omit<IpvsService, 'reals'> & { reals: Row[] }

export type FakeIpvs = {
  /** Places "address:port" of servers whose check fails: keepalived takes them out when it looks next. */
  readonly down: Set<string>
  /** Interfaces beside eth0, and whether they are up. */
  readonly links: Map<string, boolean>
  /** /proc/net/ip_vs; undefined for any other path. */
  read(path: string): FileState | undefined
  /** Text of keepalived_check.data; '' while keepalived does not run. */
  dump(): string
  /** undefined for a program that is not this one's. */
  run(argv: readonly string[]): Exec | undefined
  /** The rows, as a test reads them: `tcp 192.0.2.1:80 rr -> 192.0.2.21:80 dr 1`. */
  rows(): readonly string[]
  powerLoss(): void
}

const WORDS = { dr: 'Route', nat: 'Masq', tun: 'Tunnel', local: 'Local', bypass: 'Bypass' } as const
/** Of ipvsadm, and keepalived's words. */
const FLAGS: Readonly<Record<string, Row['method']>> = {
  '-g': 'dr',
  '-m': 'nat',
  '-i': 'tun',
  dr: 'dr',
  nat: 'nat',
  tun: 'tun',
}
const done = (code: number, stderr = ''): Exec => ({ code, signal: null, stdout: '', stderr })

const hexPlace = ({ address, port }: { address: string; port: number }): string => {
  if (address.includes(':')) throw new Error('FakeIpvs was not taught IPv6')
  const hex = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  return `${hex.join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase()
}
const placeOf = (text: string) => {
  const [address = '', port] = text.split(/[: ]/)
  return { address, port: Number(port) }
}

/** What keepalived puts there from its file, without the servers that are down. */
const tableOf = (virtuals: readonly WireVirtual[], down: ReadonlySet<string>): Service[] =>
  virtuals.map(({ key, scheduler, method, persistence, servers }) => {
    const [protocol = '', ...place] = key.split(' ')
    const seconds = Number(persistence.trim().split(' ')[0])
    const kind = FLAGS[method.toLowerCase()] ?? 'dr'
    return {
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
      ...placeOf(place.join(' ')),
      scheduler,
      ...(seconds > 0 && { persistence: { ticks: seconds * 250, prefix: 32 } }),
      reals: [...servers].flatMap(([server, weight]) => {
        const real = placeOf(server)
        return down.has(placeText(real))
          ? []
          : [{ ...real, method: kind, weight, active: 0, inactive: 0 }]
      }),
    }
  })

function procText(table: readonly Service[]): string {
  const lines = table.flatMap((service) => [
    `${service.protocol.toUpperCase()}  ${hexPlace(service)} ${service.scheduler} ${
      service.persistence ? `persistent ${service.persistence.ticks} FFFFFFFF` : ''
    }`,
    ...service.reals.map(
      (r) => `  -> ${hexPlace(r)}      ${WORDS[r.method]}   ${r.weight}      0          0`,
    ),
  ])
  return [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
    ...lines,
    '',
  ].join('\n')
}

function dumpText(virtuals: readonly WireVirtual[], down: ReadonlySet<string>): string {
  const services = virtuals.map(({ key, servers }) => {
    const [protocol = '', address = '', port = ''] = key.split(' ')
    const reals = [...servers.keys()].map(placeOf)
    const up = reals.filter((real) => !down.has(placeText(real)))
    const lines = reals.map(
      (real) =>
        `   ------< Real server >------\n   RIP = ${real.address}, RPORT = ${real.port}, WEIGHT = 1 EFF WEIGHT = 1\n   RS set = ${Number(up.includes(real))}\n`,
    )
    return ` ------< Virtual server >------\n VS VIP = ${address}, VPORT = ${port}\n   protocol = ${protocol.toUpperCase()}\n   quorum_state_up = ${Number(up.length > 0)}\n${lines.join('')}`
  })
  return `------< LVS Topology >------\n${services.join('')}------< Health checkers >------\n`
}

const IPVS_PATH = '/proc/net/ip_vs'

/** `loaded` is the text that the running keepalived loaded. */
export function fakeIpvs(loaded: () => string | undefined): FakeIpvs {
  let seen: string | undefined
  let table: Service[] = []
  const down = new Set<string>()
  const links = new Map<string, boolean>()
  const virtuals = () => wireOf(loaded() ?? '')?.virtuals ?? []
  /** What it does when it loads another text, and when a check changes its mind. */
  const sync = (): Service[] => {
    const text = `${loaded()} ${[...down].join(' ')}`
    if (text !== seen) table = tableOf(virtuals(), down)
    seen = text
    return table
  }
  return {
    down,
    links,
    read: (path) => (path === IPVS_PATH ? { body: procText(sync()), mode: 0o444 } : undefined),
    dump: () => {
      const wire = wireOf(loaded() ?? '')
      if (wire === undefined || wire.virtuals.length === 0) return ''
      return ` Router ID = ${wire.routerId}\n${dumpText(wire.virtuals, down)}`
    },
    run: (argv) => {
      if (argv[0] === 'ipvsadm') return act(sync(), argv.slice(1))
      if (argv.slice(0, 4).join(' ') !== 'ip link set dev') return undefined
      links.set(argv[4] ?? '', argv[5] === 'up')
      return done(0)
    },
    rows: () =>
      sync().flatMap((s) =>
        s.reals.map(
          (r) =>
            `${s.protocol} ${placeText(s)} ${s.scheduler} -> ${placeText(r)} ${r.method} ${r.weight}`,
        ),
      ),
    powerLoss: () => {
      seen = undefined
      table = []
      links.clear()
    },
  }
}

/** ipvsadm(8): what exists cannot be added, what does not cannot be changed. Throws on what it was not taught. */
function act(table: Service[], args: readonly string[]): Exec {
  const [verb = '', family = '', place = '', ...rest] = args
  const after = (flag: string): string => rest[rest.indexOf(flag) + 1] ?? ''
  const protocol = family === '-u' ? 'udp' : 'tcp'
  const at = table.findIndex((s) => s.protocol === protocol && placeText(s) === place)
  const service = table[at]
  if (verb === '-A' || verb === '-E') {
    if ((service === undefined) !== (verb === '-A')) return done(255, 'Service already exists')
    const seconds = rest.includes('-p') ? Number(after('-p')) : 0
    const next: Service = {
      protocol,
      ...placeOf(place),
      scheduler: after('-s'),
      ...(seconds > 0 && { persistence: { ticks: seconds * 250, prefix: 32 } }),
      reals: service?.reals ?? [],
    }
    table.splice(at < 0 ? table.length : at, 1, next)
    return done(0)
  }
  if (service === undefined) return done(255, 'Service not defined')
  const row = service.reals.find((r) => placeText(r) === after('-r'))
  const method = FLAGS[rest.find((flag) => flag in FLAGS) ?? ''] ?? 'dr'
  if (verb === '-d') {
    if (row === undefined) return done(255, 'No such destination')
    service.reals = service.reals.filter((r) => r !== row)
    return done(0)
  }
  if (verb === '-e') {
    if (row === undefined) return done(255, 'No such destination')
    Object.assign(row, { weight: Number(after('-w')), method })
    return done(0)
  }
  if (verb !== '-a') throw new Error(`FakeIpvs was not taught: ipvsadm ${args.join(' ')}`)
  if (row !== undefined) return done(255, 'Destination already exists')
  service.reals.push({
    ...placeOf(after('-r')),
    method,
    weight: Number(after('-w')),
    active: 0,
    inactive: 0,
  })
  return done(0)
}
