// The hub under the heartbeats of a whole fleet, beside a bare `ws` server that only counts: same client, same core, one run.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Figure } from './figures.ts'
import { AGENTS, fleetSpec, TOKEN } from './hub-fleet.ts'

const RATIO_MIN = 0.6
/** After the last agent came, before anything is measured. */
const WARM_MS = 8_000
const MEASURE_MS = 20_000
const START_MS_MAX = 60_000
const SERVER_CORE = '1'
const CLIENT_CORE = '0'

const Url = Type.Object({ url: Type.String() })
const Open = Type.Object({ open: Type.Number() })
const Usage = Type.Object({ cpuMs: Type.Number(), rss: Type.Number() })
const Sent = Type.Object({ sent: Type.Number() })
const Heard = Type.Object({ heard: Type.Number() })

type Measured = {
  readonly perCpuSecond: number
  readonly bytesPerAgent: number
  readonly cpuShare: number
  readonly heard: number
}

function start(core: string, file: string, words: readonly string[]): ChildProcess {
  const path = join(import.meta.dirname, file)
  const profile = process.env['HACTL_BENCH_PROFILE']
  const flags =
    profile === undefined || core === CLIENT_CORE ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  return spawn('taskset', ['-c', core, process.execPath, ...flags, path, ...words], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

/** Asks (or only waits, for '') until an answer of this form comes. */
async function answer<
  T extends typeof Url | typeof Open | typeof Usage | typeof Sent | typeof Heard,
>(child: ChildProcess, schema: T, question = '') {
  const stop = AbortSignal.timeout(START_MS_MAX)
  return new Promise<ReturnType<typeof Value.Decode<T>>>((done, failed) => {
    const hear = (said: unknown) => {
      if (!Value.Check(schema, said)) return
      child.off('message', hear)
      done(Value.Decode(schema, said))
    }
    child.on('message', hear)
    child.once('exit', (code) => failed(new Error(`a process of the bench ended with ${code}`)))
    stop.addEventListener('abort', () => failed(new Error('a process of the bench is silent')))
    if (question !== '') child.send(question)
  })
}

async function pushFleet(url: string): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}2`, 'if-match': '0' }
  const said = await fetch(`${url}/v1/specs`, { method: 'POST', body: fleetSpec(), headers })
  if (said.status !== 201) throw new Error(`the hub refused the fleet: ${await said.text()}`)
}

async function measure(kind: 'hub' | 'bare', changing: boolean): Promise<Measured> {
  const state = mkdtempSync(join(tmpdir(), 'hactl-bench-'))
  const tokens = { viewer: `${TOKEN}1`, operator: `${TOKEN}2`, agent: TOKEN }
  writeFileSync(join(state, 'tokens.json'), JSON.stringify(tokens), { mode: 0o600 })
  const children: ChildProcess[] = []
  try {
    const server = start(SERVER_CORE, 'hub-server.ts', [kind, state])
    children.push(server)
    const { url } = await answer(server, Url)
    if (kind === 'hub') await pushFleet(url)
    const empty = await answer(server, Usage, 'usage')
    const client = start(CLIENT_CORE, 'hub-client.ts', [url])
    children.push(client)
    await answer(client, Open)
    if (changing) client.send('changing')
    await sleep(WARM_MS)
    const [before, first] = [
      await answer(server, Usage, 'usage'),
      await answer(client, Sent, 'sent'),
    ]
    await sleep(MEASURE_MS)
    const [after, last] = [await answer(server, Usage, 'usage'), await answer(client, Sent, 'sent')]
    const cpuMs = after.cpuMs - before.cpuMs
    const { heard } = await answer(server, Heard, 'heard')
    return {
      perCpuSecond: ((last.sent - first.sent) / cpuMs) * 1000,
      bytesPerAgent: (after.rss - empty.rss) / AGENTS,
      cpuShare: cpuMs / MEASURE_MS,
      heard,
    }
  } finally {
    for (const child of children.reverse()) if (child.connected) child.send('stop')
    await sleep(500)
    rmSync(state, { recursive: true, force: true })
  }
}

const rate = (one: Measured): string =>
  `${Math.round(one.perCpuSecond)}/s (${(one.cpuShare * 100).toFixed(1)} % of a core)`
const kib = (one: Measured): string => `${(one.bytesPerAgent / 1024).toFixed(1)} KiB`

export async function hubLoad(say: (line: string) => void): Promise<readonly Figure[]> {
  say(`bare: ${AGENTS} agents, a heartbeat a second`)
  const bare = await measure('bare', false)
  say('hub: the same')
  const hub = await measure('hub', false)
  say('hub: every heartbeat says something new')
  const busy = await measure('hub', true)
  const ratio = hub.perCpuSecond / bare.perCpuSecond
  const half = (AGENTS * 9) / 10
  return [
    {
      figure: `messages per CPU-second, ${AGENTS} agents`,
      ours: rate(hub),
      peer: rate(bare),
      ratio: ratio.toFixed(2),
      target: `>= ${RATIO_MIN}`,
      met: ratio >= RATIO_MIN && hub.heard >= half,
    },
    {
      figure: '... when every message is a change',
      ours: rate(busy),
      peer: rate(bare),
      ratio: (busy.perCpuSecond / bare.perCpuSecond).toFixed(2),
      target: '-',
      met: busy.heard >= half,
    },
    {
      figure: 'memory per agent',
      ours: kib(hub),
      peer: kib(bare),
      ratio: (hub.bytesPerAgent / bare.bytesPerAgent).toFixed(2),
      target: '-',
      met: true,
    },
  ]
}
