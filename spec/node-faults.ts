// Faults that a node's own report shows: drift, mounts, certificates, strangers. The hub and agents without one find the same. Pure.
import type { Fault } from './faults.ts'
import type { Topic } from './notify.ts'
import type { CertificateState, Report } from './report.ts'

/** What the agent puts right by itself is no news: its next pass is over by then. */
export const DRIFT_MS = 15_000
const MOUNT_MS = 3_000
const DAY_MS = 86_400_000
/** Renewals are done a month before; two weeks before, somebody has to look. */
export const CERTIFICATE_MS = 14 * DAY_MS
const KEY_CHARS_MAX = 180
const WORDS_CHARS_MAX = 400
const DETAILS_MAX = 10

/** What `nodeFaults` looks for. */
export const NODE_TOPICS: readonly Topic[] = ['drift', 'mount', 'certificate', 'foreign-vrid']

type Said = Pick<Fault, 'about' | 'words'> & {
  readonly details?: readonly string[]
  readonly holdMs?: number
}

export const fault = (topic: Topic, key: string, said: Said): Fault => ({
  key: key.slice(0, KEY_CHARS_MAX),
  topic,
  about: said.about,
  words: said.words.slice(0, WORDS_CHARS_MAX),
  details: (said.details ?? []).slice(0, DETAILS_MAX),
  holdMs: said.holdMs ?? 0,
  group: key.slice(0, KEY_CHARS_MAX),
})

function drift(about: string, report: Report): readonly Fault[] {
  if (report.drift.length === 0) return []
  const words = `node ${about} differs from the spec`
  return [
    fault('drift', `drift:${about}`, { about, words, details: report.drift, holdMs: DRIFT_MS }),
  ]
}

function mounts(about: string, report: Report): readonly Fault[] {
  const bad = (report.mounts ?? []).filter((one) => one.state !== 'ok')
  return bad.map(({ name, path, state, why }) =>
    fault('mount', `mount:${about}/${name}`, {
      ...{ about, words: `mount ${path} of ${about} is ${state}` },
      ...{ details: [why], holdMs: MOUNT_MS },
    }),
  )
}

function certificate(about: string, one: CertificateState, now: number): readonly Fault[] {
  const at = `certificate ${one.path} of node ${about}`
  const expired = `expired:${about}:${one.path}`
  if (one.notAfter === 0) {
    const words = `${at} cannot be read: ${one.why}`
    return [fault('certificate', expired, { about, words })]
  }
  const leftMs = one.notAfter - now
  if (leftMs > CERTIFICATE_MS) return []
  const date = new Date(one.notAfter).toISOString().slice(0, 16).replace('T', ' ')
  const details = [`subject: ${one.subject}`, 'Clients refuse it from then on.']
  const over = leftMs <= 0
  const words = `${at} ${over ? 'expired' : 'expires'} on ${date} UTC`
  const key = over ? expired : `certificate:${about}:${one.path}`
  return [fault('certificate', key, { about, words, details })]
}

/** The agent's doctor listens for VRRP every ten minutes; its word holds until it listens again. */
function strangers(about: string, report: Report): readonly Fault[] {
  const foreign = (report.findings ?? []).filter((one) => one.check === 'foreign-vrid')
  const [first] = foreign
  if (first === undefined) return []
  const words = `node ${about} hears a foreign router: ${first.what}`
  const details = foreign.flatMap(({ why, hint }) => [why, hint]).filter((text) => text !== '')
  return [fault('foreign-vrid', `foreign-vrid:${about}`, { about, words, details })]
}

/** Each with a key of its own. `now`: milliseconds since 1970. */
export const nodeFaults = (name: string, report: Report, now: number): readonly Fault[] => [
  ...drift(name, report),
  ...mounts(name, report),
  ...strangers(name, report),
  ...(report.certificates ?? []).flatMap((one) => certificate(name, one, now)),
]
