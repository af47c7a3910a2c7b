// One examination of this node: questions, answers, findings.
import { answersFrom, type Recording } from '../../doctor/answers.ts'
import { checksFor, diagnose, questions } from '../../doctor/index.ts'
import type { Finding, Patient } from '../../doctor/types.ts'
import { answerAll } from './ask.ts'

export type Examined = { readonly findings: readonly Finding[]; readonly recording: Recording }

/** Both listen to the network for three seconds; 'cheap' takes well under one of work. */
export async function examine(patient: Patient, depth: 'cheap' | 'all'): Promise<Examined> {
  const checks = checksFor(depth)
  const recording = await answerAll(questions(patient, checks))
  return { findings: diagnose(patient, answersFrom(recording), checks), recording }
}
