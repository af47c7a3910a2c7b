// Kernel settings that the spec needs, and limits that are nearly reached.
import { compile } from '../../plan/index.ts'
import type { WantModule } from '../../plan/types.ts'
import { error, warning } from '../finding.ts'
import { nodeOf, vrrpInterfaces } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count'
const MAX = '/proc/sys/net/netfilter/nf_conntrack_max'
const CONNTRACK_FULL = 0.8
const STRICT = 1

const LOADED = '/sys/module'
const MODINFO_TIMEOUT_MS = 5_000

const wants = (patient: Patient) =>
  patient.cluster === undefined ? [] : compile(patient.cluster, patient.facts).wants
const wanted = (patient: Patient) => wants(patient).flatMap((w) => (w.kind === 'sysctl' ? [w] : []))
const modulesOf = (patient: Patient) =>
  wants(patient).flatMap((w) => (w.kind === 'module' ? [w] : []))
const modinfo = (name: string): readonly string[] => ['modinfo', '-F', 'filename', name]

const pathOf = (key: string): string => `/proc/sys/${key.replaceAll('.', '/')}`
/** Interface names may hold dots (eth0.100), so this path is not made from a key. */
const rpFilter = (name: string): string => `/proc/sys/net/ipv4/conf/${name}/rp_filter`
const spaces = (text: string | undefined) => text?.trim().replace(/\s+/g, ' ')

function settings(patient: Patient, answers: Answers): readonly Finding[] {
  return wanted(patient).flatMap(({ key, value, why }) => {
    const have = spaces(answers.read(pathOf(key)))
    if (have === value) return []
    return [
      error('kernel', {
        what:
          have === undefined
            ? `the kernel has no setting ${key}`
            : `${key} is ${have}, ${value} is needed`,
        why,
        fix: have === undefined ? [] : [`sysctl -w ${key}=${value}`],
        hint: 'the agent sets it with its next pass; when it does not stay, another program sets it back',
      }),
    ]
  })
}

/** Loaded, built in, to be loaded, or not there at all. */
export function modules(needed: readonly WantModule[], answers: Answers): readonly Finding[] {
  const loaded = new Set(answers.list(LOADED))
  return needed.flatMap(({ name, why }) => {
    if (loaded.has(name.replaceAll('-', '_'))) return []
    const info = answers.run(...modinfo(name))
    if (/\(builtin\)/.test(info?.out ?? '')) return []
    const there = info?.code === 0
    return [
      error('kernel', {
        what: there
          ? `kernel module ${name} is not loaded`
          : `this kernel has no module ${name}, as far as modinfo can tell`,
        why,
        fix: there ? [`modprobe ${name}`] : [],
        hint: there
          ? 'the agent loads it with its next pass'
          : 'some kernels leave it out or bring it in a package of its own (EL: kernel-modules-extra); a container has that of its host',
      }),
    ]
  })
}

/** ip-sysctl: the higher of `all` and the interface counts. */
function reverse(patient: Patient, answers: Answers): readonly Finding[] {
  if ((nodeOf(patient)?.links.length ?? 0) === 0) return []
  const all = Number(answers.read(rpFilter('all')) ?? 0)
  return vrrpInterfaces(patient).flatMap((name) => {
    const own = Number(answers.read(rpFilter(name)) ?? 0)
    if (Math.max(all, own) !== STRICT) return []
    return [
      warning('kernel', {
        what: `rp_filter of ${name} is strict, and this node has more than one link`,
        why: 'packets that come by one link and would be answered by another are dropped without a word',
        fix: [`sysctl -w net.ipv4.conf.${name.replaceAll('.', '/')}.rp_filter=2`],
      }),
    ]
  })
}

function conntrack(answers: Answers): readonly Finding[] {
  const count = Number(answers.read(COUNT))
  const max = Number(answers.read(MAX))
  if (!(max > 0 && count / max > CONNTRACK_FULL)) return []
  return [
    error('kernel', {
      what: `connection tracking is nearly full: ${count} of ${max}`,
      why: 'the kernel drops new connections when it is full',
      fix: [`sysctl -w net.netfilter.nf_conntrack_max=${max * 2}`],
      hint: 'put it into /etc/sysctl.d too; an entry costs about 320 bytes',
    }),
  ]
}

export const kernel: Check = {
  name: 'kernel',
  cheap: true,
  asks: (patient) => [
    ...[
      COUNT,
      MAX,
      rpFilter('all'),
      ...vrrpInterfaces(patient).map(rpFilter),
      ...wanted(patient).map(({ key }) => pathOf(key)),
    ].map((path): Ask => ({ ask: 'read', path })),
    { ask: 'list', path: LOADED },
    ...modulesOf(patient).map(
      ({ name }): Ask => ({ ask: 'run', argv: modinfo(name), timeoutMs: MODINFO_TIMEOUT_MS }),
    ),
  ],
  judge: (patient, answers) => [
    ...settings(patient, answers),
    ...modules(modulesOf(patient), answers),
    ...reverse(patient, answers),
    ...conntrack(answers),
  ],
}
