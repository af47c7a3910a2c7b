// What the node must let in, against what its firewall lets in. Pure diff; one way for each kind of firewall.
import type { Diffed, FirewallState, Observed, WantFirewall } from '../plan/types.ts'
import { openingKey } from '../providers/firewall/openings.ts'
import { diffFirewalld, firewalldIds } from './firewalld.ts'
import { diffNftables } from './nftables.ts'

const nothing: FirewallState = { zones: [], zoneByDefault: '', chains: [], shut: [] }

export function diffFirewall(want: WantFirewall, observed: Observed): Diffed {
  const id = `firewall:${want.backend}`
  if (observed.firewall === undefined && want.backend !== 'none') {
    return { kept: { id, why: 'does not answer: left as it is' } }
  }
  const state = observed.firewall ?? nothing
  if (want.manage !== 'open' || want.backend === 'none') {
    const why = `${reasonOf(want)}${shutOf(want, state)}`
    // What was opened before goes: nftables here, entries of firewalld by their own steps (owned.ts).
    const bare = { ...want, openings: [] }
    const step = want.backend === 'nftables' ? diffNftables(bare, state, observed).step : undefined
    return step === undefined ? { kept: { id, why } } : { step }
  }
  return want.backend === 'firewalld'
    ? diffFirewalld(want, state, observed)
    : diffNftables(want, state, observed)
}

function reasonOf({ manage, backend }: WantFirewall): string {
  if (manage === 'off') return 'not looked at: the spec says off'
  if (manage === 'report') return 'only reported, as the spec says'
  return backend === 'none' ? 'neither firewalld nor nftables filters here' : ''
}

/** Each with its command: somebody has to run it, and it is not us. */
function shutOf({ openings }: WantFirewall, { shut }: FirewallState): string {
  const said = shut.flatMap(({ key, fix }) => {
    const opening = openings.find((one) => openingKey(one) === key)
    return opening === undefined ? [] : [`; ${key} (${opening.why}) is shut: ${fix}`]
  })
  return said.join('')
}

/** Ids whose traces stay for now: wanted, or beyond reach while their firewall does not run. */
export function firewallIds(want: WantFirewall, observed: Observed): readonly string[] {
  const wanted = want.manage === 'open' ? firewalldIds(want, observed.firewall ?? nothing) : []
  const reachable = (id: string): boolean =>
    want.backend === 'firewalld' &&
    (observed.firewall?.zones ?? []).some(({ name }) => id.startsWith(`firewall:zone/${name}/`))
  const left = observed.owned.filter(({ id }) => id.startsWith('firewall:') && !reachable(id))
  return [...wanted, ...left.map(({ id }) => id)]
}
