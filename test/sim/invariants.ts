// What must hold after every event and every effect; each failure names its invariant.
import { planWants, compile } from '../../agent/plan/index.ts'
import { observe } from '../../agent/observe.ts'
import { CONFIG_PATH } from '../../agent/providers/haproxy/paths.ts'
import { digestIn, withoutLive } from '../../agent/providers/haproxy/digest.ts'
import { engines } from '../../agent/providers/index.ts'
import { holdsOf } from '../../agent/status.ts'
import type { Cluster } from '../../spec/cluster.ts'
import { loads, passesCheck } from '../fakes/daemons.ts'
import { factsOf, type SimNode } from './node.ts'
import type { Pushed } from './specs.ts'
import { lateCut } from './trials.ts'
import type { Vrrp } from './vrrp.ts'

export class Violation extends Error {
  override name = 'Violation'
}
export type Checked = {
  readonly nodes: readonly SimNode[]
  readonly pushed: readonly Pushed[]
  readonly vrrp: Vrrp
  readonly nowMs: () => number
  readonly reachable: (a: SimNode, b: SimNode) => boolean
  /** Until then two holders have a cause in the scenario. */
  readonly splitUntilMs: () => number
  /** Before the last push a node ran a spec that shuts clients out: nobody had been able to look. */
  readonly shutRan: () => boolean
}

export function must(condition: boolean, invariant: string, says: string): void {
  if (!condition) throw new Violation(`${invariant}: ${says}`)
}

/** At any time some node serves, unless the scenario itself stopped one of them. */
export function checkServing(world: Checked): void {
  const { nodes } = world
  for (const node of nodes) if (node.up && node.fake.serving) node.excused = false
  const none = nodes.every((n) => !n.up || !n.fake.serving)
  const is = (n: SimNode) =>
    n.up ? (n.fake.daemons.loaded('haproxy')?.length ?? 'no haproxy') : 'off'
  const says = `nobody serves and nobody was killed: ${nodes.map((n) => `${n.name} ${is(n)}`)}`
  must(!none || nodes.some((n) => n.excused) || lateCut(world), 'checkServing', says)
}

/** A pass of ours never takes service away. */
export function checkPassServes(node: SimNode, servedBefore: boolean): void {
  const ours = servedBefore && !node.excused
  must(!ours || node.fake.serving, 'checkServing', `${node.name} served before its pass, not after`)
}

/** Two holders for no longer than a takeover, unless the scenario split them. */
export function createOneMaster(): (world: Checked) => void {
  let sinceMs: number | undefined
  return ({ vrrp, nowMs, splitUntilMs }) => {
    const now = nowMs()
    const two = vrrp.holders().length > 1
    sinceMs = !two || now < splitUntilMs() ? undefined : (sinceMs ?? now)
    const names = vrrp.holders().map((n) => n.name)
    const lasts = sinceMs === undefined ? 0 : now - sinceMs
    must(lasts <= vrrp.takeoverMs, 'checkOneMaster', `${names.join(' and ')} hold for ${lasts} ms`)
  }
}

/** What stands at the target path passes the engine's check, unless a hand put it there. */
export function checkDiskLoads({ nodes }: Checked): void {
  for (const node of nodes) {
    const text = node.fake.disk.read(CONFIG_PATH)?.body
    if (text === node.handText) continue
    must(text === undefined || passesCheck(text), 'checkDiskLoads', `${node.name}: ${CONFIG_PATH}`)
  }
}

/** Neither wanted nor seen nor running ever goes back on a machine, over all lives of its agent. */
export function createNeverOlder(): (world: Checked) => void {
  const highest = new Map<string, { wanted: number; seen: number; running: number }>()
  return ({ nodes }) => {
    for (const node of nodes) {
      const meta = node.agent?.memory.meta()
      if (meta === undefined) continue
      const now = {
        wanted: meta.wantedRevision,
        seen: meta.seenRevision,
        running: meta.runningRevision,
      }
      const was = highest.get(node.name) ?? now
      // The one way back: from what nobody confirmed, also when a push came before it was gone.
      if (now.running === meta.beforeRevision || now.running === meta.previousRevision)
        was.running = now.running
      const older = now.wanted < was.wanted || now.seen < was.seen || now.running < was.running
      const says = `${node.name}: ${JSON.stringify(was)} became ${JSON.stringify(now)}`
      must(!older, 'checkNeverOlder', says)
      highest.set(node.name, now)
    }
  }
}

/** Called before a bad text is written to a node: nobody it can ask may have failed it before its pass. */
export function checkOrder(
  world: Checked,
  writer: SimNode,
  failedAtMs: ReadonlyMap<string, number>,
) {
  const body = writer.fake.disk.read(CONFIG_PATH)?.body ?? ''
  const revision = Number(/(?:CRASH|UNBINDABLE|DEAF)-(\d+)/.exec(body)?.[1] ?? 0)
  if (revision === 0) return
  for (const peer of world.nodes) {
    const digest = world.pushed.find((p) => p.revision === revision)?.cluster.digest
    const told = peer !== writer && peer.up && world.reachable(writer, peer)
    const knows = peer.agent?.status.summary().failed === digest
    const atMs = failedAtMs.get(`${peer.name} ${digest}`) ?? Number.POSITIVE_INFINITY
    const says = `${writer.name} takes revision ${revision}, which ${peer.name} could not run`
    must(!told || !knows || atMs >= writer.passAtMs, 'checkOrder', says)
  }
}

/** A node runs what it says. */
export function checkTruth(world: Checked, node: SimNode): void {
  const summary = node.agent?.status.summary()
  if (summary === undefined) return
  const cluster = world.pushed.find((p) => p.cluster.digest === summary.running)?.cluster
  must(cluster !== undefined, 'checkTruth', `${node.name} runs ${summary.running}: never pushed`)
  if (cluster === undefined) return
  const bad = world.pushed.find((p) => p.cluster === cluster)?.bad
  const refused = world.pushed.find((p) => p.cluster === cluster)?.refused
  must(refused !== true, 'checkRefused', `${node.name} runs what a guard must refuse`)
  // What only others see: taken where nobody could look. Never called well by one who looked.
  const shut = bad === 'SHUT' || bad === 'SHUTVIP'
  const { verdict, digest } = summary.outside ?? {}
  const unseen = shut && !(verdict === 'ok' && digest === summary.running && bad === 'SHUT')
  must(bad === undefined || unseen, 'checkTruth', `${node.name} says it runs a spec that is ${bad}`)
  for (const want of compile(cluster, factsOf(node)).wants) {
    if (want.kind !== 'daemon') continue
    const text = node.fake.daemons.loaded(want.daemon.name) ?? ''
    const same = withoutLive(text) === withoutLive(want.files[0]?.body ?? '')
    const says = `${node.name}: ${want.daemon.name} runs ${digestIn(text)}, not what the summary says`
    must(same, 'checkTruth', says)
  }
}

/** Only in quiet: between two looks a vip may move. */
function checkHolds(node: SimNode, cluster: Cluster): void {
  const summary = node.agent?.status.summary()
  if (summary === undefined) return
  const kernel = holdsOf(cluster, node.fake.addresses).join()
  const says = `${node.name} says it holds "${summary.holds.join()}", the kernel "${kernel}"`
  must(summary.holds.join() === kernel, 'checkTruth', says)
}

const revisionOf = (world: Checked, digest: string): number =>
  world.pushed.find((p) => p.cluster.digest === digest)?.revision ?? 0

/** After the quiet period: everyone at the newest, or stalled with a reason at what was proved. */
export async function checkConverged(world: Checked): Promise<void> {
  const newest = world.pushed.at(-1)
  if (newest === undefined) return
  for (const node of world.nodes) {
    const { agent, name } = node
    const summary = agent?.status.summary()
    const says = `${name}: ${JSON.stringify(summary)}, newest ${newest.revision} ${newest.bad ?? ''}`
    must(agent !== undefined && node.fake.serving, 'checkConverged', says)
    if (agent === undefined || summary === undefined) return
    const { condition, reason, running } = summary
    const good = condition === 'Ready' && running === newest.cluster.digest
    const stalled = condition === 'Stalled' && reason !== '' && running !== newest.cluster.digest
    const fit = newest.bad === undefined && !newest.refused
    // It runs already, or what ran before it answered nobody either: there is nothing to tell it by.
    const unseen = good && newest.bad?.startsWith('SHUT') === true && world.shutRan()
    must(fit ? good : stalled || unseen, 'checkConverged', says)
    const text = node.fake.disk.read(CONFIG_PATH)?.body
    must(loads(text), 'checkDiskLoads', `${name} at the end`)
    checkTruth(world, node)
    const at = world.pushed[revisionOf(world, running) - 1]?.cluster
    if (at !== undefined) checkHolds(node, at)
    if (at !== undefined) await checkNothingLeft(node, at)
  }
  // Stalled at two sides of a VRRP change, both hold: only a change of all at one instant can prevent it.
  const one = world.vrrp.holders().length === 1 || !world.vrrp.agree()
  must(one, 'checkOneMaster', 'not one holder at the end')
}

async function checkNothingLeft(node: SimNode, cluster: Cluster): Promise<void> {
  if (node.agent === undefined) return
  const facts = factsOf(node)
  const compiled = compile(cluster, facts)
  const { host } = node.fake
  const world = { ...node.agent.world, host }
  const { memory, signal } = node.agent
  const wants = compiled.wants
  const rest = { engines, memory, signal, facts, wants, heldByPeer: new Map(), proofs: new Map() }
  const plan = planWants(compiled, cluster, facts, await observe({ world, ...rest }))
  const left = plan.steps.map((s) => `${s.id}: ${s.why}`).join('; ')
  must(left === '', 'checkConverged', `${node.name}: a second plan is not empty: ${left}`)
}
