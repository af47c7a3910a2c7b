// hactl doctor: who is examined, and how the findings are said.
import { bearer, NO_SECRET } from '../spec/secret.ts'
import { hostname } from 'node:os'
import { type AgentConfig, parseAgentConfig } from '../agent/config.ts'
import type { AgentWord, Finding, Patient } from '../agent/doctor/types.ts'
import type { Host } from '../agent/world.ts'
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import { PEER_PORT } from '../spec/limits.ts'
import { Summary } from '../spec/report.ts'
import { Value } from '@sinclair/typebox/value'
import type { DoctorFlags } from './commands/doctor.ts'
import { EXIT, Exit } from './exit.ts'
import { readText, readTextIfThere, writeText } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain, plural } from './print.ts'
import { needSpec } from './spec-text.ts'

const WORD_TIMEOUT_MS = 2_000

export async function doctor(io: Io, flags: DoctorFlags): Promise<void> {
  const findings =
    flags.from === undefined ? await examineHere(io, flags) : await judgeRecord(io, flags.from)
  say(io, findings.node, findings.findings)
  const worst = findings.findings[0]?.severity
  if (worst === 'error') throw new Exit(EXIT.faults)
  if (worst === 'warning') throw new Exit(EXIT.no)
}

type Examination = { readonly node: string; readonly findings: readonly Finding[] }

async function judgeRecord(io: Io, file: string): Promise<Examination> {
  const { patientOf } = await import('./doctor-record.ts')
  const { answersFrom } = await import('../agent/doctor/answers.ts')
  const { CHECKS, diagnose } = await import('../agent/doctor/index.ts')
  const { patient, answers } = patientOf(file, await readText(io, file))
  return { node: patient.node, findings: diagnose(patient, answersFrom(answers), CHECKS) }
}

async function examineHere(io: Io, flags: DoctorFlags): Promise<Examination> {
  const { createHost } = await import('../agent/host/index.ts')
  const { examine } = await import('../agent/host/doctor/index.ts')
  const config = await configOf(flags.config)
  const host = createHost({
    supervisor: config?.supervisor ?? 'auto',
    runDirectory: config?.run ?? '/run/hactl',
    log: () => {},
    supervises: false,
  })
  try {
    const { patient, specText } = await patientHere(io, flags, config, host)
    const { findings, recording } = await examine(patient, 'all')
    if (flags.record !== undefined) {
      const { recordOf } = await import('./doctor-record.ts')
      await writeText(io, flags.record, recordOf(patient, specText, recording), 0o600)
    }
    return { node: patient.node, findings }
  } finally {
    host.dispose()
  }
}

/** undefined where there is none, or none that can be used: the examination says so itself. */
async function configOf(file: string): Promise<AgentConfig | undefined> {
  const text = await readTextIfThere(file)
  const parsed = text === undefined ? undefined : parseAgentConfig(text)
  return parsed?.ok === true ? parsed.value : undefined
}

type SpecHere = { readonly cluster: Cluster; readonly text: string } | undefined

/** What the user names, else what the agent wants, else what it proved. */
async function specHere(io: Io, file: string | undefined, state: string): Promise<SpecHere> {
  if (file !== undefined) return needSpec(io, file)
  for (const which of ['wanted', 'proven']) {
    const text = await readTextIfThere(`${state}/spec-${which}.json`)
    const { cluster } = text === undefined ? {} : checkSpec(text)
    if (text !== undefined && cluster !== undefined) return { cluster, text }
  }
  return undefined
}

function nodeOf(
  flags: DoctorFlags,
  config: AgentConfig | undefined,
  cluster: Cluster | undefined,
): string {
  const name = flags.node ?? config?.node ?? hostname().split('.')[0] ?? ''
  if (cluster === undefined || cluster.nodes.some((n) => n.name === name)) return name
  throw new Exit(
    EXIT.usage,
    `cannot find node '${name}' in the spec`,
    `--node NAME; it has ${cluster.nodes.map((n) => n.name).join(', ')}`,
  )
}

async function patientHere(
  io: Io,
  flags: DoctorFlags,
  config: AgentConfig | undefined,
  host: Host,
): Promise<{ readonly patient: Patient; readonly specText: string | undefined }> {
  const { probeFacts } = await import('../agent/host/facts.ts')
  const statePath = config?.state ?? '/var/lib/hactl'
  const spec = await specHere(io, flags.spec, statePath)
  const node = nodeOf(flags, config, spec?.cluster)
  const agent = config === undefined ? undefined : await wordOf(host, config)
  const patient: Patient = {
    node,
    cluster: spec?.cluster,
    facts: await probeFacts(host, node),
    peerPort: config?.peer.port ?? PEER_PORT,
    hub: config?.hub?.url.startsWith('http') === true ? config.hub.url : undefined,
    statePath,
    configPath: flags.config,
    nowMs: io.clock.now(),
    ...(agent === undefined ? {} : { agent }),
  }
  return { patient, specText: spec?.text }
}

/** The agent of this node, asked at the door that its peers use. */
export async function wordOf(host: Pick<Host, 'get'>, config: AgentConfig): Promise<AgentWord> {
  const headers = { authorization: bearer(config.peer.token ?? NO_SECRET) }
  const url = `http://127.0.0.1:${config.peer.port}/v1/peer`
  const { status, body } = await host.get(url, headers, WORD_TIMEOUT_MS)
  if (status === 0) return { answers: false, condition: '', reason: '' }
  try {
    const value: unknown = JSON.parse(body)
    if (Value.Check(Summary, value) && value.node === config.node)
      return { answers: true, condition: value.condition, reason: value.reason }
  } catch {
    // Somebody else's answer: said below.
  }
  return {
    answers: true,
    condition: 'Unknown',
    reason: `what answers on port ${config.peer.port} (status ${status}) is not the agent of ${config.node}`,
  }
}

const COLOURS = { error: 'red', warning: 'yellow', info: 'cyan' } as const
const NAMES = { error: 'ERROR', warning: 'WARNING', info: 'note' } as const

function say(io: Io, node: string, findings: readonly Finding[]): void {
  const count = (severity: Finding['severity']) =>
    findings.filter((f) => f.severity === severity).length
  if (io.json) {
    jsonOut(io, { ok: count('error') + count('warning') === 0, node, findings })
    return
  }
  for (const finding of findings) io.out(`${textOf(io, finding)}\n`)
  const counts = [
    plural(count('error'), 'error'),
    plural(count('warning'), 'warning'),
    plural(count('info'), 'note'),
  ]
  io.out(`${paint(io, 'bold', node)}: ${counts.join(', ')}\n`)
}

export function textOf(io: Pick<Io, 'color'>, finding: Finding): string {
  const name = paint(io, COLOURS[finding.severity], NAMES[finding.severity].padEnd(8))
  const lines = [
    `${name} ${paint(io, 'bold', finding.check)}: ${finding.what}`,
    `         why:  ${finding.why}`,
    ...finding.fix
      .split('\n')
      .filter((line) => line !== '')
      .map((line, i) => `         ${i === 0 ? 'mend: ' : '      '}${line}`),
    ...(finding.hint === '' ? [] : [`         hint: ${finding.hint}`]),
  ]
  return lines.map((line) => (io.color ? line : plain(line))).join('\n')
}
