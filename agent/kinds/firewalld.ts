// firewalld (firewall-cmd(1)): entries of zones, in the runtime and in the permanent configuration. Pure.
// Never `--reload`: it would drop what somebody added to the runtime only.
import type { Action } from '../action.ts'
import type {
  Diffed,
  FirewallState,
  Observed,
  Opening,
  Owned,
  Removal,
  WantFirewall,
  ZoneState,
} from '../plan/types.ts'
import { quiet } from './quiet.ts'

/** firewall-cmd is a Python program that waits for the daemon, which waits for nft. */
const CMD_TIMEOUT_MS = 30_000

type Entry = { readonly zone: string; readonly option: 'port' | 'rich-rule'; readonly text: string }
type Layer = 'runtime' | 'permanent'

/** As `--list-ports` and `--list-rich-rules` write it, so that what is there can be found again. */
export function entryOf({ protocol, port, from }: Opening): Omit<Entry, 'zone'> {
  if (from === undefined && port !== undefined) {
    return { option: 'port', text: `${port}/${protocol}` }
  }
  const number = { vrrp: 'vrrp', ipip: '4', tcp: 'tcp', udp: 'udp' }[protocol]
  const what =
    port === undefined ? `protocol value="${number}"` : `port port="${port}" protocol="${protocol}"`
  const source =
    from === undefined
      ? ''
      : `family="${from.includes(':') ? 'ipv6' : 'ipv4'}" source address="${from}" `
  return { option: 'rich-rule', text: `rule ${source}${what} accept` }
}

/** Zones of the node's interfaces; the default zone for one that is in none (firewalld.zones(5)). */
function zonesOf({ interfaces }: WantFirewall, state: FirewallState): readonly ZoneState[] {
  const names = interfaces.map(
    (name) =>
      state.zones.find((zone) => zone.interfaces.includes(name))?.name ?? state.zoneByDefault,
  )
  return state.zones.filter(({ name, open }) => names.includes(name) && !open)
}

const entriesOf = (want: WantFirewall, state: FirewallState): readonly Entry[] =>
  zonesOf(want, state).flatMap(({ name }) =>
    want.openings.map((opening) => ({ zone: name, ...entryOf(opening) })),
  )

const entryId = ({ zone, text }: Entry) => `firewall:zone/${zone}/${text}`

export const firewalldIds = (want: WantFirewall, state: FirewallState): readonly string[] =>
  entriesOf(want, state).map(entryId)

/** One option may be given many times, but not mixed with others. */
function command(
  verb: 'add' | 'remove',
  layer: Layer,
  entries: readonly Entry[],
): readonly Extract<Action, { do: 'run' }>[] {
  const [first] = entries
  if (first === undefined) return []
  const words = entries.map(({ option, text }) => `--${verb}-${option}=${text}`)
  return [
    {
      do: 'run',
      argv: [
        'firewall-cmd',
        ...(layer === 'permanent' ? ['--permanent'] : []),
        `--zone=${first.zone}`,
        ...words,
      ],
      timeoutMs: CMD_TIMEOUT_MS,
      next: 'retry',
    },
  ]
}

function commands(verb: 'add' | 'remove', layer: Layer, entries: readonly Entry[]) {
  const groups = Map.groupBy(entries, ({ zone, option }) => `${zone} ${option}`)
  return [...groups.values()].flatMap((group) => command(verb, layer, group))
}

export function diffFirewalld(
  want: WantFirewall,
  state: FirewallState,
  observed: Observed,
): Diffed {
  const id = 'firewall:firewalld'
  const entries = entriesOf(want, state)
  const missing = (layer: Layer) =>
    entries.filter(
      ({ zone, text }) => !state.zones.find(({ name }) => name === zone)?.[layer].has(text),
    )
  const runtime = missing('runtime')
  const permanent = missing('permanent')
  const zones = zonesOf(want, state).map(({ name }) => name)
  if (runtime.length + permanent.length === 0) {
    const why =
      zones.length === 0
        ? 'nothing to open: the zones of its interfaces let all in'
        : `${entries.length} openings are there, zone ${zones.join(', ')}`
    return { kept: { id, why } }
  }
  const layersOf = (entry: Entry): readonly Layer[] => [
    ...(runtime.includes(entry) ? ['runtime' as const] : []),
    ...(permanent.includes(entry) ? ['permanent' as const] : []),
  ]
  const changed = entries.filter((entry) => layersOf(entry).length > 0)
  return {
    step: {
      ...quiet,
      id,
      why: `not let in: ${[...new Set(changed.map(({ text }) => text))].join('; ')}`,
      says: `zone ${zones.join(', ')} lets in ${changed.length} more, now and after a restart`,
      commit: [...commands('add', 'runtime', runtime), ...commands('add', 'permanent', permanent)],
      undo: [
        ...commands('remove', 'runtime', runtime),
        ...commands('remove', 'permanent', permanent),
      ],
      owns: changed.map((entry) => ownedEntry(entry, layersOf(entry), observed)),
    },
  }
}

/** Only what was not there before us goes again; what we added earlier is still ours. */
function ownedEntry(entry: Entry, layers: readonly Layer[], observed: Observed): Owned {
  const id = entryId(entry)
  const before = observed.owned.find((one) => one.id === id)?.remove ?? []
  const more = layers.flatMap((layer): readonly Removal[] => command('remove', layer, [entry]))
  const known = new Set(more.map((one) => JSON.stringify(one)))
  return {
    id,
    says: `zone ${entry.zone} does not let in ${entry.text} any more`,
    remove: [...more, ...before.filter((one) => !known.has(JSON.stringify(one)))],
  }
}
