// Units: started at boot, not failed, after the network, with enough files.
import { compile } from '../../plan/index.ts'
import { error, warning } from '../finding.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const TIMEOUT_MS = 10_000
const AGENT = 'hactl-agent.service'
const PROPERTIES = 'Id,LoadState,ActiveState,UnitFileState,Result,LimitNOFILE,After,Wants,NRestarts'
/** haproxy needs two descriptors per connection, and some for listeners, checks and itself. */
const FILES_PER_CONNECTION = 2
const FILES_BESIDE = 1_000
const RESTARTS_WARN = 5

const units = (patient: Patient): readonly string[] => [
  ...new Set([
    ...(patient.cluster === undefined
      ? []
      : compile(patient.cluster, patient.facts).wants.flatMap((w) =>
          w.kind === 'daemon'
            ? [w.daemon.unit]
            : w.kind === 'unit' && w.state === 'running'
              ? [w.unit]
              : [],
        )),
    AGENT,
  ]),
]
const showArgv = (unit: string): readonly string[] => ['systemctl', 'show', '-p', PROPERTIES, unit]
const FAILED = ['systemctl', 'list-units', '--failed', '--plain', '--no-legend', '--no-pager']

const parseShow = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
    }),
  )

function maxconn(patient: Patient): number {
  const mine = (patient.cluster?.proxies ?? []).filter((p) => p.nodes.includes(patient.node))
  return mine.reduce((sum, p) => sum + (p.maxconn ?? 0), 0)
}

function files(patient: Patient, limit: string | undefined): readonly Finding[] {
  const have = Number(limit)
  const need = maxconn(patient) * FILES_PER_CONNECTION + FILES_BESIDE
  if (!(have > 0) || maxconn(patient) === 0 || have >= need) return []
  const directory = '/etc/systemd/system/haproxy.service.d'
  return [
    warning('systemd', {
      what: `haproxy.service may open ${have} files; ${maxconn(patient)} connections need about ${need}`,
      why: 'haproxy refuses to start with such a maxconn, or refuses connections long before it',
      fix: [
        `mkdir -p ${directory}`,
        `printf '[Service]\\nLimitNOFILE=${need}\\n' > ${directory}/60-files.conf`,
        'systemctl daemon-reload',
        'systemctl restart haproxy',
      ],
      hint: 'the restart cuts running connections: do it on the backup first',
    }),
  ]
}

/** What has not failed yet, and will. */
function habits(unit: string, show: ReadonlyMap<string, string>): readonly Finding[] {
  const ordered = (show.get('After') ?? '').split(' ').includes('network-online.target')
  const active = show.get('ActiveState') ?? ''
  return [
    ...(active === 'inactive'
      ? [
          error('systemd', {
            what: `${unit} does not run`,
            why: unit === AGENT ? 'nothing converges here' : 'the spec wants it to serve here',
            fix: [`systemctl start ${unit}`],
          }),
        ]
      : []),
    ...(Number(show.get('NRestarts') ?? 0) >= RESTARTS_WARN
      ? [
          warning('systemd', {
            what: `${unit} was restarted ${show.get('NRestarts')} times by systemd`,
            why: 'it dies again and again',
            hint: `journalctl -u ${unit} -n 100`,
          }),
        ]
      : []),
    ...(unit !== AGENT && active !== '' && !ordered
      ? [
          warning('systemd', {
            what: `${unit} does not wait for network-online.target`,
            why: 'at boot it may start before its interface has an address and stay in FAULT',
            fix: [
              `mkdir -p /etc/systemd/system/${unit}.d`,
              `printf '[Unit]\\nWants=network-online.target\\nAfter=network-online.target\\n' > /etc/systemd/system/${unit}.d/60-network.conf`,
              'systemctl daemon-reload',
            ],
          }),
        ]
      : []),
  ]
}

function unitFindings(patient: Patient, unit: string, answers: Answers): readonly Finding[] {
  const show = parseShow(answers.run(...showArgv(unit))?.out ?? '')
  const load = show.get('LoadState')
  const missing = load === undefined || load === 'not-found'
  // A missing daemon is the engines' to say.
  if (missing)
    return unit === AGENT && load !== undefined
      ? [
          warning('systemd', {
            what: `there is no unit ${AGENT}`,
            why: 'the agent does not start with the machine',
            fix: ['hactl agent install'],
            hint: 'with --hub URL --token-file FILE or --source URL; see hactl agent install --help',
          }),
        ]
      : []
  const masked = load === 'masked'
  const enabled = ['enabled', 'enabled-runtime', 'static', 'alias', 'indirect', 'generated']
  const active = show.get('ActiveState') ?? ''
  return [
    ...(masked
      ? [
          error('systemd', {
            what: `${unit} is masked`,
            why: 'nothing can start it, hactl neither',
            fix: [`systemctl unmask ${unit}`],
          }),
        ]
      : []),
    ...(!masked && !enabled.includes(show.get('UnitFileState') ?? 'enabled')
      ? [
          warning('systemd', {
            what: `${unit} is not enabled`,
            why: 'after a power cut this node does not serve until somebody starts it',
            fix: [`systemctl enable ${unit}`],
          }),
        ]
      : []),
    ...(active === 'failed'
      ? [
          error('systemd', {
            what: `${unit} has failed (${show.get('Result') ?? ''})`,
            why: unit === AGENT ? 'nothing converges here' : 'this node does not serve',
            fix: [`systemctl reset-failed ${unit}`, `systemctl start ${unit}`],
            hint: `journalctl -u ${unit} -n 50`,
          }),
        ]
      : []),
    ...habits(unit, show),
    ...(unit === 'haproxy.service' ? files(patient, show.get('LimitNOFILE')) : []),
  ]
}

function others(patient: Patient, answers: Answers): readonly Finding[] {
  const own = units(patient)
  const failed = (answers.run(...FAILED)?.out ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name.includes('.') && !own.includes(name))
  if (failed.length === 0) return []
  return [
    warning('systemd', {
      what: `failed units of this machine: ${failed.slice(0, 10).join(', ')}`,
      why: 'not ours, but one of them may be what a service needs',
      hint: 'systemctl --failed lists them, systemctl reset-failed forgets them',
    }),
  ]
}

export const systemd: Check = {
  name: 'systemd',
  cheap: true,
  asks: (patient) =>
    patient.facts.supervisor === 'systemd'
      ? [FAILED, ...units(patient).map(showArgv)].map(
          (argv): Ask => ({ ask: 'run', argv, timeoutMs: TIMEOUT_MS }),
        )
      : [],
  judge: (patient, answers) =>
    patient.facts.supervisor === 'systemd'
      ? [
          ...units(patient).flatMap((unit) => unitFindings(patient, unit, answers)),
          ...others(patient, answers),
        ]
      : [],
}
