// What the doctor says of recorded nodes. A case is a folder: outputs of commands as files, the rest in case.json,
// on top of one healthy node (a lab node's own recording). UPDATE=1 writes findings.txt anew.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { answersFrom } from '../../../agent/doctor/answers.ts'
import { CHECKS, diagnose } from '../../../agent/doctor/index.ts'
import { patientOf } from '../../../cli/doctor-record.ts'
import { textOf } from '../../../cli/doctor.ts'

const root = 'test/cases/doctor'
const json = (path: string) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {})
const healthy = json(join(root, 'healthy.json'))

/** Files named `<command>.out` are what that command printed, with exit 0. */
function commandsOf(folder: string): Record<string, unknown> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.out'))
  return Object.fromEntries(
    names.map((name) => [
      name.slice(0, -'.out'.length),
      { code: 0, out: readFileSync(join(folder, name), 'utf8'), err: '' },
    ]),
  )
}

function findingsOf(folder: string): string {
  const own = json(join(folder, 'case.json'))
  const kinds = new Set([...Object.keys(healthy.answers), ...Object.keys(own.answers ?? {})])
  const answers = Object.fromEntries(
    [...kinds].map((kind) => [kind, { ...healthy.answers[kind], ...own.answers?.[kind] }]),
  )
  answers['run'] = { ...answers['run'], ...commandsOf(folder) }
  const facts = { ...healthy.facts, ...own.facts }
  const record = { ...healthy, ...own, facts, answers }
  const { patient, answers: told } = patientOf(folder, JSON.stringify(record))
  const found = diagnose(patient, answersFrom(told), CHECKS)
  return found.map((finding) => `${textOf({ color: false }, finding)}\n`).join('')
}

for (const name of readdirSync(root).filter((n) => !n.includes('.')))
  test(`doctor ${name}`, () => {
    const folder = join(root, name)
    const file = join(folder, 'findings.txt')
    const got = findingsOf(folder)
    if (process.env['UPDATE']) writeFileSync(file, got)
    assert.equal(got, readFileSync(file, 'utf8'))
  })
