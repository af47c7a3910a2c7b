// Are the programs there that the spec needs, and are they new enough for all it asks?
import { compile } from '../../plan/index.ts'
import { error, info, install, only, warning } from '../finding.ts'
import type { Check, Finding, Patient } from '../types.ts'

/** Only these are probed by their version; another package is the package manager's to know. */
const PROBED: readonly string[] = ['haproxy', 'keepalived', 'nginx']

function missing(patient: Patient): readonly Finding[] {
  const { cluster, facts } = patient
  if (cluster === undefined) return []
  return compile(cluster, facts).wants.flatMap((want) => {
    if (want.kind !== 'package' || !PROBED.includes(want.engine)) return []
    if (facts.engines[want.engine] !== undefined) return []
    return [
      error('engines', {
        what: `${want.engine} is not installed`,
        why: 'the spec needs it on this node; the agent installs it where it can',
        fix: only(install(facts.packager, want.names.apt, want.names.dnf)),
        hint:
          facts.packager === 'none'
            ? 'neither apt nor dnf is here: install it by the means of this system'
            : '',
      }),
    ]
  })
}

/** The notes of the plan: what the renderers left out for the versions that are here. */
function leftOut(patient: Patient): readonly Finding[] {
  const { cluster, facts } = patient
  if (cluster === undefined) return []
  return compile(cluster, facts).notes.map((note) => {
    const engine = Object.keys(facts.engines).find((name) => note.startsWith(name))
    const old = /\bsince \d|has no /.test(note)
    const left = /left out/.test(note) && /^vip /.test(note)
    const say = left ? error : info
    return say('engines', {
      what: note,
      why: left
        ? 'this node will never hold it'
        : 'the spec asks for more than the program here can do; hactl does what is possible without it',
      hint: old && engine !== undefined ? `a newer ${engine} has it` : '',
    })
  })
}

/** Distributions whose keepalived cannot be trusted with a reload by itself, FIELD 4.1 and 4.3. */
function old(patient: Patient): readonly Finding[] {
  const version = patient.facts.engines['keepalived']?.version
  if (version === undefined || (version[0] ?? 0) >= 2) return []
  return [
    warning('engines', {
      what: `keepalived ${version.join('.')} cannot check a configuration before it loads it`,
      why: 'mistakes that hactl does not know itself are found when they are loaded',
      hint: 'keepalived 2.0.4 and later can; EL8 and Debian 11 carry one',
    }),
  ]
}

export const engines: Check = {
  name: 'engines',
  cheap: true,
  asks: () => [],
  judge: (patient) => [...missing(patient), ...leftOut(patient), ...old(patient)],
}
