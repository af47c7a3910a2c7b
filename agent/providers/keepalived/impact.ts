// What a change of keepalived.conf does to traffic when one node loads it (measured: FIELD 4.4).
import type { Version } from '../../engine.ts'
import { IMPACTS, type Impact } from '../../plan/types.ts'
import { has } from './profiles.ts'
import { virtualImpacts } from './impact-virtual.ts'
import { type WireAddress, type WireInstance, wireOf } from './wire.ts'

export type KeepalivedImpact = { readonly impact: Impact; readonly says: string }

/**
 * Pure. Class of the worst change and the words of all that are not quiet. `have` undefined: nothing
 * is on disk. Instances are compared by name, else by vrid (a rename alone is quiet).
 */
export function keepalivedImpact(
  have: string | undefined,
  want: string,
  version: Version,
  node: string,
): KeepalivedImpact {
  const wanted = wireOf(want)
  const after = wanted?.instances ?? []
  if (have === undefined) return worst(after.map((i) => joins(i, node)))
  const had = wireOf(have)
  const before = had?.instances
  if (had === undefined || before === undefined) {
    const says = `the file on disk has no grammar: ${node} may lose its vips for a moment`
    return { impact: 'blinks', says }
  }
  const pairs = after.map((now) => ({ now, old: partnerOf(now, before, after) }))
  const gone = before.filter((old) => !pairs.some((p) => p.old === old))
  return worst([
    ...virtualImpacts(had.virtuals, wanted?.virtuals ?? [], version, node),
    ...groupImpacts(had.groups, wanted?.groups ?? [], node),
    ...gone.map((old) => removed(old, node)),
    ...pairs.flatMap(({ now, old }) =>
      old === undefined ? [joins(now, node)] : changes(old, now, version, node),
    ),
  ])
}

/** Instances that are tied together or let go may change their state to that of the others. */
function groupImpacts(
  before: readonly string[],
  after: readonly string[],
  node: string,
): readonly KeepalivedImpact[] {
  if (before.join('|') === after.join('|')) return []
  const tied = after.filter((group) => !before.includes(group))
  const says =
    tied.length === 0
      ? `vips move apart from each other on ${node} from now on`
      : `${tied.join(', and ')} move together on ${node} from now on`
  return [{ impact: 'moves', says }]
}

function partnerOf(
  now: WireInstance,
  before: readonly WireInstance[],
  after: readonly WireInstance[],
): WireInstance | undefined {
  const named = before.find((old) => old.name === now.name)
  if (named !== undefined) return named
  const free = before.filter((old) => !after.some((other) => other.name === old.name))
  return free.find(
    (old) => old.vrid === now.vrid && old.family === now.family && old.interface === now.interface,
  )
}

const joins = (i: WireInstance, node: string): KeepalivedImpact => ({
  impact: 'moves',
  says: `${node} joins vip ${i.name} as backup with priority ${i.priority} and takes it over when it is the highest`,
})

const removed = (i: WireInstance, node: string): KeepalivedImpact => ({
  impact: 'destroys',
  says: `${node} gives up vip ${i.name} for good (${i.addresses.map((a) => a.address).join(', ')})`,
})

function changes(
  old: WireInstance,
  now: WireInstance,
  version: Version,
  node: string,
): readonly KeepalivedImpact[] {
  const all = [
    ...unusable(now, node),
    ...blinks(old, now, node),
    ...barrier(old, now, version),
    ...moves(old, now, node),
  ]
  return all
}

/** An instance without vrid or address is dropped while its addresses stay: orphans. */
const unusable = (now: WireInstance, node: string): readonly KeepalivedImpact[] =>
  now.vrid > 0 && now.addresses.length > 0
    ? []
    : [{ impact: 'destroys', says: `vip ${now.name} has no vrid or no address: ${node} drops it` }]

function blinks(old: WireInstance, now: WireInstance, node: string): readonly KeepalivedImpact[] {
  const reasons = [
    ...(old.vrid === now.vrid ? [] : [`vrid ${old.vrid} to ${now.vrid}`]),
    ...(old.mode === now.mode ? [] : [`${old.mode} to ${now.mode}`]),
    ...(old.interface === now.interface ? [] : [`interface ${old.interface} to ${now.interface}`]),
    ...(old.family === now.family ? [] : ['another address family']),
    ...(old.vmac === now.vmac ? [] : ['use of a virtual MAC']),
    ...remade(old, now).map((address) => `mask, device or label of ${address}`),
  ]
  // Adverts that no longer meet: without the others, two nodes hold the vip (FIELD 4.4).
  const apart = old.vrid !== now.vrid || old.mode !== now.mode || old.family !== now.family
  const together = apart ? '; all peers must load it together' : ''
  const says = `vip ${now.name} blinks about 1 s on ${node}: ${reasons.join(', ')}${together}`
  return reasons.length === 0 ? [] : [{ impact: 'blinks', says }]
}

/** Addresses that stay but are deleted and added again. */
function remade(old: WireInstance, now: WireInstance): readonly string[] {
  const same = (a: WireAddress, b: WireAddress) =>
    a.prefix === b.prefix &&
    (a.dev || old.interface) === (b.dev || now.interface) &&
    a.label === b.label
  const before = [...old.addresses, ...old.excluded]
  return [...now.addresses, ...now.excluded].flatMap((b) => {
    const a = before.find((x) => x.address === b.address)
    return a === undefined || same(a, b) ? [] : [b.address]
  })
}

/** Peers that do not load it together distrust each other's adverts, and both hold the vip. */
function barrier(
  old: WireInstance,
  now: WireInstance,
  version: Version,
): readonly KeepalivedImpact[] {
  const differs = {
    addresses: listOf(old.addresses) !== listOf(now.addresses),
    auth: old.auth !== now.auth,
    advert: old.advertMs !== now.advertMs,
    version: old.version !== now.version,
  }
  const reasons = [
    ...(differs.addresses && !has(version, 'vip_count_tolerated') ? ['advertised addresses'] : []),
    ...(differs.auth ? ['authentication'] : []),
    ...(differs.advert && !has(version, 'advert_tolerated')
      ? [`advert interval ${old.advertMs} ms to ${now.advertMs} ms`]
      : []),
    ...(differs.version && !has(version, 'advert_tolerated')
      ? [`VRRP version ${old.version} to ${now.version}`]
      : []),
  ]
  const says = `vip ${now.name}: all peers must load it together, or two hold the vip: ${reasons.join(', ')}`
  return reasons.length === 0 ? [] : [{ impact: 'needs-barrier', says }]
}

const listOf = (addresses: readonly WireAddress[]) =>
  addresses
    .map((a) => a.address)
    .toSorted()
    .join(' ')

function moves(old: WireInstance, now: WireInstance, node: string): readonly KeepalivedImpact[] {
  const lost = [...old.addresses, ...old.excluded].filter(
    (a) => ![...now.addresses, ...now.excluded].some((b) => b.address === a.address),
  )
  const dropped = lost.map(
    (a): KeepalivedImpact => ({
      impact: 'destroys',
      says: `${node} gives up address ${a.address} of vip ${now.name}`,
    }),
  )
  const priority: KeepalivedImpact = {
    impact: 'moves',
    says: `vip ${now.name} may move: priority of ${node} goes from ${old.priority} to ${now.priority}`,
  }
  const health: KeepalivedImpact = {
    impact: 'moves',
    says: `vip ${now.name} may move: ${node} watches ${now.tracks.join(', ') || 'nothing'} now`,
  }
  return [
    ...dropped,
    ...(old.priority === now.priority ? [] : [priority]),
    ...(old.tracks.join() === now.tracks.join() ? [] : [health]),
  ]
}

const QUIET: KeepalivedImpact = {
  impact: 'quiet',
  says: 'keepalived loads it without touching a vip',
}

/** The worst class; all words, worst first. */
function worst(all: readonly KeepalivedImpact[]): KeepalivedImpact {
  const rank = (i: KeepalivedImpact) => IMPACTS.indexOf(i.impact)
  const sorted = all.toSorted((a, b) => rank(b) - rank(a))
  const first = sorted[0]
  if (first === undefined) return QUIET
  return { impact: first.impact, says: sorted.map((i) => i.says).join('; ') }
}
