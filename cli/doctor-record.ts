// What the doctor saw, as a file: to be sent to somebody, and judged there with the same eyes.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Recording } from '../agent/doctor/answers.ts'
import type { Patient } from '../agent/doctor/types.ts'
import { checkSpec } from '../spec/check.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import { recordedFacts } from './recorded.ts'

const closed = { additionalProperties: false }
const text = Type.String()

const RecordFile = Type.Object(
  {
    /** Where the answers come from, for recordings that were not made by --record. */
    note: Type.Optional(text),
    node: text,
    spec: Type.Optional(Type.Unknown()),
    facts: Type.Unknown(),
    peerPort: Type.Integer(),
    hub: Type.Optional(text),
    statePath: text,
    configPath: text,
    nowMs: Type.Integer(),
    agent: Type.Optional(
      Type.Object(
        {
          answers: Type.Boolean(),
          condition: text,
          reason: text,
          sinceReadyMs: Type.Optional(Type.Number()),
        },
        closed,
      ),
    ),
    answers: Recording,
  },
  closed,
)

/** Holds no secret: the doctor never asks for the text of a file that does. */
export function recordOf(
  { cluster: _, ...patient }: Patient,
  specText: string | undefined,
  answers: Recording,
): string {
  const spec: unknown = specText === undefined ? undefined : JSON.parse(specText)
  return `${JSON.stringify({ ...patient, spec, answers }, null, 1)}\n`
}

/** Throws Exit(usage) for a file that is no recording. */
export function patientOf(
  file: string,
  body: string,
): { readonly patient: Patient; readonly answers: Recording } {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new Exit(EXIT.usage, `cannot read ${file} as JSON: ${messageOf(error)}`)
  }
  if (!Value.Check(RecordFile, value)) {
    const first = Value.Errors(RecordFile, value).First()
    throw new Exit(
      EXIT.usage,
      `cannot use ${file}: ${first?.path ?? ''} ${(first?.message ?? '').toLowerCase()}`,
      'expected what hactl doctor --record FILE writes',
    )
  }
  const { spec, facts, answers, note: _, agent, hub, ...rest } = value
  const cluster = spec === undefined ? undefined : checkSpec(JSON.stringify(spec)).cluster
  const patient: Patient = {
    ...rest,
    hub,
    cluster,
    facts: recordedFacts(file, JSON.stringify(facts)),
    ...(agent === undefined ? {} : { agent: agentOf(agent) }),
  }
  return { patient, answers }
}

const agentOf = ({
  sinceReadyMs,
  ...agent
}: {
  answers: boolean
  condition: string
  reason: string
  sinceReadyMs?: number
}) => ({ ...agent, ...(sinceReadyMs === undefined ? {} : { sinceReadyMs }) })
