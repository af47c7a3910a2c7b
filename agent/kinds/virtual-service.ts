// The kernel's IPVS table against what keepalived takes it for: rows lost or made by hand are put right. Pure diff.
import { placeText } from '../../spec/address.ts'
import type { Action } from '../action.ts'
import type {
  CheckedService,
  Diffed,
  IpvsReal,
  IpvsService,
  Observed,
  VirtualPlace,
  VirtualServer,
  WantVirtualService,
} from '../plan/types.ts'
import { quiet } from './quiet.ts'

const IPVSADM_TIMEOUT_MS = 5_000
const METHOD_FLAGS = { dr: '-g', nat: '-m', tun: '-i' } as const

export const virtualText = (service: VirtualPlace & Pick<IpvsService, 'protocol'>): string =>
  `${service.protocol} ${placeText(service)}`

/** One thing that is not as it should be: why, and the program that mends it. */
type Repair = { readonly why: string; readonly argv: readonly string[] }

/**
 * keepalived compares its new configuration with its old one, never with the kernel (keepalived#1877). A row that its
 * checks took out stays out; without its word nothing is touched, and neither while it does not run.
 */
export function diffVirtualService(want: WantVirtualService, observed: Observed): Diffed {
  const key = virtualText(want.service)
  const id = `virtual-service:${key.replace(' ', '/')}`
  const kept = (why: string): Diffed => ({ kept: { id, why } })
  if (!want.tells) return kept('keepalived does not tell what its table should be: left to it')
  const checked = observed.checked.get(key)
  if (checked === undefined) return kept('keepalived does not speak of it: left as it is')
  // Not loaded yet, or cut short: what it does not name it may be about to put there.
  if (want.servers.some((server) => !checked.rows.has(placeText(server)))) {
    return kept('keepalived does not know every server of it yet: left as it is')
  }
  const have = observed.ipvs.find((one) => virtualText(one) === key)
  const repairs = [...serviceRepairs(want, have), ...rowRepairs(want, have, checked)]
  if (repairs.length === 0) return kept(`${have?.reals.length ?? 0} servers, as keepalived says`)
  return {
    step: {
      ...quiet,
      id,
      why: repairs.map((repair) => repair.why).join(', '),
      impact: 'live',
      says: `the IPVS table becomes what keepalived's checks say it is`,
      vips: [want.vip],
      // No way back: the next pass compares anew with what keepalived says then.
      commit: repairs.map(
        ({ argv }): Action => ({
          do: 'run',
          argv: ['ipvsadm', ...argv],
          timeoutMs: IPVSADM_TIMEOUT_MS,
          next: 'retry',
        }),
      ),
    },
  }
}

const serviceFlags = ({ service }: WantVirtualService): readonly string[] => [
  service.protocol === 'tcp' ? '-t' : '-u',
  placeText(service),
]

/** The service itself: there at all, and with its scheduler and persistence. */
function serviceRepairs(
  want: WantVirtualService,
  have: IpvsService | undefined,
): readonly Repair[] {
  const { scheduler, persistence, address } = want.service
  const six = address.includes(':')
  const options = [
    ...['-s', scheduler],
    ...(persistence === undefined ? [] : ['-p', `${persistence.seconds}`]),
    ...(persistence === undefined || persistence.prefix === (six ? 128 : 32)
      ? []
      : ['-M', six ? `${persistence.prefix}` : netmask(persistence.prefix)]),
  ]
  if (have === undefined) {
    return [{ why: 'the service is missing', argv: ['-A', ...serviceFlags(want), ...options] }]
  }
  const same =
    have.scheduler === scheduler &&
    have.persistence?.prefix === persistence?.prefix &&
    isFor(have.persistence?.ticks, persistence?.seconds)
  return same
    ? []
    : [
        {
          why: `scheduler or persistence differ (${have.scheduler})`,
          argv: ['-E', ...serviceFlags(want), ...options],
        },
      ]
}

/** What Linux is built with (kernel/Kconfig.hz). It tells nobody which, and /proc/net/ip_vs counts in it. */
const HZ = [100, 250, 300, 1000]
const isFor = (ticks: number | undefined, seconds: number | undefined): boolean =>
  ticks === undefined || seconds === undefined
    ? ticks === seconds
    : HZ.some((hz) => ticks === seconds * hz)

/** Missing rows come, others are put right, what nobody wants goes: in this order. */
function rowRepairs(
  want: WantVirtualService,
  have: IpvsService | undefined,
  checked: CheckedService,
): readonly Repair[] {
  const rows = have?.reals ?? []
  const due = dueRows(want, checked)
  const at = serviceFlags(want)
  const isAt = (a: VirtualPlace) => (b: VirtualPlace) => placeText(a) === placeText(b)
  const put = (server: VirtualServer, verb: '-a' | '-e', why: string): Repair => ({
    why: `${server.name} (${placeText(server)}) ${why}`,
    argv: [
      verb,
      ...at,
      '-r',
      placeText(server),
      METHOD_FLAGS[want.method],
      '-w',
      `${server.weight}`,
    ],
  })
  return [
    ...due.filter((server) => !rows.some(isAt(server))).map((s) => put(s, '-a', 'is missing')),
    ...due.flatMap((server) => {
      const row = rows.find(isAt(server))
      return row === undefined || fits(row, server, want) ? [] : [put(server, '-e', 'differs')]
    }),
    ...rows
      .filter((row) => !due.some(isAt(row)))
      .map((row) => ({
        why: `${placeText(row)} should not be there`,
        argv: ['-d', ...at, '-r', placeText(row)],
      })),
  ]
}

/** What stands in the table by keepalived's word. */
function dueRows(want: WantVirtualService, checked: CheckedService): readonly VirtualServer[] {
  const up = want.servers.filter((server) => checked.rows.get(placeText(server)) === true)
  const stands = !checked.quorum && want.sorry !== undefined ? [{ ...want.sorry, weight: 1 }] : []
  return [...up, ...stands.filter((one) => !up.some((s) => placeText(s) === placeText(one)))]
}

const fits = (row: IpvsReal, server: VirtualServer, want: WantVirtualService): boolean =>
  row.weight === server.weight && (row.method === want.method || row.method === 'local')

const netmask = (prefix: number): string => {
  const bits = '1'.repeat(prefix).padEnd(32, '0')
  return [0, 8, 16, 24].map((at) => Number.parseInt(bits.slice(at, at + 8), 2)).join('.')
}
