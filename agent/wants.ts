// What this node must have by a spec, with its secrets at hand.
import type { Cluster } from '../spec/cluster.ts'
import type { Agent } from './pass.ts'
import { type Compiled, compile } from './plan/index.ts'
import { neededBy } from './plan/secrets.ts'
import type { Facts } from './plan/types.ts'
import { Unreadable } from './vault.ts'

/** @throws Unreadable when a secret that it needs cannot be had: the pass ends there, and nothing is changed. */
export async function wantsOf(
  { vault }: Pick<Agent, 'vault'>,
  cluster: Cluster,
  facts: Facts,
): Promise<Compiled> {
  if (vault !== undefined) return vault.compiled(cluster, (one) => compile(one, facts))
  const compiled = compile(cluster, facts)
  const [needed] = neededBy(compiled.wants)
  if (needed !== undefined) throw new Unreadable(`secret ${needed}: this agent opens none`)
  return compiled
}
