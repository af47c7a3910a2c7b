// Two actions of the interpreter: a program with its arguments, and the proof that a unit runs.
import type { Action } from './action.ts'
import { StepError } from './failure.ts'
import type { ProofTools } from './proof.ts'
import { parseUnits, showUnits } from './units.ts'

const SHOW_TIMEOUT_MS = 5_000

export async function runProgram(
  { world }: Pick<ProofTools, 'world'>,
  action: Extract<Action, { do: 'run' }>,
): Promise<void> {
  const { argv, timeoutMs, next } = action
  const result = await world.host.run(argv, timeoutMs)
  if (result.code === 0) return
  const says = `${result.stderr}\n${result.stdout}`.trim().split('\n').slice(0, 5).join('; ')
  const how =
    result.code === 127 ? 'it cannot be started' : says || `exit ${result.code ?? result.signal}`
  throw new StepError(next, `cannot run ${argv.join(' ')}: ${how}`)
}

const UNIT_INTERVAL_MS = 100

/** Running means active twice in a row: a service that dies right after its start was active for a moment. */
export async function verifyUnit(
  { world, signal }: Pick<ProofTools, 'world' | 'signal'>,
  action: Extract<Action, { do: 'verify-unit' }>,
): Promise<void> {
  const { unit, state, timeoutMs } = action
  const until = world.clock.monotonic() + timeoutMs
  let last = ''
  let holds = 0
  do {
    last =
      parseUnits((await world.host.run(showUnits([unit]), SHOW_TIMEOUT_MS)).stdout)[0]?.active ?? ''
    const good = state === 'running' ? last === 'active' : last === 'inactive' || last === 'failed'
    holds = good ? holds + 1 : 0
    if (holds === 2) return
    await world.clock.sleep(UNIT_INTERVAL_MS, signal)
  } while (world.clock.monotonic() < until)
  throw new StepError(
    'wait',
    `${unit} is ${last === '' ? 'unknown to systemd' : last}, not ${state}`,
  )
}
