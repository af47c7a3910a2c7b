// Is the clock kept right, and does it agree with the hub and the peers?
import { error, info, install, only, warning } from '../finding.ts'
import { peersOf, peerUrl } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

/** HTTP dates have whole seconds (RFC 9110 section 5.6.7), so half a second of doubt stays. */
const DATE_STEP_MS = 1_000
const OFFSET_MS_WARN = 2_000
const OFFSET_MS_ERROR = 10_000
const TIMEOUT_MS = 3_000

const TIMEDATECTL = ['timedatectl', 'show'] as const
// systemd 219 (EL7) has no `show`: its `status` prints "NTP synchronized: yes".
const TIMEDATECTL_OLD = ['timedatectl', 'status'] as const
const CHRONYC = ['chronyc', '-n', 'tracking'] as const

const run = (argv: readonly string[]): Ask => ({ ask: 'run', argv, timeoutMs: TIMEOUT_MS })

type Other = { readonly name: string; readonly url: string }
const others = (patient: Patient): readonly Other[] => [
  ...(patient.hub === undefined
    ? []
    : [{ name: 'the hub', url: new URL('/v1/health', patient.hub).href }]),
  ...peersOf(patient).map((p) => ({ name: p.node, url: peerUrl(p.address, patient.peerPort) })),
]

/** undefined: nobody could say. */
export function synchronised(answers: Answers): boolean | undefined {
  const show = answers.run(...TIMEDATECTL)
  const said = /^NTPSynchronized=(yes|no)$/m.exec(show?.out ?? '')?.[1]
  if (said === 'yes') return true
  const tracking = answers.run(...CHRONYC)
  if (tracking?.code === 0) return /^Leap status\s*:\s*Normal$/m.test(tracking.out)
  if (said !== undefined) return false
  const old = /^\s*(?:NTP|System clock) synchronized: (yes|no)$/m.exec(
    answers.run(...TIMEDATECTL_OLD)?.out ?? '',
  )?.[1]
  return old === undefined ? undefined : old === 'yes'
}

function keeper(patient: Patient, answers: Answers): readonly Finding[] {
  const synced = synchronised(answers)
  if (synced === true) return []
  const why = 'logs and events of two nodes cannot be put in order, and certificates may be refused'
  const fix = [
    ...only(install(patient.facts.packager, 'chrony')),
    // The unit is chrony on Debian and chronyd on EL; each knows the other's name or only its own.
    patient.facts.packager === 'dnf'
      ? 'systemctl enable --now chronyd'
      : 'systemctl enable --now chrony',
  ]
  return synced === false
    ? [warning('clock', { what: 'the clock is not synchronised', why, fix })]
    : [
        info('clock', {
          what: 'whether the clock is synchronised could not be found out: neither timedatectl nor chronyc says it',
          why,
          fix: patient.facts.supervisor === 'systemd' ? fix : [],
          hint: 'in a container the host keeps the clock',
        }),
      ]
}

/** How far the other's clock is ahead, milliseconds; what the step of a second leaves open counts for us. */
function aheadMs(answers: Answers, url: string): number | undefined {
  const at = answers.date(url)
  if (at?.theirsMs === undefined) return undefined
  if (at.theirsMs > at.receivedMs) return at.theirsMs - at.receivedMs
  const latest = at.theirsMs + DATE_STEP_MS
  return latest < at.sentMs ? latest - at.sentMs : 0
}

function judge(patient: Patient, answers: Answers): readonly Finding[] {
  const offsets = others(patient).flatMap(({ name, url }) => {
    const ms = aheadMs(answers, url)
    if (ms === undefined || Math.abs(ms) < OFFSET_MS_WARN) return []
    const say = Math.abs(ms) >= OFFSET_MS_ERROR ? error : warning
    return [
      say('clock', {
        what: `the clock of ${name} is ${(Math.abs(ms) / 1000).toFixed(1)} s ${ms > 0 ? 'ahead of' : 'behind'} ours`,
        why: 'times in events and logs contradict each other; one of the two clocks is wrong',
        fix: ['chronyc makestep'],
        hint: 'on the one that is wrong; `chronyc tracking` on both shows which',
      }),
    ]
  })
  return [...keeper(patient, answers), ...offsets]
}

export const clock: Check = {
  name: 'clock',
  cheap: true,
  asks: (patient) => [
    run(TIMEDATECTL),
    run(TIMEDATECTL_OLD),
    run(CHRONYC),
    ...others(patient).map(({ url }): Ask => ({ ask: 'date', url, timeoutMs: TIMEOUT_MS })),
  ],
  judge,
}
