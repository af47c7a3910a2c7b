// The figures of "no request lost": two labs after each other, the tutorial's configuration and ours.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { labDown, labExec, labFail, labHeal, labUp, leftOf } from '../../cli/lab/index.ts'
import type { Spec } from '../../spec/schema.ts'
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
type Base = {
  readonly power: Outage
  readonly proxy: Outage
  readonly stuck: Outage
  readonly perSecond: number
}

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

async function baseOf(root: string, url: string, say: Say): Promise<Base> {
  const power = await outage(root, 'power')
  say(`power cut: ${outageText(power)}`)
  const proxy = await outage(root, 'proxy')
  say(`haproxy killed: ${outageText(proxy)}`)
  const stuck = await outage(root, 'proxy-stuck')
  say(`haproxy cannot start: ${outageText(stuck)}, held by ${stuck.holder}`)
  const rates: number[] = []
  for (let i = 0; i < 3; i++)
    rates.push((await load({ root, url, seconds: 4, fresh: false })).perSecond)
  say(`req/s: ${rates.join(' ')}`)
  return { power, proxy, stuck, perSecond: median(rates) }
}

function baseFigures(ours: Base, peer: Base): Figure[] {
  const part = ours.power.ms / peer.power.ms
  const times = ours.perSecond / peer.perSecond
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
    figure(
      'req/s through the proxy',
      ours.perSecond.toFixed(0),
      '>= 2x',
      times >= 2,
      peer.perSecond.toFixed(0),
      `${times.toFixed(2)}x`,
    ),
  ]
}

async function idle(at: cluster.Cluster, spec: Spec): Promise<Figure[]> {
  const passes: number[] = []
  for (let i = 0; i < 7; i++) {
    await sleep(700)
    for (const { report } of (await at.hub.status()).nodes)
      if (report !== undefined) passes.push(report.passMs)
  }
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
      const stopped = await cluster.nodesWhen(
        at,
        (nodes) =>
          nodes.some((n) => n.summary?.failed === said.digest || n.condition === 'Stalled'),
        8_000,
      )
      await sleep(1_000)
      return stopped?.map((n) => n.summary?.reason ?? '').find((why) => why !== '') ?? ''
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
export async function continuity(say: Say): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const attempt = async (name: string, part: () => Promise<readonly Figure[]>) => {
    say(`-- ${name}`)
    try {
      figures.push(...(await part()))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      figures.push(figure(name, `not measured: ${why}`, '-', false))
    }
  }
  let peer: Base | undefined
  await attempt('tutorial', async () => {
    await inLab(`${BASE}-tutorial`, tutorial, say, async ({ root, url }) => {
      peer = await baseOf(root, url, say)
    })
    return []
  })
  const spec = cluster.exampleSpec()
  const root = `${BASE}-hactl`
  await attempt('hactl', async () => {
    await inLab(root, undefined, say, async (at) => {
      const base = peer
      if (base !== undefined)
        await attempt('faults', async () => baseFigures(await baseOf(root, at.url, say), base))
      await attempt('idle', () => idle(at, spec))
      await attempt('broken', () => broken(at, spec, say))
      for (const how of ['agent', 'hub'] as const)
        await attempt(`kill ${how}`, async () => [await kills(at, spec, how)])
      await attempt('pushes', async () => [await pushes(at, spec, say)])
    })
    const { processes, mounts } = leftOf(root)
    const left = processes.length + mounts.length + (existsSync(root) ? 1 : 0)
    return [figure('lab down: processes, mounts, files left', String(left), '0', left === 0)]
  })
  return figures
}
