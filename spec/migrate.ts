// Walks an old spec up to this version, one frozen step after the other.
import { SPEC_VERSION } from './limits.ts'

/** `from` is the version a step reads. Steps live in spec/migrate/, import nothing and never change. */
type Step = { readonly from: number; readonly run: (old: unknown) => unknown }
const STEPS: readonly Step[] = []

/** The version written in a spec; undefined when there is none or it is not a whole number. */
export function versionOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('version' in value)) return undefined
  return typeof value.version === 'number' && Number.isInteger(value.version)
    ? value.version
    : undefined
}

/** A spec of an older version as one of this version; others come back as they are. */
export function migrate(value: unknown, steps: readonly Step[] = STEPS): unknown {
  let current = value
  for (let at = versionOf(value) ?? SPEC_VERSION; at < SPEC_VERSION; at++) {
    const step = steps.find((one) => one.from === at)
    if (step === undefined) return value
    current = step.run(current)
  }
  return current
}
