// The interpreter: the only hand. Prepare touches nothing that runs; a failure in commit is undone.
import { runProgram, verifyUnit } from './act.ts'
import type { Action } from './action.ts'
import type { Engine } from './engine.ts'
import { StepError, textOf } from './failure.ts'
import { unmount, verifyMount } from './mounting.ts'
import { type Memory, originalPath } from './memory.ts'
import type { Facts, Step } from './plan/types.ts'
import { type ProofTools, provenDigest } from './proof.ts'
import type { Vault } from './vault.ts'
import type { Daemon } from './world.ts'

export type Tools = ProofTools & {
  readonly engines: Readonly<Record<string, Engine>>
  readonly memory: Memory
  readonly facts: Facts
  readonly vault?: Pick<Vault, 'redact'> | undefined
}

export type Outcome =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | {
      readonly ok: false
      readonly error: StepError
      readonly undone: 'nothing to undo' | 'undone' | 'undo failed'
    }

const INSTALL_TIMEOUT_MS = 600_000
const CHECK_TIMEOUT_MS = 20_000
const PROOF_INTERVAL_MS = 20

/** Runs one step. Never throws: what went wrong, and whether it was put back, is the answer. */
export async function applyStep(tools: Tools, step: Step): Promise<Outcome> {
  const warnings: string[] = []
  const prepared = (await perform(tools, step, step.prepare, warnings)) ?? (await own(tools, step))
  if (prepared !== undefined) {
    await cleanUp(tools, step)
    return { ok: false, error: prepared, undone: 'nothing to undo' }
  }
  const failed = await perform(tools, step, step.commit, warnings)
  if (failed === undefined) {
    await tools.memory.disown(step.diff.flatMap((d) => (d.want === undefined ? [d.path] : [])))
    await cleanUp(tools, step)
    return { ok: true, warnings }
  }
  const undoFailed = await perform(tools, step, step.undo, [])
  const stillFailed = undoFailed === undefined ? undefined : await lastResort(tools, step)
  await cleanUp(tools, step)
  return {
    ok: false,
    error: failed,
    undone: undoFailed === undefined || stillFailed === undefined ? 'undone' : 'undo failed',
  }
}

/** One file that cannot be removed is no reason to leave the others. */
async function cleanUp(tools: Tools, step: Step): Promise<void> {
  for (const action of step.cleanup) await perform(tools, step, [action], [])
}

/** What we are about to write is ours from here on, also when we are killed right after. */
async function own({ memory }: Tools, step: Step): Promise<StepError | undefined> {
  try {
    await memory.own(step.diff.flatMap((d) => (d.want === undefined ? [] : [d.path])))
    await memory.keepOwned(step.owns ?? [])
    return undefined
  } catch (thrown) {
    return new StepError('retry', `${step.id}: ${textOf(thrown)}`, thrown)
  }
}

/** A reload that could not bring the old configuration back: a restart is better than nothing serving. */
async function lastResort(tools: Tools, step: Step): Promise<StepError | undefined> {
  const again = step.undo.map(
    (a): Action => (a.do === 'reload' ? { do: 'restart', daemon: a.daemon } : a),
  )
  return perform(tools, step, again, [])
}

/** undefined when all went well. */
async function perform(
  tools: Tools,
  step: Step,
  actions: readonly Action[],
  warnings: string[],
): Promise<StepError | undefined> {
  for (const action of actions) {
    try {
      const said = await act(tools, action)
      warnings.push(...said.map((text) => tools.vault?.redact(text) ?? text))
    } catch (thrown) {
      return clean(tools, step, thrown)
    }
  }
  return undefined
}

/** Programs repeat the line that they do not like: what stands in it of a secret ends here, cause and all. */
function clean({ vault }: Tools, step: Step, thrown: unknown): StepError {
  const error =
    thrown instanceof StepError
      ? thrown
      : new StepError('retry', `${step.id}: ${textOf(thrown)}`, thrown)
  const text = vault?.redact(error.message) ?? error.message
  return text === error.message ? error : new StepError(error.next, text)
}

async function act(tools: Tools, action: Action): Promise<readonly string[]> {
  const { host } = tools.world
  switch (action.do) {
    case 'write':
      await write(tools, action)
      return []
    case 'remove':
      await host.remove(action.path)
      return []
    case 'keep-original':
      await keepOriginal(tools, action.path)
      return []
    case 'check':
      return check(tools, action.engine, action.path)
    case 'preflight':
      await preflight(tools, action.binds)
      return []
    case 'install':
      await install(tools, action.packages)
      return []
    case 'start':
    case 'reload':
    case 'restart':
    case 'stop':
      await supervise(tools, action.do, action.daemon)
      return []
    case 'verify':
      await verify(tools, action)
      return []
    case 'remember':
      await tools.memory.remember(action.path, action.body)
      return []
    case 'sysctl':
      await host.setSysctl(action.key, action.value)
      return []
    case 'add-address':
      await host.addAddress(action.address)
      return []
    case 'drop-address':
      await host.removeAddress(action.address)
      return []
    case 'restore-original':
      await restoreOriginal(tools, action.path)
      return []
    case 'run':
      await runProgram(tools, action)
      return []
    case 'verify-unit':
      await verifyUnit(tools, action)
      return []
    case 'unmount':
      await unmount(tools, action)
      return []
    case 'verify-mount':
      await verifyMount(tools, action)
      return []
    case 'forget':
      await tools.memory.forget(action.id)
      return []
    case 'live':
      await live(tools, action.socket, action.command)
      return []
  }
}

/** What stands there already is not written again: a full disk must not stop the way back. */
async function write({ world: { host } }: Tools, action: Extract<Action, { do: 'write' }>) {
  const { path, body, mode, gid, from } = action
  const holds = async (at: string): Promise<boolean> => {
    const file = await host.read(at)
    const own = gid === undefined || (file?.gid ?? 0) === gid
    return file?.body === body && file.mode === mode && own
  }
  if (await holds(path)) return
  if (from !== undefined && (await holds(from))) return host.rename(from, path)
  return host.write(path, body, mode, gid)
}

/** A daemon that is gone is started instead of reloaded; everything else is the supervisor's. */
async function supervise(
  tools: Tools,
  verb: 'start' | 'reload' | 'restart' | 'stop',
  daemon: Daemon,
) {
  const { supervisor } = tools.world.host
  if (verb !== 'reload') return supervisor[verb](daemon)
  const { running } = await supervisor.status(daemon)
  return running ? supervisor.reload(daemon) : supervisor.start(daemon)
}

async function keepOriginal({ world, memory }: Tools, path: string): Promise<void> {
  const to = originalPath(memory.directory, path)
  if ((await world.host.read(to)) !== undefined) return
  const original = await world.host.read(path)
  if (original !== undefined) await world.host.write(to, original.body, 0o600)
}

/** The mode is the file's own: an original is kept readable by root only. */
async function restoreOriginal({ world, memory }: Tools, path: string): Promise<void> {
  const original = await world.host.read(originalPath(memory.directory, path))
  if (original === undefined) return world.host.remove(path)
  const now = await world.host.read(path)
  await world.host.write(path, original.body, now?.mode ?? 0o644)
}

async function check({ world, engines, facts }: Tools, name: string, path: string) {
  const engine = engines[name]
  const version = facts.engines[name]?.version
  if (engine === undefined) throw new StepError('stop', `no engine ${name}`)
  if (version === undefined) {
    throw new StepError('retry', `cannot check ${path}: ${name} is not installed`)
  }
  const argv = engine.checkArgv(path, version)
  if (argv === undefined) return []
  const result = await world.host.run(argv, CHECK_TIMEOUT_MS)
  if (result.code === 127) {
    throw new StepError('retry', `cannot check ${path}: ${argv[0]} cannot be started`)
  }
  const verdict = engine.classify(result)
  if (!verdict.ok) {
    throw new StepError('wait', `${name} refuses the configuration: ${verdict.errors.join('; ')}`)
  }
  return verdict.warnings
}

async function preflight({ world }: Tools, binds: readonly { address: string; port: number }[]) {
  const refused: string[] = []
  for (const bind of binds) {
    const why = await world.host.cannotBind(bind)
    if (why !== undefined) refused.push(`cannot bind ${bind.address}:${bind.port}: ${why}`)
  }
  if (refused.length > 0) throw new StepError('wait', refused.join('; '))
}

async function install({ world, facts }: Tools, packages: readonly string[]): Promise<void> {
  const doing = `cannot install ${packages.join(', ')}`
  if (facts.packager === 'none') throw new StepError('retry', `${doing}: no apt-get or dnf here`)
  const argv = INSTALL[facts.packager]
  const first = await world.host.run([...argv, ...packages], INSTALL_TIMEOUT_MS)
  if (first.code === 0) return
  // A machine that was just made has no package lists yet, an old one has those of files that are gone.
  if (facts.packager === 'apt') await world.host.run(['apt-get', 'update'], INSTALL_TIMEOUT_MS)
  // EL7 has no dnf; yum takes the same words.
  const again = facts.packager === 'dnf' && first.code === 127 ? ['yum', ...argv.slice(1)] : argv
  const second = await world.host.run([...again, ...packages], INSTALL_TIMEOUT_MS)
  if (second.code === 0) return
  throw new StepError('retry', `${doing}: ${second.stderr.trim().split('\n').at(-1) ?? ''}`)
}

/** dpkg keeps a configuration file that is there already: ours, written before the package. */
const INSTALL: Readonly<Record<'apt' | 'dnf', readonly string[]>> = {
  apt: [
    'apt-get',
    'install',
    '--yes',
    '--no-install-recommends',
    '--option=Dpkg::Options::=--force-confdef',
    '--option=Dpkg::Options::=--force-confold',
    '--',
  ],
  dnf: ['dnf', 'install', '-y'],
}

async function live({ world }: Tools, socket: string, command: string): Promise<void> {
  const answer = (await world.host.ask(socket, command)).trim()
  // The runtime API answers nothing on success (haproxy management guide, section 9.3).
  if (answer !== '') throw new StepError('wait', `haproxy refuses "${command}": ${answer}`)
}

/** Proves what runs, not what is on disk. Bounded by the action's time. */
async function verify(tools: Tools, action: Extract<Action, { do: 'verify' }>): Promise<void> {
  const engine = tools.engines[action.engine]
  if (engine === undefined) throw new StepError('stop', `no engine ${action.engine}`)
  const { clock } = tools.world
  const until = clock.monotonic() + action.timeoutMs
  let last = ''
  do {
    last = await provenDigest(tools, engine)
    if (last === action.digest) return
    await clock.sleep(PROOF_INTERVAL_MS, tools.signal)
  } while (clock.monotonic() < until)
  const says = last === '' ? 'does not answer' : `still runs ${last}`
  throw new StepError('wait', `${action.engine} did not take the configuration: it ${says}`)
}
