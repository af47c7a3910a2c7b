// The text of keepalived.conf for one node: version-aware, digest inside, the same for the same input.
import { createHash } from 'node:crypto'
import type { Net } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import type { VirtualService } from '../lvs/services.ts'
import { linesOf } from '../../../spec/keepalived.ts'
import { block } from './block.ts'
import {
  checkable,
  heads,
  NO_LINES,
  type NodeLines,
  outerBlocks,
  runsPrograms,
  withExtra,
} from './extra.ts'
import { faultPath, healthPath } from './paths.ts'
import { has } from './profiles.ts'
import type { Router } from './routers.ts'
import { virtualBlocks, virtualGlobals } from './virtual.ts'

export type Rendered = {
  readonly body: string
  /** First 16 hex digits of sha256 of the body without the line that carries it. */
  readonly digest: string
  readonly notes: readonly string[]
}

/** Says which features the kernel and the build have beyond the version. */
export const PROC_EVENTS = 'PROC_EVENTS'

/** ARP tables heal by themselves within this time, keepalived issue 166. */
const GARP_REFRESH_S = 60
const GARP_DELAY_S = 1
/** A network card may need a moment after boot before it passes traffic; adverts are heard first. */
const STARTUP_DELAY_S = 1
/** A supervisor starts a dead proxy again within this time: the vip stays. */
const TERMINATE_DELAY_S = 0.5
const SCRIPT_INTERVAL_S = 1
const processName = (engine: string) => `hactl_${engine}`

const healthName = (vip: string) => `hactl_${vip}`

/** Pure. Never renders an instance that keepalived would repair by guessing. */
export function renderKeepalived(
  routers: readonly Router[],
  version: Version,
  features: readonly string[],
  services: readonly VirtualService[] = [],
  lines: NodeLines = NO_LINES,
): Rendered {
  const tracksProcess = has(version, 'vrrp_track_process') && features.includes(PROC_EVENTS)
  const vips = [...new Set(routers.map((r) => r.vip.name))]
  const engines = [...new Set(routers.flatMap((r) => r.engines))].sort()
  const blocks = [
    ...(tracksProcess ? engines.map(processBlock) : []),
    ...vips.map((vip) =>
      has(version, 'vrrp_track_file') ? fileBlock(vip, version) : scriptBlock(vip),
    ),
    ...outerBlocks(lines.blocks),
    ...groups(routers, lines),
    ...routers.map((r) => instanceBlock(r, version, tracksProcess, heads(lines.globals))),
    ...virtualBlocks(services, version, lines.node),
  ]
  const runs = runsPrograms([
    ...lines.globals,
    ...lines.blocks,
    ...Object.values(lines.groups).flat(),
    ...routers.flatMap((r) => r.extra),
    ...services.flatMap(({ lvs, servers }) =>
      [lvs, ...servers].flatMap(({ extra }) => linesOf(extra, lines.node)),
    ),
  ])
  const balances = services.length > 0 || heads(lines.blocks).includes('virtual_server')
  const ours = [...globals(version, runs), ...(balances ? virtualGlobals(version) : [])]
  const text = (id: readonly string[]) =>
    checkable(
      `${[
        ['# Written by hactl; changes are undone by the next pass. Change the spec instead.'],
        block('global_defs', [...id, ...withExtra(ours, lines.globals)]),
        ...blocks,
      ]
        .map((lines) => lines.join('\n'))
        .join('\n\n')}\n`,
      version,
    )
  const digest = createHash('sha256').update(text([])).digest('hex').slice(0, 16)
  return {
    body: text([`router_id hactl_${digest}`]),
    digest,
    notes: [...notesOf(version, engines.length > 0, tracksProcess), ...authNotes(routers, version)],
  }
}

function notesOf(version: Version, proxied: boolean, tracksProcess: boolean): readonly string[] {
  const without = version.join('.')
  return [
    ...(!proxied || tracksProcess
      ? []
      : [
          has(version, 'vrrp_track_process')
            ? 'keepalived: track_process left out, the kernel does not report process events here; the health file tells'
            : `keepalived ${without}: track_process left out (since 2.0.11); the health file tells`,
        ]),
    ...(has(version, 'vrrp_track_file')
      ? []
      : [
          `keepalived ${without}: track_file left out (since 2.0.0); a script looks at the health file every second`,
        ]),
    ...(has(version, 'vrrp_startup_delay')
      ? []
      : [`keepalived ${without}: vrrp_startup_delay left out (since 2.0.14)`]),
    ...(has(version, 'config_test')
      ? []
      : [`keepalived ${without}: it cannot check a file (since 2.0.4); only our own rules do`]),
  ]
}

const authNotes = (routers: readonly Router[], version: Version): readonly string[] =>
  routers.flatMap(({ vip }) =>
    vip.auth?.include === undefined || has(version, 'config_test')
      ? []
      : [
          `vip ${vip.name}: nothing checks that ${vip.auth.include} is there, and without it keepalived ${version.join('.')} sends no password`,
        ],
  )

function globals(version: Version, runs: boolean): readonly string[] {
  const scripted = !has(version, 'vrrp_track_file')
  return [
    ...(has(version, 'vrrp_garp_master_refresh')
      ? [`vrrp_garp_master_refresh ${GARP_REFRESH_S}`]
      : []),
    ...(has(version, 'vrrp_garp_lower_prio_repeat') ? ['vrrp_garp_lower_prio_repeat 1'] : []),
    // Unicast adverts escape the check that TTL is 255 (FIELD 4.5-10).
    ...(has(version, 'vrrp_check_unicast_src') ? ['vrrp_check_unicast_src'] : []),
    ...(has(version, 'vrrp_startup_delay') ? [`vrrp_startup_delay ${STARTUP_DELAY_S}`] : []),
    // Adverts of a tenth of a second must leave on time on a busy machine.
    ...(has(version, 'vrrp_priority') ? ['vrrp_priority -20'] : []),
    ...((runs && has(version, 'enable_script_security')) || scripted
      ? ['enable_script_security']
      : []),
    ...(scripted ? ['script_user root'] : []),
  ]
}

const processBlock = (engine: string) =>
  block(`vrrp_track_process ${processName(engine)}`, [
    `process ${engine}`,
    'weight 0',
    'quorum 1',
    `terminate_delay ${TERMINATE_DELAY_S}`,
  ])

/** Weight 0: not 0 in the file is FAULT. init_file: a missing file is made, healthy (fail static). */
const fileBlock = (vip: string, version: Version) =>
  block(`${has(version, 'track_file') ? 'track_file' : 'vrrp_track_file'} ${healthName(vip)}`, [
    `file ${healthPath(vip)}`,
    'weight 0',
    'init_file 0',
  ])

/** Real path, root, argv without a shell: what enable_script_security accepts (FIELD 4.5-15). */
const scriptBlock = (vip: string) =>
  block(`vrrp_script ${healthName(vip)}`, [
    `script "/usr/bin/test ! -e ${faultPath(vip)}"`,
    `interval ${SCRIPT_INTERVAL_S}`,
    'fall 1',
    'rise 1',
    'user root',
  ])

/**
 * Both families of a vip move together, and so do the vips of one group: a client must not find them on different nodes.
 * What an instance tracks stays with the instance: without weights its FAULT is the group's (FIELD 4.5-5 is about weights).
 */
const groups = (routers: readonly Router[], lines: NodeLines): readonly (readonly string[])[] =>
  [...Map.groupBy(routers, (r) => r.group)]
    .filter(([, of]) => of.length > 1)
    .map(([name, of]) => {
      const members = of.map((r) => r.name)
      const extra = lines.groups[of[0]?.vip.group ?? ''] ?? []
      return block(`vrrp_sync_group ${name}`, withExtra(block('group', members), extra))
    })

function instanceBlock(
  router: Router,
  version: Version,
  tracksProcess: boolean,
  globals: readonly string[],
): readonly string[] {
  const { vip } = router
  const delays = globals.some((word) => /^vrrp_(?:garp_master_delay|min_garp)$/.test(word))
  const health = has(version, 'vrrp_track_file') ? 'track_file' : 'track_script'
  const lines = [
    ...(has(version, 'version') ? [`version ${vip.vrrpVersion}`] : []),
    'state BACKUP',
    `interface ${router.interface}`,
    `virtual_router_id ${vip.vrid}`,
    `priority ${router.priority}`,
    `advert_int ${vip.advertMs / 1000}`,
    ...(delays ? [] : [`garp_master_delay ${GARP_DELAY_S}`]),
    ...(vip.preempt ? [] : ['nopreempt']),
    ...wayOf(router),
    ...authOf(router),
    ...tracked(router),
    ...(router.engines.length > 0 && tracksProcess
      ? block('track_process', router.engines.map(processName))
      : []),
    ...block(health, [healthName(vip.name)]),
    ...block('virtual_ipaddress', [addressLine(router.advertised, router)]),
    // Not in the adverts: adding or removing these never makes peers disagree (FIELD 4.4).
    ...(router.excluded.length > 0
      ? block(
          'virtual_ipaddress_excluded',
          router.excluded.map((net) => addressLine(net, router)),
        )
      : []),
  ]
  return block(`vrrp_instance ${router.name}`, withExtra(lines, router.extra))
}

/** A secret that the agent writes, or a file that keepalived reads in place: no password is in a spec, plan or report. */
const authOf = ({ vip: { auth } }: Router): readonly string[] =>
  auth === undefined
    ? []
    : block('authentication', [
        `auth_type ${auth.type.toUpperCase()}`,
        auth.password === undefined
          ? `include ${auth.include ?? ''}`
          : `auth_pass ${auth.password}`,
      ])

/** Its own interface is always watched; naming it again earns a message. */
function tracked(router: Router): readonly string[] {
  const others = router.vip.trackInterfaces.filter((name) => name !== router.interface)
  return others.length === 0 ? [] : block('track_interface', others)
}

/** An empty unicast_peer would mean multicast without saying so, hence never one. */
function wayOf(router: Router): readonly string[] {
  if (router.peers.length === 0) return []
  return [`unicast_src_ip ${router.source}`, ...block('unicast_peer', router.peers)]
}

/** With a virtual MAC the addresses stand on its interface, unless they name one (keepalived.conf(5), use_vmac). */
function addressLine(net: Net, { vip, interface: device, extra }: Router): string {
  const options = vip.addressOptions[net.address] ?? ''
  const own = /(?:^| )dev /.test(options) || heads(extra).some((word) => VIRTUAL.has(word))
  return [`${net.address}/${net.prefix}`, ...(own ? [] : [`dev ${device}`]), options]
    .join(' ')
    .trimEnd()
}
const VIRTUAL: ReadonlySet<string> = new Set(['use_vmac', 'use_ipvlan'])
