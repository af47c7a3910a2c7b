// Counts effects and breaks the one it is told to.

/** 'full': from that effect on the disk takes no new text; a rename needs none. */
export type FaultMode = 'transient' | 'persistent' | 'power' | 'full'
export const FAULT_MODES: readonly FaultMode[] = ['transient', 'persistent', 'power', 'full']

export type Faults = {
  /** Number of the effect that breaks, from 0; undefined breaks none. */
  failAt: number | undefined
  mode: FaultMode
  /** Effects asked for since the last reset, and how many of them were broken. */
  effects: number
  failures: number
  /** What broke first, in words: it names the failing case. */
  broken: string
}

/** What a broken effect throws; a test tells it from a real defect by this type. */
export class InjectedFault extends Error {
  override name = 'InjectedFault'
}

export const noFaults = (): Faults => ({
  failAt: undefined,
  mode: 'transient',
  effects: 0,
  failures: 0,
  broken: '',
})

/** Called before each effect; throws when it is this one's turn to break. */
export function effect(faults: Faults, what: string): void {
  const number = faults.effects++
  const { failAt, mode } = faults
  if (failAt === undefined || number < failAt) return
  if (mode === 'transient' && number > failAt) return
  if (mode === 'full' && !what.startsWith('write ')) return
  faults.failures++
  if (faults.broken === '') faults.broken = what
  throw new InjectedFault(`injected ${mode} fault at effect ${number}: ${what}`)
}
