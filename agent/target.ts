// Which of the specs on this node it acts by: the wanted one, or the proven one while that is quarantined.
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { Agent } from './pass.ts'

/** The quarantined digest is not tried again: the node stays at, or goes back to, the proven spec. */
export function target(agent: Agent): { cluster: Cluster; text: string } | undefined {
  const { memory } = agent
  const meta = memory.meta()
  const quarantined = meta.failedDigest !== '' && meta.failedDigest === meta.wantedDigest
  const wanted = memory.spec('wanted')
  // Taken before there were keys, or on a disk that forgot: it may stay where it runs, it is not tried anew.
  const doubted = wanted !== undefined && agent.trust?.covers(wanted) === false
  const text = memory.spec(quarantined || doubted ? 'proven' : 'wanted')
  const cluster = text === undefined ? undefined : parsed(agent, text)
  return text === undefined || cluster === undefined ? undefined : { cluster, text }
}

/** undefined for a text that is no valid spec; parsing again would be the most of a pass without steps. */
export function parsed(agent: Agent, text: string): Cluster | undefined {
  const known = agent.state.parsed.get(text)
  if (known !== undefined) return known
  const { cluster } = checkSpec(text)
  if (cluster !== undefined) {
    if (agent.state.parsed.size > 4) agent.state.parsed.clear()
    agent.state.parsed.set(text, cluster)
  }
  return cluster
}

/** Name of the cluster in the newest spec that this node took; '' before the first one. */
export function clusterName(agent: Agent): string {
  const text = agent.memory.spec('wanted')
  return text === undefined ? '' : (parsed(agent, text)?.name ?? '')
}

/** The cluster that this node proved last; undefined before the first. */
export function provenCluster(agent: Agent): Cluster | undefined {
  const text = agent.memory.spec('proven')
  return text === undefined ? undefined : parsed(agent, text)
}

/** The cluster this node acts by now; undefined before the first spec. */
export const currentCluster = (agent: Agent): Cluster | undefined => target(agent)?.cluster

/** Every spec that this node took and may act by. */
export const takenClusters = (agent: Agent): readonly Cluster[] =>
  (['wanted', 'proven'] as const).flatMap((which) => {
    const text = agent.memory.spec(which)
    const cluster = text === undefined ? undefined : parsed(agent, text)
    return cluster === undefined ? [] : [cluster]
  })
