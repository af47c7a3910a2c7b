// The first step of a pass: asks the sources, and lets trust judge what they offer.
import { accept } from './accept.ts'
import { textOf } from './failure.ts'
import type { Agent } from './pass.ts'
import { SourceRefusal } from './source/index.ts'
import type { Source } from './world.ts'

/** A source that is away changes nothing: the wanted spec stays what it was. */
export async function pull(agent: Agent): Promise<void> {
  for (const source of agent.sources) {
    let fetched: Awaited<ReturnType<Source['fetch']>>
    try {
      fetched = await source.fetch(agent.signal)
    } catch (thrown) {
      say(agent, source, thrown)
      continue
    }
    if (fetched === undefined) continue
    const accepted = await accept(agent.memory, fetched, agent.trust)
    agent.state.refused = accepted.kind === 'refused' ? accepted.why : ''
    if (accepted.kind === 'refused') agent.status.event('refused', accepted.why)
    if (accepted.kind === 'new') {
      agent.state.retry = undefined
      agent.state.waiting = undefined
      agent.state.held = undefined
      agent.state.countdown = undefined
      // What was said of the spec before must not be read as said of this one.
      const what =
        fetched.origin === undefined
          ? `revision ${fetched.revision}`
          : `commit ${fetched.origin.commit.slice(0, 12)}`
      agent.status.set({ condition: 'Reconciling', reason: `looks at ${what}` })
    }
    return
  }
}

/** Away is an event; reached, but with nothing to take, stays in the status until that is mended. */
function say(agent: Agent, source: Source, thrown: unknown): void {
  const why = textOf(thrown)
  if (!(thrown instanceof SourceRefusal)) {
    agent.status.event('agent', `cannot reach ${source.name}: ${why}`)
    return
  }
  agent.state.refused = why
  agent.status.event('refused', why)
}
