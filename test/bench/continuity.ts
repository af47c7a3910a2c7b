// The figures of "no request lost": two labs after each other, the tutorial's configuration and ours.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { labDown, labExec, labFail, labHeal, labProbe, labUp, leftOf } from '../../cli/lab/index.ts'
import type { Spec } from '../../spec/schema.ts'
import type { NodeStatus } from '../../spec/status.ts'
import { tutorial } from '../e2e/tutorial.ts'
import { brokenSpecs, change, TAKEN_PORT } from './changes.ts'
import * as cluster from './cluster.ts'
import { type Figure, median } from './figures.ts'
import { type Load, load, underLoad } from './load.ts'
import { type Outage, outage, outageText } from './outage.ts'

const BASE = '/run/hactl-lab/bench'
const PUSHES = 50
const KILLS = 6
/** Ansible's no-op on such a host, recorded earlier (core 2.14, 7 tasks); not measured in this run. */
const ANSIBLE_NOOP_MS = 3_100

type Say = (line: string) => void
type Faults = { readonly power: Outage; readonly proxy: Outage; readonly stuck: Outage }
export const PARTS = ['faults', 'rate', 'idle', 'broken', 'kills', 'pushes'] as const
export type Part = (typeof PARTS)[number]

const figure = (
  name: string,
  ours: string,
  target: string,
  met: boolean,
  peer = '-',
  ratio = '-',
): Figure => ({ figure: name, ours, peer, ratio, target, met })
const ms = (value: number): string => (Number.isNaN(value) ? 'never' : `${Math.round(value)} ms`)
const lost = ({ failed, requests, words }: Load): string =>
  `${failed} of ${requests}${words.length === 0 ? '' : ` (${words.slice(0, 3).join('; ')})`}`

async function faultsOf(root: string, say: Say): Promise<Faults> {
  const power = await outage(root, 'power')
  say(`power cut: ${outageText(power)}`)
  const proxy = await outage(root, 'proxy')
  say(`haproxy killed: ${outageText(proxy)}`)
  const stuck = await outage(root, 'proxy-stuck')
  say(`haproxy cannot start: ${outageText(stuck)}, held by ${stuck.holder}`)
  return { power, proxy, stuck }
}

async function rateOf(root: string, url: string, say: Say): Promise<number> {
  await cluster.healthy(root)
  const rates: number[] = []
  for (let i = 0; i < 3; i++)
    rates.push((await load({ root, url, seconds: 4, fresh: false })).perSecond)
  say(`req/s: ${rates.join(' ')}`)
  return median(rates)
}

function faultFigures(ours: Faults, peer: Faults): Figure[] {
  const part = ours.power.ms / peer.power.ms
  const { power, proxy, stuck } = ours
  return [
    figure(
      'power cut of the master: outage',
      outageText(power),
      '<= 1/8',
      power.back && part <= 1 / 8,
      outageText(peer.power),
      `1/${(1 / part).toFixed(1)}`,
    ),
    figure(
      'haproxy killed: served again',
      outageText(proxy),
      '<= 500 ms',
      proxy.back && proxy.ms <= 500,
      outageText(peer.proxy),
    ),
    figure(
      'haproxy cannot start: vip moved',
      `${outageText(stuck)}, to ${stuck.holder}`,
      '<= 1500 ms',
      stuck.back && stuck.ms <= 1_500 && stuck.holder === 'lb2',
      outageText(peer.stuck),
    ),
  ]
}

function rateFigure(ours: number, peer: number): Figure {
  const times = ours / peer
  const [we, they] = [ours, peer].map((value) => value.toFixed(0))
  const ratio = `${times.toFixed(2)}x`
  return figure('req/s through the proxy', we ?? '', '>= 2x', times >= 2, they, ratio)
}

/** A report is sent only when more than passMs is new in it, so a light load keeps its counts of sessions moving. */
async function passesOf(at: cluster.Cluster): Promise<readonly number[]> {
  const asking = labProbe({ root: at.root, seconds: 12 })
  const passes = new Set<number>()
  for (let i = 0; i < 45; i++) {
    await sleep(250)
    for (const { report } of (await at.hub.status()).nodes)
      if (report !== undefined) passes.add(report.passMs)
  }
  await asking
  return passes.size < 3 ? [] : [...passes]
}

async function idle(at: cluster.Cluster, spec: Spec): Promise<Figure[]> {
  const passes = await passesOf(at)
  const took: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    change(spec, turn)
    took.push(await cluster.pushProved(at, spec))
  }
  const noop = median(passes)

  const all = took.some(Number.isNaN) ? Number.NaN : median(took)
  const peer = `${ANSIBLE_NOOP_MS} ms (Ansible, recorded)`
  return [
    figure('pass without a change', ms(noop), '<= 31 ms', noop <= 31, peer),
    figure('push proved on both nodes', ms(all), '<= 2000 ms', all <= 2_000),
  ]
}

async function pushes(at: cluster.Cluster, spec: Spec, say: Say): Promise<Figure> {
  const { load: seen, result } = await underLoad(at, async () => {
    const took: number[] = []
    for (let turn = 5; turn < PUSHES + 5; turn++) {
      change(spec, turn)
      took.push(await cluster.pushProved(at, spec))
      if (took.length % 10 === 0) say(`${took.length} pushes under load`)
      if (took.filter(Number.isNaN).length > 2) break
    }
    return took
  })
  const done = result.filter((took) => !Number.isNaN(took))
  const ours = `${lost(seen)}; ${done.length} proved, median ${ms(median(done))}`
  const met = seen.failed === 0 && done.length === PUSHES
  return figure(`${PUSHES} pushes under load: failed`, ours, '0', met)
}

const holdPort = (root: string, node: string, hold: boolean) => {
  const file = '/run/lab/taken'
  const config = `pid ${file}.pid; events {} http { server { listen ${TAKEN_PORT}; } }`
  const start = `echo '${config}' > ${file}.conf && nginx -c ${file}.conf -e ${file}.err`
  const script = hold ? start : `kill "$(cat ${file}.pid)"`
  return labExec({ root, node, argv: ['bash', '-c', script] })
}

async function broken(at: cluster.Cluster, spec: Spec, say: Say): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const node of cluster.BALANCERS) await holdPort(at.root, node, true)
  for (const [name, text] of Object.entries(brokenSpecs(spec))) {
    const before = await cluster.disks(at.root)
    const { load: seen, result } = await underLoad(at, async () => {
      const said = await cluster.push(at, text)
      if ('refused' in said) return `hub: ${said.refused}`
      const failed = (nodes: readonly NodeStatus[]) =>
        nodes.find(({ summary }) => summary?.failed === said.digest)
      const has = (nodes: readonly NodeStatus[]) => failed(nodes) !== undefined
      const nodes = await cluster.nodesWhen(at, has, 8_000)
      // Time for the other node to follow, were it to try the same.
      await sleep(1_000)
      return failed(nodes ?? [])?.summary?.reason ?? ''
    })
    const same = (await cluster.disks(at.root)) === before
    say(`${name}: ${result.slice(0, 160)}`)
    const ours = `${lost(seen)}, files ${same ? 'same' : 'CHANGED'}, ${result === '' ? 'NO reason' : 'reason shown'}`
    const met = same && seen.failed === 0 && result !== ''
    figures.push(figure(`broken spec, ${name}: failed`, ours, '0, same, shown', met))
    await cluster.pushProved(at, spec)
  }
  for (const node of cluster.BALANCERS) await holdPort(at.root, node, false)
  return figures
}

/** Kills at random moments, every second one during a push; how often the state was right after the restart. */
async function kills(at: cluster.Cluster, spec: Spec, how: 'agent' | 'hub'): Promise<Figure> {
  const { root } = at
  const before = await cluster.holdersOf(root)
  const seq = Math.max(0, ...(await at.hub.events(50)).map((event) => event.seq))
  const { load: seen, result } = await underLoad(at, async () => {
    let right = 0
    for (let i = 0; i < KILLS; i++) {
      const during = i % 2 === 1
      if (during) change(spec, 100 + i)
      const pushing = during ? cluster.push(at, JSON.stringify(spec)) : undefined
      await sleep(Math.random() * 800)
      const node = i % 4 < 2 ? 'lb1' : 'lb2'
      await labFail({ root, node, how })
      await pushing
      await labHeal({ root })
      await sleep(300)
      const said = await cluster.push(at, JSON.stringify(spec))
      const digest = 'digest' in said ? said.digest : 'none'
      const good = await cluster.nodesWhen(at, cluster.proved(digest), cluster.PROVE_MAX_MS)
      if (good !== undefined) right++
    }
    return right
  })
  const moved = (await at.hub.events(200)).filter((e) => e.seq > seq && e.kind === 'transition')
  const still = (await cluster.holdersOf(root)) === before && moved.length === 0
  const ours = `${lost(seen)}, vip ${still ? 'stayed' : 'MOVED'}, right after ${result} of ${KILLS}`
  const met = seen.failed === 0 && still && result === KILLS
  return figure(`kill -9 of the ${how}: failed`, ours, `0, stayed, ${KILLS} of ${KILLS}`, met)
}

async function inLab(
  root: string,
  bare: typeof tutorial | undefined,
  say: Say,
  work: (at: cluster.Cluster) => Promise<void>,
): Promise<void> {
  const specText = readFileSync(cluster.SPEC_PATH, 'utf8')
  const hactl = [resolve(import.meta.dirname, '../../dist/hactl')]
  const log = () => undefined
  say(`lab in ${root}`)
  const more = bare === undefined ? {} : { bare }
  const lab = await labUp({ specText, hactl, root, log, ...more })
  try {
    await work(cluster.clusterOf(lab))
  } finally {
    await labDown({ root, log })
  }
}

/** Needs root, wrk and dist/hactl. A part that throws is a missed figure; the others are still measured. */
export async function continuity(say: Say, parts: readonly Part[]): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const attempt = async (name: string, work: () => Promise<readonly Figure[]>) => {
    say(`-- ${name}`)
    try {
      figures.push(...(await work()))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      figures.push(figure(name, `not measured: ${why}`, '-', false))
    }
  }
  const part = async (name: Part, work: () => Promise<readonly Figure[]>) => {
    if (parts.includes(name)) await attempt(name, work)
  }
  let peerFaults: Faults | undefined
  let peerRate = Number.NaN
  await attempt('tutorial', async () => {
    await inLab(`${BASE}-tutorial`, tutorial, say, async ({ root, url }) => {
      if (parts.includes('faults')) peerFaults = await faultsOf(root, say)
      if (parts.includes('rate')) peerRate = await rateOf(root, url, say)
    })
    return []
  })
  const spec = cluster.exampleSpec()
  const root = `${BASE}-hactl`
  await attempt('hactl', async () => {
    await inLab(root, undefined, say, async (at) => {
      const peer = peerFaults
      if (peer !== undefined)
        await part('faults', async () => faultFigures(await faultsOf(root, say), peer))
      await part('rate', async () => [rateFigure(await rateOf(root, at.url, say), peerRate)])
      await part('idle', () => idle(at, spec))
      await part('broken', () => broken(at, spec, say))
      for (const how of ['agent', 'hub'] as const)
        await part('kills', async () => [await kills(at, spec, how)])
      await part('pushes', async () => [await pushes(at, spec, say)])
    })
    const { processes, mounts } = leftOf(root)
    const left = processes.length + mounts.length + (existsSync(root) ? 1 : 0)
    return [figure('lab down: processes, mounts, files left', String(left), '0', left === 0)]
  })
  return figures
}
