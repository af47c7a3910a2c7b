// All checks in the order of a working day, and the one judgement over them. Pure.
import type { Answers, Ask, Check, Finding, Patient } from './types.ts'
import { bySeverity } from './types.ts'
import { keyOf } from './answers.ts'
import { adverts } from './checks/adverts.ts'
import { agentState } from './checks/agent-state.ts'
import { clock } from './checks/clock.ts'
import { cloud } from './checks/cloud.ts'
import { disk } from './checks/disk.ts'
import { engines } from './checks/engines.ts'
import { firewall } from './checks/firewall.ts'
import { kernel } from './checks/kernel.ts'
import { managers } from './checks/managers.ts'
import { permissions } from './checks/permissions.ts'
import { reach } from './checks/reach.ts'
import { selinux } from './checks/selinux.ts'
import { systemd } from './checks/systemd.ts'
import { addresses, vips } from './checks/vips.ts'
import { error } from './finding.ts'

export const CHECKS: readonly Check[] = [
  engines,
  vips,
  firewall,
  adverts,
  addresses,
  reach,
  clock,
  selinux,
  kernel,
  systemd,
  managers,
  cloud,
  disk,
  permissions,
  agentState,
]

export const checksFor = (depth: 'cheap' | 'all'): readonly Check[] =>
  CHECKS.filter((check) => depth === 'all' || check.cheap)

/** Every question once, however many checks want it. */
export function questions(patient: Patient, checks: readonly Check[]): readonly Ask[] {
  const asked = new Map<string, Ask>()
  for (const check of checks)
    for (const ask of check.asks(patient)) asked.set(`${ask.ask} ${keyOf(ask)}`, ask)
  return [...asked.values()]
}

/** Worst first. A check that breaks is our bug and says so: it must not hide what the others found. */
export function diagnose(
  patient: Patient,
  answers: Answers,
  checks: readonly Check[],
): readonly Finding[] {
  return checks
    .flatMap((check) => {
      try {
        return check.judge(patient, answers)
      } catch (thrown) {
        const text = thrown instanceof Error ? thrown.message : String(thrown)
        return [
          error(check.name, {
            what: `cannot judge ${check.name}: ${text}`,
            why: 'a bug of hactl: what this check looks at is not known',
            hint: 'hactl doctor --record FILE keeps what was seen; please report it with that file',
          }),
        ]
      }
    })
    .toSorted(bySeverity)
}
