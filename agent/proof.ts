// What a running process says it runs. The answer is read anew; nothing on disk is believed.
import type { Engine } from './engine.ts'
import type { Daemon, World } from './world.ts'

export type ProofTools = {
  readonly world: World
  readonly signal: AbortSignal
  /** By engine name: whom to ask. */
  readonly daemons: ReadonlyMap<string, Daemon>
}

const GET_TIMEOUT_MS = 1_000
const DUMP_TRIES_MAX = 50
const DUMP_INTERVAL_MS = 10

/** Digest of the running configuration, '' when the process does not answer. Bounded; never throws. */
export async function provenDigest(tools: ProofTools, engine: Engine): Promise<string> {
  const { host } = tools.world
  try {
    if (engine.proof.by === 'socket') {
      return engine.digestIn(await host.ask(engine.proof.socket, engine.proof.command))
    }
    if (engine.proof.by === 'get') {
      const { status, body } = await host.get(engine.proof.url, {}, GET_TIMEOUT_MS)
      return status === 200 ? engine.digestIn(body) : ''
    }
    const daemon = tools.daemons.get(engine.name)
    const pid = daemon === undefined ? 0 : (await host.supervisor.status(daemon)).pid
    return pid === 0 ? '' : await dumped(tools, engine, pid, engine.proof)
  } catch {
    // No socket, no process, no answer: nothing is proved, which is what '' says.
    return ''
  }
}

/** Through /proc/<pid>/root, because systemd may have given the daemon a /tmp of its own. */
async function dumped(
  { world, signal }: ProofTools,
  engine: Engine,
  pid: number,
  proof: { readonly signal: 'SIGUSR1'; readonly path: string },
): Promise<string> {
  const path = `/proc/${pid}/root${proof.path}`
  await world.host.remove(path)
  await world.host.signal(pid, proof.signal)
  for (let tries = 0; tries < DUMP_TRIES_MAX; tries++) {
    const dump = await world.host.read(path)
    const digest = dump === undefined ? '' : engine.digestIn(dump.body)
    if (digest !== '') return digest
    await world.clock.sleep(DUMP_INTERVAL_MS, signal)
  }
  return ''
}
