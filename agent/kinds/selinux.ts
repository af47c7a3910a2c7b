// SELinux: booleans (setsebool(8)) and labels of ports (semanage-port(8)), set where they are missing. Pure diff.
// A label that another program's policy relies on is never taken away from it.
import type { Action } from '../action.ts'
import type {
  Diffed,
  Observed,
  Owned,
  SelinuxPort,
  SelinuxState,
  WantSelinux,
} from '../plan/types.ts'
import { quiet } from './quiet.ts'

/** Both rebuild the policy: seconds on a small machine. */
const POLICY_TIMEOUT_MS = 120_000
const TYPE = 'http_port_t'
/** What haproxy_t, keepalived_t and httpd_t may bind and connect to without a boolean (selinux-policy). */
const ALLOWED: readonly string[] = [TYPE, 'http_cache_port_t']
/** Ports of these types where semanage cannot be asked: the policy's own list. */
const ALLOWED_BY_DEFAULT = [
  80, 81, 443, 488, 8008, 8009, 8080, 8118, 8123, 8443, 9000, 10_001, 10_002, 10_003, 10_004,
  10_005, 10_006, 10_007, 10_008, 10_009, 10_010,
]
/** Names of the ranges that cover every port: no program's own. */
const GENERIC = /^(?:unreserved|reserved|ephemeral|hi_reserved|port)/

type Run = Extract<Action, { do: 'run' }>
const run = (...argv: readonly string[]): Run => ({
  do: 'run',
  argv,
  timeoutMs: POLICY_TIMEOUT_MS,
  next: 'retry',
})

const setBoolean = (name: string, value: boolean): Run =>
  run('setsebool', '-P', name, value ? 'on' : 'off')
const label = (verb: '-a' | '-d', port: number): Run =>
  run('semanage', 'port', verb, '-t', TYPE, '-p', 'tcp', String(port))

/** One thing to do, with its way back and what it leaves; or only something to say. */
type Change = {
  readonly why: string
  readonly commit: Run
  readonly back: Run
  readonly id: string
}
type Judged = { readonly changes: readonly Change[]; readonly notes: readonly string[] }

const nothing: SelinuxState = { booleans: new Map(), labels: undefined }

export function diffSelinux(want: WantSelinux, observed: Observed): Diffed {
  const id = 'selinux:policy'
  if (want.mode === 'disabled') return { kept: { id, why: 'SELinux is off here' } }
  if (want.manage === 'off') return { kept: { id, why: 'not looked at: the spec says off' } }
  const state = observed.selinux ?? nothing
  const ports = judgePorts(want, state, observed)
  const asked = [...want.booleans, ...ports.booleans]
  const booleans = asked.map((one) => judgeBoolean(one, state))
  const judged = [...booleans, ports]
  const changes = judged.flatMap((one) => one.changes)
  const notes = judged.flatMap((one) => one.notes)
  if (changes.length === 0 || want.manage === 'report') {
    const shut = changes.map(({ why, commit }) => `${why}: ${commit.argv.join(' ')}`)
    const why = [want.mode, ...notes, ...shut].join('; ')
    return {
      kept: { id, why: changes.length + notes.length === 0 ? `${why}, all is permitted` : why },
    }
  }
  return {
    step: {
      ...quiet,
      id,
      why: changes.map(({ why }) => why).join(', '),
      says: ['SELinux permits what the spec needs', ...notes].join('; '),
      commit: changes.map(({ commit }) => commit),
      // A label stays: deleting one that could not be added fails, and one that is there only permits.
      undo: changes.flatMap(({ id: what, back }) =>
        what.startsWith('selinux:port/') ? [] : [back],
      ),
      owns: changes.map(ownedChange),
    },
  }
}

const ownedChange = ({ id, back }: Change): Owned => ({
  id,
  says: `${back.argv.join(' ')}: nothing needs it any more`,
  remove: [back],
})

const booleanId = (name: string) => `selinux:boolean/${name}`
const portId = (port: number) => `selinux:port/${port}`

function judgeBoolean(
  { name, value, why }: WantSelinux['booleans'][number],
  { booleans }: SelinuxState,
): Judged {
  const have = booleans.get(name)
  if (have === value) return { changes: [], notes: [] }
  if (have === undefined) {
    return { changes: [], notes: [`the policy here has no boolean ${name} (${why})`] }
  }
  const change: Change = {
    id: booleanId(name),
    why: `${name} is ${have ? 'on' : 'off'} (${why})`,
    commit: setBoolean(name, value),
    back: setBoolean(name, have),
  }
  return { changes: [change], notes: [] }
}

/** The narrowest range names a port: 1024-32767 unreserved_port_t covers thousands. */
function labelOf({ labels }: SelinuxState, port: number): string | undefined {
  if (labels === undefined) return ALLOWED_BY_DEFAULT.includes(port) ? TYPE : undefined
  return labels
    .filter((one) => port >= one.from && port <= one.to)
    .toSorted((a, b) => a.to - a.from - (b.to - b.from))[0]?.type
}

/**
 * A boolean that is needed anyway, or that the operator has set, makes labels needless; one of ours does not count,
 * or the same spec would end in two ways.
 */
function judgePorts(want: WantSelinux, state: SelinuxState, observed: Observed) {
  const ours = new Set(observed.owned.map(({ id }) => id))
  const bare = state.labels?.filter((l) => l.type !== TYPE || !ours.has(portId(l.from)))
  const wrong = want.ports.flatMap((one) => {
    const type = labelOf({ ...state, labels: bare }, one.port)
    return type !== undefined && ALLOWED.includes(type) ? [] : [{ ...one, type }]
  })
  const free = (type: string | undefined) => type === undefined || GENERIC.test(type)
  const booleans = new Map<string, WantSelinux['booleans'][number]>()
  for (const { any, use, type, ...rest } of wrong) {
    if (any === undefined || (use === 'bind' && free(type))) continue
    booleans.set(any, { name: any, value: true, why: anyWhy({ ...rest, use }, type) })
  }
  const permitted = ({ any }: SelinuxPort): boolean =>
    any !== undefined &&
    (booleans.has(any) || (state.booleans.get(any) === true && !ours.has(booleanId(any))))
  const left = wrong.filter((one) => !permitted(one))
  const can = left.filter(({ type }) => state.labels !== undefined && free(type))
  const needed = [...new Map(can.map((one) => [one.port, one])).values()].map(({ port, why }) => ({
    port,
    id: portId(port),
    why: `port ${port} is no ${TYPE} (${why})`,
    commit: label('-a', port),
    back: label('-d', port),
  }))
  const notes = left
    .filter((one) => !can.includes(one))
    .map((one) => cannotLabel(one, one.type, want.packager))
  const changes = needed.filter(({ port }) => labelOf(state, port) !== TYPE)
  return { needed, changes, notes, booleans: [...booleans.values()] }
}

const anyWhy = ({ port, use, why }: SelinuxPort, type: string | undefined): string =>
  `${why}: ${use} port ${port}${type === undefined ? '' : `, ${type}`}`

function cannotLabel(
  { port, why }: SelinuxPort,
  type: string | undefined,
  packager: WantSelinux['packager'],
): string {
  if (type !== undefined && !GENERIC.test(type)) {
    return `port ${port} (${why}) belongs to ${type}: choose another port`
  }
  const install =
    packager === 'apt'
      ? 'apt-get install policycoreutils-python-utils'
      : 'yum install policycoreutils-python-utils (EL7: policycoreutils-python)'
  return `cannot label port ${port} (${why}): semanage is missing, ${install}`
}

/**
 * Ids whose traces stay: what the want needs, and what cannot be taken back now, where SELinux is off, or a label
 * that is not there (semanage fails to delete it).
 */
export function selinuxIds(want: WantSelinux, observed: Observed): readonly string[] {
  const owned = observed.owned.map(({ id }) => id).filter((id) => id.startsWith('selinux:'))
  if (want.mode === 'disabled' || want.manage === 'off') return owned
  const there = new Set(
    (observed.selinux?.labels ?? []).filter(({ type }) => type === TYPE).map((l) => portId(l.from)),
  )
  const beyond = owned.filter((id) => id.startsWith(portId(0).slice(0, -1)) && !there.has(id))
  if (want.manage === 'report') return beyond
  const ports = judgePorts(want, observed.selinux ?? nothing, observed)
  return [
    ...beyond,
    ...[...want.booleans, ...ports.booleans].map(({ name }) => booleanId(name)),
    ...ports.needed.map(({ id }) => id),
  ]
}
