// The only hand of install and uninstall: performs their steps on a machine, or below a root directory.
import { randomBytes } from 'node:crypto'
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EnrolDoors } from '../../agent/enrol.ts'
import { enrolDoors } from '../../agent/host/enrol-doors.ts'
import { runCommand } from '../../agent/host/exec.ts'
import { readFileState, removeFile, renameFile, writeFileAtomic } from '../../agent/host/files.ts'
import { httpGet } from '../../agent/host/get.ts'
import type { Exec } from '../../agent/world.ts'
import { EXIT, Exit } from '../exit.ts'
import type { Step } from './plan.ts'

/** Starting waits for READY=1, at most TimeoutStartSec of the unit. */
const RUN_TIMEOUT_MS = 120_000

/** All that install does to and asks of a machine; tests bring a root directory and a systemctl of their own. */
export type Machine = {
  /** '' is the machine itself. */
  readonly root: string
  run(argv: readonly string[], timeoutMs: number): Promise<Exec>
  readonly enrol: EnrolDoors
  get(
    url: string,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<{ status: number; body: string }>
}

export const machineAt = (root: string): Machine => ({
  root,
  run: runCommand,
  get: httpGet,
  enrol: enrolDoors({ read: readFileState, write: writeFileAtomic, rename: renameFile }),
})

export const textAt = async ({ root }: Machine, path: string): Promise<string | undefined> =>
  (await readFileState(join(root, path)))?.body

/** A program that runs cannot be written to (ETXTBSY), but its name can be given to another file. */
async function replaceProgram(from: string, to: string, mode: number): Promise<void> {
  const temporary = `${to}.hactl-${randomBytes(6).toString('hex')}`
  await mkdir(dirname(to), { recursive: true })
  try {
    await copyFile(from, temporary)
    await chmod(temporary, mode)
    await rename(temporary, to)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function command(machine: Machine, argv: readonly string[]): Promise<void> {
  const { code, signal, stderr } = await machine.run(argv, RUN_TIMEOUT_MS)
  if (code === 0) return
  throw new Exit(
    EXIT.no,
    `cannot ${argv.join(' ')}: ${stderr.trim() || `exit ${code ?? signal ?? '?'}`}`,
    'what was written stays; journalctl -u hactl-agent -n 50 may say more',
  )
}

/** Throws Exit with what could not be done. Every step can be done twice. */
export async function perform(
  machine: Machine,
  steps: readonly Step[],
  done: (step: Step) => void,
): Promise<void> {
  const at = (path: string): string => join(machine.root, path)
  for (const step of steps) {
    switch (step.do) {
      case 'copy':
        await replaceProgram(step.from, at(step.to), step.mode)
        break
      case 'write':
        await writeFileAtomic(at(step.path), step.body, step.mode)
        break
      case 'directory':
        await mkdir(at(step.path), { recursive: true, mode: step.mode })
        break
      case 'remove':
        await removeFile(at(step.path))
        break
      case 'run':
        await command(machine, step.argv)
        break
    }
    done(step)
  }
}
