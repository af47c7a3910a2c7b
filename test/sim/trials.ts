// At most one peer of the vip at a time carries a spec that nobody has proved: seen on disks and in processes.
import { compile } from '../../agent/plan/index.ts'
import { digestIn } from '../../agent/providers/haproxy/digest.ts'
import { CONFIG_PATH } from '../../agent/providers/haproxy/paths.ts'
import { type Checked, must } from './invariants.ts'
import { factsOf, type SimNode } from './node.ts'
import { PEER_WAIT_MS } from './specs.ts'

/** The one thing that slots cannot exclude: the two sides of a cut began to wait at different times. */
const late = (a: SimNode, b: SimNode): boolean =>
  Math.abs((a.tryingSinceMs ?? 0) - (b.tryingSinceMs ?? 0)) >= PEER_WAIT_MS / 2

/** Two that cannot hear each other try now, and the scenario is why. */
export function lateCut({ nodes, reachable }: Checked): boolean {
  const trying = nodes.filter((n) => n.tryingSinceMs !== undefined)
  return trying.some((a) => trying.some((b) => a !== b && !reachable(a, b) && late(a, b)))
}

export function createOneTrial(): (world: Checked) => void {
  /** Specs that some node proved, by digest; nodes that proved any; what haproxy would say of a spec. */
  const proven = new Set<string>()
  const grown = new Set<SimNode>()
  const said = new Map<string, string>()
  const haproxyOf = (world: Checked, node: SimNode, spec: string): string => {
    const key = `${node.name} ${spec}`
    if (!said.has(key)) {
      const cluster = world.pushed.find((p) => p.cluster.digest === spec)?.cluster
      const wants = cluster === undefined ? [] : compile(cluster, factsOf(node)).wants
      const want = wants.find((w) => w.kind === 'daemon' && w.engine === 'haproxy')
      said.set(key, want?.kind === 'daemon' ? want.digest : '')
    }
    return said.get(key) ?? ''
  }
  const carries = (world: Checked, node: SimNode): boolean => {
    if (!node.up || !grown.has(node)) return false
    const digest = digestIn(node.fake.disk.read(CONFIG_PATH)?.body ?? '')
    if (digest === '' || [...proven].some((p) => haproxyOf(world, node, p) === digest)) return false
    // After a power cut it only lies there: what comes up with it is a trial.
    return !node.excused || digestIn(node.fake.daemons.loaded('haproxy') ?? '') === digest
  }
  return (world) => {
    for (const node of world.nodes) {
      const running = node.agent?.status.summary().running ?? ''
      if (running !== '') proven.add(running)
      if (running !== '') grown.add(node)
    }
    for (const node of world.nodes) {
      const since = node.tryingSinceMs ?? node.agent?.state.waiting?.sinceMs ?? world.nowMs()
      node.tryingSinceMs = carries(world, node) ? since : undefined
    }
    const trying = world.nodes.filter((n) => n.tryingSinceMs !== undefined)
    for (const a of trying) {
      for (const b of trying) {
        if (a.name >= b.name) continue
        const cut = !world.reachable(a, b) && late(a, b)
        const says = `${a.name} and ${b.name} try an unproved spec at the same time`
        must(cut, 'checkOneTrial', says)
      }
    }
  }
}
