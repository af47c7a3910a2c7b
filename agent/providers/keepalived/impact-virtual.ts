// What a change of virtual_server blocks does to the connections that run through IPVS.
import type { Version } from '../../engine.ts'
import type { Impact } from '../../plan/types.ts'
import { has } from './profiles.ts'
import type { WireVirtual } from './wire.ts'

type VirtualImpact = { readonly impact: Impact; readonly says: string }

/**
 * Every change counts as a reload at least, so that it reaches the directors one after the other. keepalived compares
 * the new file with its old one and edits the table (clear_diff_services): what stays keeps its connections.
 */
export function virtualImpacts(
  before: readonly WireVirtual[],
  after: readonly WireVirtual[],
  version: Version,
  node: string,
): readonly VirtualImpact[] {
  const gone = before.filter((old) => !after.some((now) => now.key === old.key))
  return [
    ...gone.map(
      ({ key }): VirtualImpact => ({
        impact: 'destroys',
        says: `${node} stops balancing ${key}: its connections are cut`,
      }),
    ),
    ...after.flatMap((now) => {
      const old = before.find((one) => one.key === now.key)
      return old === undefined
        ? [reload(`${node} begins to balance ${now.key}`)]
        : changes(old, now, version)
    }),
  ]
}

const reload = (says: string): VirtualImpact => ({ impact: 'reload', says })

function changes(old: WireVirtual, now: WireVirtual, version: Version): readonly VirtualImpact[] {
  const { key } = now
  if ([...old.servers].every(([server]) => !now.servers.has(server))) {
    const says = `every server of ${key} is replaced: its connections are cut`
    return [{ impact: 'destroys', says }]
  }
  return [
    ...serverChanges(old, now),
    ...scheduling(old, now, version),
    ...(old.method === now.method
      ? []
      : [reload(`${key} forwards by ${now.method} instead of ${old.method}: connections are cut`)]),
    ...(old.sorry === now.sorry ? [] : [reload(`the sorry server of ${key} changes`)]),
    ...(old.checks === now.checks ? [] : [reload(`servers of ${key} are checked in another way`)]),
  ]
}

/** No `inhibit_on_failure`: a row that goes takes its connections along (FIELD 4.9). */
function serverChanges(old: WireVirtual, now: WireVirtual): readonly VirtualImpact[] {
  const gone = [...old.servers].filter(([server]) => !now.servers.has(server))
  const come = [...now.servers.keys()].filter((server) => !old.servers.has(server))
  const weighed = [...now.servers].filter(([server, weight]) => {
    const before = old.servers.get(server)
    return before !== undefined && before !== weight
  })
  return [
    ...gone.map(([server, weight]) =>
      reload(
        weight === 0
          ? `${server} leaves ${now.key}; it took no new clients, what still runs there is cut`
          : `${server} leaves ${now.key}: its connections are cut (give it "state": "drain" first)`,
      ),
    ),
    ...come.map((server) =>
      reload(`${server} joins ${now.key} and gets clients at once, before its first check`),
    ),
    ...weighed.map(([server, weight]) =>
      reload(
        weight === 0
          ? `${server} of ${now.key} takes no new clients, its connections stay`
          : `${server} of ${now.key} gets weight ${weight}`,
      ),
    ),
  ]
}

function scheduling(old: WireVirtual, now: WireVirtual, version: Version) {
  if (old.scheduler === now.scheduler && old.persistence === now.persistence) return []
  return [
    reload(
      has(version, 'virtual_edited')
        ? `new clients of ${now.key} are spread by ${now.scheduler}, connections stay`
        : `${now.key} is made anew for its scheduler or persistence: its connections are cut`,
    ),
  ]
}
