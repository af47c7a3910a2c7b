// virtual_server blocks: IPVS by keepalived's checkers, version-aware.
import type { Family } from '../../../spec/cluster.ts'
import { linesOf } from '../../../spec/keepalived.ts'
import { SCHEDULER_SINCE } from '../../../spec/lvs.ts'
import type { Version } from '../../engine.ts'
import { serviceText, type VirtualReal, type VirtualService } from '../lvs/services.ts'
import { block } from './block.ts'
import { atLeast } from '../versions.ts'
import { heads, withExtra } from './extra.ts'
import { has } from './profiles.ts'

/** A real path (no link on the way), as script security wants it. */
const PING = '/usr/bin/ping'

/**
 * One block per virtual service. Never `alpha`: with it every start of keepalived (a crash, a package upgrade) begins
 * with an empty table and refuses all clients until the first checks; without it a dead server is found by its check.
 * Never `inhibit_on_failure`: weight 0 keeps clients with persistence on a dead server.
 */
export const virtualBlocks = (
  services: readonly VirtualService[],
  version: Version,
  node = '',
): readonly (readonly string[])[] =>
  services
    .filter(({ servers }) => servers.length > 0)
    .map((service) => virtualBlock(service, version, node))

function virtualBlock(service: VirtualService, version: Version, node: string): readonly string[] {
  const { lvs, address, family, servers, sorry } = service
  const host = checkOf(service, version) === 'http' ? lvs.check.host : undefined
  const lines = [
    `delay_loop ${seconds(lvs.check.intervalMs, version)}`,
    `lvs_sched ${lvs.scheduler}`,
    `lvs_method ${lvs.method.toUpperCase()}`,
    ...(lvs.persistenceS === undefined ? [] : [`persistence_timeout ${lvs.persistenceS}`]),
    ...granularity(lvs.persistencePrefix, family),
    `protocol ${lvs.protocol.toUpperCase()}`,
    ...(host === undefined ? [] : [`virtualhost ${host}`]),
    ...(sorry === undefined ? [] : [`sorry_server ${sorry.address} ${sorry.port}`]),
  ]
  const real = servers.flatMap((server) => realBlock(service, server, version, node))
  return block(`virtual_server ${address} ${lvs.port}`, [
    ...withExtra(lines, linesOf(lvs.extra, node)),
    ...real,
  ])
}

function realBlock(service: VirtualService, server: VirtualReal, version: Version, node: string) {
  const lines = [`weight ${server.weight}`, ...checkBlock(service, server, version)]
  return block(
    `real_server ${server.address} ${server.port}`,
    withExtra(lines, linesOf(server.extra, node)),
  )
}

/** A netmask for IPv4, a number of bits for IPv6 (man keepalived.conf). */
function granularity(prefix: number | undefined, family: Family): readonly string[] {
  if (prefix === undefined) return []
  if (family === 6) return [`persistence_granularity ${prefix}`]
  const bits = '1'.repeat(Math.min(prefix, 32)).padEnd(32, '0')
  const bytes = [0, 8, 16, 24].map((at) => Number.parseInt(bits.slice(at, at + 8), 2))
  return [`persistence_granularity ${bytes.join('.')}`]
}

type Check = 'tcp' | 'http' | 'udp' | 'ping' | 'script' | 'none'

/** How this version checks: what it lacks is done by the nearest it has, and noted. */
function checkOf({ lvs, family }: VirtualService, version: Version): Check {
  const { type } = lvs.check
  if (type === 'none') return 'none'
  if (type === 'http') return 'http'
  if (type === 'connect' && lvs.protocol === 'tcp') return 'tcp'
  if (has(version, 'PING_CHECK')) return type === 'ping' ? 'ping' : 'udp'
  if (family === 4) return 'script'
  return lvs.protocol === 'tcp' ? 'tcp' : 'none'
}

function checkBlock(
  service: VirtualService,
  server: VirtualReal,
  version: Version,
): readonly string[] {
  const { check } = service.lvs
  const kind = checkOf(service, version)
  const retry = [
    `retry ${check.retries}`,
    `delay_before_retry ${seconds(check.retryDelayMs, version)}`,
  ]
  const timeout = `connect_timeout ${seconds(check.timeoutMs, version)}`
  const port = check.port === undefined ? [] : [`connect_port ${check.port}`]
  switch (kind) {
    case 'none':
      return []
    case 'tcp':
      return block('TCP_CHECK', [...port, timeout, ...retry])
    case 'udp':
      return block('UDP_CHECK', [...port, timeout, ...retry])
    case 'ping':
      return block('PING_CHECK', [timeout, ...retry])
    case 'http': {
      const url = block('url', [`path ${check.path}`, `status_code ${check.status}`])
      // Only TCP_CHECK knew `retry` before 1.4.0; 2.1.5 and later call the old name deprecated (FIELD 4.2).
      const [times = '', delay = ''] = retry
      const spelt = has(version, 'http_retry') ? times : `nb_get_${times}`
      return block('HTTP_GET', [...url, ...port, timeout, spelt, delay])
    }
    case 'script': {
      const wait = Math.ceil(check.timeoutMs / 1000)
      return block('MISC_CHECK', [
        `misc_path "${PING} -n -q -c 1 -W ${wait} ${server.address}"`,
        `misc_timeout ${wait + 1}`,
        'user root',
      ])
    }
  }
}

const seconds = (ms: number, version: Version): number =>
  has(version, 'fractional_checks') ? ms / 1000 : Math.max(1, Math.ceil(ms / 1000))

/** Global settings that only matter where there is IPVS. */
export function virtualGlobals(version: Version): readonly string[] {
  // Only our own services go when it stops, and each in one piece; a plain flush would take other people's too.
  if (has(version, 'lvs_flush_on_stop')) return ['lvs_flush_on_stop VS']
  return has(version, 'lvs_flush_onstop') ? ['lvs_flush_onstop VS'] : []
}

/** What this version or kernel cannot do as the spec says, in words. */
export function virtualNotes(
  services: readonly VirtualService[],
  version: Version,
  kernel: Version,
): readonly string[] {
  return [
    ...new Set(
      services.flatMap((service) => [
        ...emptyNote(service),
        ...timeNotes(service, version),
        ...checkNotes(service, version),
        ...schedulerNotes(service, version, kernel),
      ]),
    ),
  ]
}

const emptyNote = (service: VirtualService): readonly string[] =>
  service.servers.length > 0
    ? []
    : [
        `lvs ${service.lvs.name}: ${serviceText(service)} left out, no server has an address of its family`,
      ]

function timeNotes({ lvs }: VirtualService, version: Version): readonly string[] {
  const { intervalMs, timeoutMs, retryDelayMs } = lvs.check
  const broken = [intervalMs, timeoutMs, retryDelayMs].some((ms) => ms % 1000 !== 0)
  return lvs.check.type === 'none' || !broken || has(version, 'fractional_checks')
    ? []
    : [
        `lvs ${lvs.name}: keepalived ${version.join('.')} counts whole seconds (fractions since 2.0.13); the times of its check are rounded up`,
      ]
}

function checkNotes(service: VirtualService, version: Version): readonly string[] {
  const { lvs } = service
  const kind = checkOf(service, version)
  const since = `since 2.1.0, keepalived here is ${version.join('.')}`
  if (kind === 'script') {
    return [
      `lvs ${lvs.name}: PING_CHECK and UDP_CHECK left out (${since}); ping is run as a script`,
    ]
  }
  if (kind === 'none' && lvs.check.type !== 'none') {
    return [`lvs ${lvs.name}: no check for IPv6 (PING_CHECK and UDP_CHECK ${since})`]
  }
  return kind === 'tcp' && lvs.check.type === 'ping'
    ? [`lvs ${lvs.name}: its port is checked instead of a ping (PING_CHECK ${since})`]
    : []
}

function schedulerNotes(
  { lvs }: VirtualService,
  version: Version,
  kernel: Version,
): readonly string[] {
  const since = SCHEDULER_SINCE[lvs.scheduler]
  const young = since !== undefined && kernel.length > 0 && !atLeast(kernel, since)
  return [
    ...(young
      ? [
          `lvs ${lvs.name}: scheduler ${lvs.scheduler} came with Linux ${since.join('.')}, this is ${kernel.join('.')}: unless its vendor patched it in, ip_vs_${lvs.scheduler} cannot be loaded and nothing is changed`,
        ]
      : []),
    ...(lvs.scheduler === 'mh' && has(version, 'config_test') && !has(version, 'mh')
      ? [`lvs ${lvs.name}: keepalived ${version.join('.')} does not know mh (since 2.0.7)`]
      : []),
  ]
}

/** Words that give a row another look than the service says, or keep it while its server is down. */
const ROW_WORDS: ReadonlySet<string> = new Set(
  `alpha BFD_CHECK FILE_CHECK flag-1 flag-2 flag-3 inhibit_on_failure lthreshold lvs_method mh-fallback mh-port MISC_CHECK
  omega ops persistence_engine quorum hysteresis sh-fallback sh-port sorry_server_inhibit sorry_server_lvs_method uthreshold
  weight`.split(/\s+/),
)

/** True where extra lines make keepalived's table one that the spec alone does not tell. */
export const ownTable = ({ lvs, servers }: VirtualService, node: string): boolean =>
  [lvs, ...servers].some(({ extra }) =>
    heads(linesOf(extra, node)).some((word) => ROW_WORDS.has(word)),
  )
