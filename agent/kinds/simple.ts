// The kinds with one fact each: package, address. Pure diffs.
import type {
  Diffed,
  Facts,
  Observed,
  WantNoOrphans,
  WantPackage,
  WantPackages,
} from '../plan/types.ts'
import { isAnnounced } from './local-address.ts'
import { quiet } from './quiet.ts'

/** Installed means: the engine answers with a version. Nothing is ever upgraded or removed. */
export function diffPackage(want: WantPackage, facts: Facts): Diffed {
  const id = `package:${want.engine}`
  const found = facts.engines[want.engine]
  if (found !== undefined) return { kept: { id, why: `version ${found.version.join('.')}` } }
  const names = facts.packager === 'none' ? [want.engine] : [want.names[facts.packager]]
  return {
    step: {
      ...quiet,
      id,
      why: 'not installed',
      says: `installs ${names.join(', ')}`,
      commit: [{ do: 'install', packages: names }],
    },
  }
}

/** In the packager's own names: installed is what it says is installed, in any version. */
export function diffPackages(want: WantPackages, observed: Observed): Diffed {
  const id = `packages:${want.name}`
  const missing = want.names.filter((name) => !observed.packages.has(name))
  if (missing.length === 0) return { kept: { id, why: 'all are installed' } }
  return {
    step: {
      ...quiet,
      id,
      why: `not installed: ${missing.join(', ')}`,
      says: `installs ${missing.join(', ')}`,
      commit: [{ do: 'install', packages: missing }],
    },
  }
}

/**
 * A killed keepalived leaves its addresses behind (FIELD 1.5). Kernel addresses are the truth: one goes
 * only when a reachable peer's kernel holds the vip and our own keepalived does not run or disowns it.
 */
export function diffOrphans(want: WantNoOrphans, observed: Observed): Diffed {
  const id = `address:${want.vip}`
  // On the loopback or a tunnel it is a real server's, and VRRP never put it there.
  const here = observed.addresses.filter(
    (a) => want.addresses.includes(a.address) && isAnnounced(a),
  )
  const holder = observed.heldByPeer.get(want.vip)
  const keepalived = observed.daemons.get('keepalived')?.running === true
  if (here.length === 0) return { kept: { id, why: 'not held here' } }
  if (keepalived && want.mayHold) return { kept: { id, why: 'held here, keepalived runs' } }
  if (holder === undefined) {
    return { kept: { id, why: 'held here and nowhere else that we can see: left alone' } }
  }
  return {
    step: {
      ...quiet,
      id,
      why: `${holder} holds the vip, and no keepalived answers for it here`,
      says: `the left-behind address of vip ${want.vip} is removed; ${holder} serves it`,
      vips: [want.vip],
      commit: here.map((address) => ({ do: 'drop-address', address })),
    },
  }
}
