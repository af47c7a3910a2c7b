// What a person must hear of, as one sentence per fault. Pure.
import type { Alert, AlertRecord, NodeStatus, VipStatus } from '../spec/status.ts'

function vipText(vip: VipStatus): string | undefined {
  const at = `vip ${vip.vip} (${vip.addresses.join(', ')})`
  const nodes = vip.holders.map((h) => h.node).join(' and ')
  switch (vip.state) {
    case 'held':
      return undefined
    case 'split':
      return `${at}: SPLIT BRAIN, ${nodes} hold the same address`
    case 'none':
      return `${at}: NOBODY holds it`
    case 'unknown': {
      const last = vip.lastKnown.map((h) => h.node).join(' and ')
      return `${at}: holder UNKNOWN${last === '' ? '' : `, last heard: ${last}`}`
    }
  }
}

function nodeText(node: NodeStatus): string | undefined {
  // A node that never had an agent (a web server in the spec, say) is no fault.
  if (node.stale) return node.summary === undefined ? undefined : `node ${node.node} is not heard`
  if (node.condition === 'Stalled' || node.condition === 'Degraded')
    return `node ${node.node} is ${node.condition}: ${node.summary?.reason ?? ''}`
  return undefined
}

/** Topics that take their time to be an alert; what can be said at a glance is said by alertTexts. */
const SLOW: readonly string[] = ['stuck', 'drift', 'certificate', 'foreign-vrid', 'store', 'order']
export const slowAlerts = (open: readonly AlertRecord[]): readonly Alert[] =>
  open
    .filter(({ topic }) => SLOW.includes(topic))
    .map(({ key, since, text }) => ({ id: key, since, text }))

/** Text by stable id. Before `settled` (the grace after a start) silence alone accuses nobody. */
export function alertTexts(
  nodes: readonly NodeStatus[],
  vips: readonly VipStatus[],
  settled: boolean,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const vip of vips) {
    const text = vipText(vip)
    if (text !== undefined && (settled || vip.state === 'split')) texts.set(`vip:${vip.vip}`, text)
  }
  for (const node of nodes) {
    const text = nodeText(node)
    if (text !== undefined && (settled || !node.stale)) texts.set(`node:${node.node}`, text)
  }
  for (const node of nodes)
    for (const mount of node.stale ? [] : (node.report?.mounts ?? []))
      if (mount.state !== 'ok')
        texts.set(
          `mount:${node.node}/${mount.name}`,
          `mount ${mount.path} of ${node.node} is ${mount.state}: ${mount.why}`,
        )
  return texts
}
