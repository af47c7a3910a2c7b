// nftables (nft(8)) without firewalld: a chain of ours per table, and a jump to it at the top of each base chain that
// drops what nothing accepts. Rules that are not ours are never touched. Pure.
import type { Action } from '../action.ts'
import type {
  Diffed,
  FirewallState,
  InputChain,
  Observed,
  Opening,
  Owned,
  WantFirewall,
  WantFile,
} from '../plan/types.ts'
import { openingKey } from '../providers/firewall/openings.ts'
import { differs, fileId } from './plain-file.ts'
import { quiet } from './quiet.ts'

/** Name of our chain, and comment of the jump to it. */
export const CHAIN = 'hactl'
/** Loaded after the operator's ruleset at boot, so that VRRP gets through before the agent is up. */
export const RULES_PATH = '/etc/nftables.d/hactl.nft'
export const DROP_IN_PATH = '/etc/systemd/system/nftables.service.d/50-hactl.conf'
const NFT_TIMEOUT_MS = 10_000

type Run = Extract<Action, { do: 'run' }>
type Place = { readonly family: InputChain['family']; readonly table: string }

/** nft joins its arguments: many commands are one transaction. */
const nft = (...commands: readonly string[]): Run => ({
  do: 'run',
  argv: ['nft', ...commands.map((command) => `${command};`)],
  timeoutMs: NFT_TIMEOUT_MS,
  next: 'retry',
})

/** undefined where the table's family has no such packets. */
export function ruleOf(opening: Opening, family: InputChain['family']): string | undefined {
  const { protocol, port, from } = opening
  const source = from === undefined ? undefined : from.includes(':') ? 'ip6' : 'ip'
  if (source !== undefined && family !== 'inet' && family !== source) return undefined
  const number = { vrrp: 112, ipip: 4, tcp: 6, udp: 17 }[protocol]
  const what = port === undefined ? `meta l4proto ${number}` : `${protocol} dport ${port}`
  const who = source === undefined ? '' : `${source} saddr ${from} `
  return `${who}${what} accept comment "hactl:${openingKey(opening)}"`
}

const placeOf = ({ family, table }: Place) => `${family} ${table}`

/** What each table of a closed chain must hold. */
type Table = Place & {
  readonly bases: readonly InputChain[]
  readonly ours: InputChain['ours']
}
function tablesOf({ chains }: FirewallState): readonly Table[] {
  const groups = Map.groupBy(chains, placeOf)
  return [...groups.values()].flatMap((bases) =>
    bases[0] === undefined
      ? []
      : [{ family: bases[0].family, table: bases[0].table, bases, ours: bases[0].ours }],
  )
}

const rulesOf = (openings: readonly Opening[], { family }: Place): readonly string[] =>
  openings.flatMap((opening) => ruleOf(opening, family) ?? [])

/** Same packets in the same order. */
const right = (openings: readonly Opening[], table: Table): boolean => {
  const have = (table.ours ?? []).map((one) => (one === undefined ? '?' : openingKey(one)))
  const want = openings.filter((one) => ruleOf(one, table.family) !== undefined).map(openingKey)
  return table.ours !== undefined && have.join('\n') === want.join('\n')
}

/** One transaction: there is no moment without our rules. */
function filled(table: Place, rules: readonly string[], jumps: readonly InputChain[]): Run {
  const at = placeOf(table)
  return nft(
    `add chain ${at} ${CHAIN}`,
    `flush chain ${at} ${CHAIN}`,
    ...rules.map((rule) => `add rule ${at} ${CHAIN} ${rule}`),
    ...jumps.map(({ chain }) => `insert rule ${at} ${chain} jump ${CHAIN} comment "${CHAIN}"`),
  )
}

/** The jumps by their handles, then the chain. */
function emptied(table: Table): Run {
  const at = placeOf(table)
  return nft(
    ...table.bases.flatMap(({ chain, jumps }) =>
      jumps.map((handle) => `delete rule ${at} ${chain} handle ${handle}`),
    ),
    `flush chain ${at} ${CHAIN}`,
    `delete chain ${at} ${CHAIN}`,
  )
}

const closedOf = ({ bases }: Table) => bases.filter(({ closed }) => closed)

/** Text for `nft -f` after a ruleset that does not have ours yet. */
function bootFile(openings: readonly Opening[], tables: readonly Table[]): WantFile {
  const lines = tables.flatMap((table) => [
    `add chain ${placeOf(table)} ${CHAIN}`,
    `flush chain ${placeOf(table)} ${CHAIN}`,
    ...rulesOf(openings, table).map((rule) => `add rule ${placeOf(table)} ${CHAIN} ${rule}`),
    ...closedOf(table).map(
      ({ chain }) => `insert rule ${placeOf(table)} ${chain} jump ${CHAIN} comment "${CHAIN}"`,
    ),
  ])
  const head = '# Written by hactl; changes are overwritten. Loaded after the ruleset, never twice.'
  return { path: RULES_PATH, body: `${[head, ...lines].join('\n')}\n`, mode: 0o644 }
}
/** The dash: a ruleset without the tables of today must not fail the operator's own service. */
const dropIn: WantFile = {
  path: DROP_IN_PATH,
  body: `# Written by hactl; changes are overwritten.\n[Service]\nExecStartPost=-/usr/sbin/nft -f ${RULES_PATH}\nExecReload=-/usr/sbin/nft -f ${RULES_PATH}\n`,
  mode: 0o644,
}
const daemonReload: Run = {
  do: 'run',
  argv: ['systemctl', 'daemon-reload'],
  timeoutMs: NFT_TIMEOUT_MS,
  next: 'retry',
}

export function diffNftables(want: WantFirewall, state: FirewallState, observed: Observed): Diffed {
  const id = 'firewall:nftables'
  const tables = tablesOf(state)
  const needed = want.openings.length === 0 ? [] : tables.filter((t) => closedOf(t).length > 0)
  const spare = tables.filter((table) => !needed.includes(table) && table.ours !== undefined)
  const jumpless = (table: Table) => closedOf(table).filter(({ jumps }) => jumps.length === 0)
  const wrong = needed.filter((t) => !right(want.openings, t) || jumpless(t).length > 0)
  const files = needed.length === 0 ? [] : bootFiles(want, needed)
  const changed = files.filter((file) => differs(file, observed))
  const gone = [RULES_PATH, DROP_IN_PATH].filter(
    (path) =>
      !files.some((file) => file.path === path) &&
      observed.owned.some((one) => one.id === fileId(path)),
  )
  if (wrong.length + spare.length + changed.length + gone.length === 0) {
    return { kept: { id, why: keptWhy(want, tables, needed) } }
  }
  return {
    step: {
      ...quiet,
      id,
      why: whyOf(wrong, spare, changed, gone),
      says: saysOf(needed, want.openings.length),
      commit: [
        ...wrong.map((t) => filled(t, rulesOf(want.openings, t), jumpless(t))),
        ...spare.map(emptied),
        ...changed.map((file): Action => ({ do: 'write', ...file })),
        ...gone.map((path): Action => ({ do: 'remove', path })),
        ...(changed.length + gone.length > 0 && want.boots ? [daemonReload] : []),
        ...gone.map((path): Action => ({ do: 'forget', id: fileId(path) })),
      ],
      undo: [
        ...undoRules(wrong, spare),
        ...undoFiles([...changed.map((f) => f.path), ...gone], observed),
      ],
      owns: changed.map((file) => ownedFile(file, needed, want.boots)),
      diff: [
        ...changed.map((f) => ({ path: f.path, want: f.body })),
        ...gone.map((path) => ({ path, want: undefined })),
      ].map((one) => ({ ...one, have: observed.files.get(one.path)?.body })),
    },
  }
}

const bootFiles = (want: WantFirewall, needed: readonly Table[]): readonly WantFile[] => [
  bootFile(want.openings, needed),
  ...(want.boots ? [dropIn] : []),
]

/** Back to the rules before; a chain that was not there stays empty, which lets in nothing. */
const undoRules = (wrong: readonly Table[], spare: readonly Table[]): readonly Action[] =>
  [...wrong, ...spare].map((table) => {
    const before = (table.ours ?? []).flatMap((one) => one ?? [])
    const lost = spare.includes(table) ? table.bases.filter(({ jumps }) => jumps.length > 0) : []
    return filled(table, rulesOf(before, table), lost)
  })

const undoFiles = (paths: readonly string[], observed: Observed): readonly Action[] =>
  paths.map((path) => {
    const file = observed.files.get(path)
    return file === undefined
      ? { do: 'remove', path }
      : { do: 'write', path, body: file.body, mode: file.mode }
  })

/** For a node whose spec is gone: it needs no handles, and works where the table is gone too. */
const ownedFile = (file: WantFile, tables: readonly Table[], boots: boolean): Owned => ({
  id: fileId(file.path),
  says: `${file.path} is taken away${file.path === RULES_PATH ? ', and what it lets in is shut' : ''}`,
  remove: [
    { do: 'remove', path: file.path },
    ...(file.path === DROP_IN_PATH && boots ? [daemonReload] : []),
    ...(file.path === RULES_PATH
      ? tables.map((table) =>
          nft(
            `add table ${placeOf(table)}`,
            `add chain ${placeOf(table)} ${CHAIN}`,
            `flush chain ${placeOf(table)} ${CHAIN}`,
          ),
        )
      : []),
  ],
})

function whyOf(
  wrong: readonly Table[],
  spare: readonly Table[],
  changed: readonly WantFile[],
  gone: readonly string[],
): string {
  return [
    ...wrong.map((table) => `table ${placeOf(table)} does not let in what the spec needs`),
    ...spare.map((table) => `table ${placeOf(table)} has openings of ours that nothing needs`),
    ...changed.map(({ path }) => `${path} differs`),
    ...gone.map((path) => `${path} is not needed any more`),
  ].join(', ')
}

const saysOf = (needed: readonly Table[], openings: number): string =>
  needed.length === 0
    ? 'what hactl had opened is shut again; other rules stay as they are'
    : `${needed.map(placeOf).join(', ')} lets in ${openings} things the spec needs, other rules stay`

function keptWhy({ openings }: WantFirewall, tables: readonly Table[], needed: readonly Table[]) {
  if (openings.length === 0) return 'the spec needs nothing to be let in'
  if (needed.length > 0)
    return `${openings.length} openings are in ${needed.map(placeOf).join(', ')}`
  return tables.length === 0
    ? 'no chain at hook input: everything is let in'
    : 'no chain at hook input drops what nothing accepts'
}
