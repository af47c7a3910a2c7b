// The kinds with one fact each: package, sysctl, address. Pure diffs.
import type {
  Facts,
  Kept,
  Observed,
  Step,
  WantNoOrphans,
  WantPackage,
  WantSysctl,
} from '../plan/types.ts'

type Diffed = { readonly step?: Step; readonly kept?: Kept }

const quiet = {
  impact: 'quiet',
  vips: [],
  removes: 0,
  prepare: [],
  undo: [],
  cleanup: [],
  diff: [],
} as const

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

export function diffSysctl(want: WantSysctl, observed: Observed): Diffed {
  const id = `sysctl:${want.key}`
  const have = observed.sysctls.get(want.key)
  if (have === want.value) return { kept: { id, why: `is ${have}` } }
  const path = sysctlFile(want.key)
  const body = `# ${want.why}\n${want.key} = ${want.value}\n`
  return {
    step: {
      ...quiet,
      id,
      why: have === undefined ? 'missing' : `is ${have}`,
      says: `${want.key} becomes ${want.value}: ${want.why}`,
      commit: [
        { do: 'write', path, body, mode: 0o644 },
        { do: 'sysctl', key: want.key, value: want.value },
      ],
      undo: have === undefined ? [] : [{ do: 'sysctl', key: want.key, value: have }],
    },
  }
}

const sysctlFile = (key: string) => `/etc/sysctl.d/60-hactl-${key.replaceAll('.', '-')}.conf`

/**
 * A killed keepalived leaves its addresses behind (FIELD 1.5). Kernel addresses are the truth: one goes
 * only when a reachable peer's kernel holds the vip and our own keepalived does not run or disowns it.
 */
export function diffOrphans(want: WantNoOrphans, observed: Observed): Diffed {
  const id = `address:${want.vip}`
  const here = observed.addresses.filter((a) => want.addresses.includes(a.address))
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
