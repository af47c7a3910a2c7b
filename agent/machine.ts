// The machine of an agent: host, state and secrets of this node, and a log that says none of them.
import type { AgentConfig } from './config.ts'
import { realClock } from './host/clock.ts'
import { createHost } from './host/index.ts'
import { createLogFile, logFile } from './host/log-files.ts'
import { realRandom } from './host/random.ts'
import { openMemory } from './memory.ts'
import { openSecrets } from './secrets.ts'
import type { World } from './world.ts'

/** A line, and the revision that the node wants then. */
type Say = (line: string, revision: number) => void

export async function openMachine(config: AgentConfig, say: Say) {
  const kept = keptBesideDaemons(say, config.run, () => host.supervisor.kind)
  const host = createHost({
    supervisor: config.supervisor,
    runDirectory: config.run,
    log: (line) => log(line),
  })
  const world: World = { host, clock: realClock, random: realRandom }
  const memory = await openMemory(host, config.state)
  const secrets = await openSecrets(config.state, host, memory.good)
  const log = (line: string) => kept(secrets.vault.redact(line), memory.meta().wantedRevision)
  return { host, world, memory, secrets, log }
}

/** Where no journal has the agent's lines they are kept in a file, as those of its daemons are. */
function keptBesideDaemons(say: Say, run: string, kind: () => 'systemd' | 'builtin'): Say {
  const keep = createLogFile(logFile(run, 'agent'), realClock.now)
  return (line, revision) => {
    say(line, revision)
    if (kind() === 'builtin') keep(line)
  }
}
