// Agents without a hub, or without one for too long: each event is one message, from one of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AgentNotify,
  createAgentNotify,
  HUB_LOST_MS,
  LOOK_MS,
} from '../../../agent/notify/index.ts'
import type { Report, Summary } from '../../../spec/report.ts'
import { clusterOf, fakeCourier, reportOf, SPEC, summaryOf, testClock } from '../../site/kit.ts'

const HOLD = ['web/172.18.67.33']
const CLUSTER = clusterOf(
  JSON.stringify({
    ...JSON.parse(SPEC),
    notify: { webhooks: { ops: { url: 'https://hooks.example.org/x' } } },
  }),
)
const NAMES = ['lb1', 'lb2', 'web1'] as const

/** Three agents on one clock; `sees` says which answer which, `hub` whether one is configured and there. */
async function agents(hub?: { up: boolean }) {
  const clock = testClock()
  const disks = new Map<string, string>()
  const up = new Map<string, AgentNotify>()
  const now = new Map<string, Summary>(NAMES.map((node) => [node, summaryOf(node)]))
  let cut: (a: string, b: string) => boolean = () => false
  const reports = new Map<string, Partial<Report>>()
  const said: string[] = []
  const why: string[] = []
  const start = async (node: string) => {
    const courier = fakeCourier()
    const agent = await createAgentNotify({
      ...{ node, clock, path: node, cluster: () => CLUSTER },
      courier: {
        ...courier,
        send: (notice, sender) => {
          said.push(`${node}: ${notice.title}`)
          why.push(sender.because)
        },
      },
      host: {
        read: async (path) => {
          const body = disks.get(path)
          return body === undefined ? undefined : { body, mode: 0o600 }
        },
        write: async (path, body) => void disks.set(path, body),
      },
      summary: () => now.get(node) ?? summaryOf(node),
      report: () => ({
        ...reportOf(now.get(node) ?? summaryOf(node)),
        ...reports.get(node),
      }),
      ask: async (_cluster, nodes) =>
        new Map(
          nodes.flatMap((name) => {
            const summary = now.get(name)
            const answers = up.has(name) && summary !== undefined && !cut(node, name)
            return answers ? [[name, summary] as const] : []
          }),
        ),
      hub: hub === undefined ? undefined : { connected: () => hub.up },
      event: () => undefined,
    })
    up.set(node, agent)
  }
  for (const node of NAMES) await start(node)
  const live = async (seconds: number, held: Readonly<Record<string, readonly string[]>> = {}) => {
    for (const [node, holds] of Object.entries(held)) now.set(node, summaryOf(node, holds))
    for (let n = 0; n < seconds; n++) {
      clock.advance(LOOK_MS)
      for (const agent of up.values()) await agent.turn()
    }
    return said.splice(0)
  }
  return {
    ...{ live, start, why, disks, reports, clock },
    set: (node: string, summary: Partial<Summary>) =>
      now.set(node, { ...summaryOf(node), ...summary }),
    kill: (node: string) => up.delete(node),
    partition: (between: (a: string, b: string) => boolean) => {
      cut = between
    },
  }
}

test('the master dies: the new holder tells it once, then the first of the living that it is silent', async () => {
  const { live, kill } = await agents()
  assert.deepEqual(await live(5, { lb1: HOLD }), [])
  kill('lb1')
  assert.deepEqual(await live(30, { lb2: HOLD }), [
    'lb2: vip web (172.18.67.33) moved from lb1 to lb2',
    'lb2: node lb1 is not heard',
  ])
})

test('it comes back, knowing nothing: the move and its return are told once', async () => {
  const { live, kill, start } = await agents()
  await live(5, { lb1: HOLD })
  kill('lb1')
  await live(30, { lb1: [], lb2: HOLD })
  await start('lb1')
  assert.deepEqual(await live(3), [])
  assert.deepEqual((await live(10, { lb1: HOLD, lb2: [] })).sort(), [
    'lb1: vip web (172.18.67.33) moved from lb2 to lb1',
    'lb2: node lb1 is heard again, after 30 s',
  ])
})

test('both hold and hear each other: the first by name tells the split brain and its end', async () => {
  const { live } = await agents()
  await live(5, { lb1: HOLD })
  assert.deepEqual(await live(10, { lb2: HOLD }), [
    'lb1: split brain on vip web (172.18.67.33): lb1 and lb2 hold the same address',
  ])
  assert.deepEqual(await live(10, { lb2: [] }), ['lb1: split brain on vip web is over, after 10 s'])
})

test('cut off from each other: each side tells what it sees', async () => {
  const { live, partition } = await agents()
  await live(5, { lb1: HOLD })
  partition((a, b) => (a === 'lb1') !== (b === 'lb1'))
  assert.deepEqual((await live(30, { lb2: HOLD })).sort(), [
    'lb1: 2 nodes are not heard: lb2, web1',
    'lb2: node lb1 is not heard',
    'lb2: vip web (172.18.67.33) moved from lb1 to lb2',
  ])
})

test('a failed spec is told by another than the one that failed', async () => {
  const { live, set } = await agents()
  set('lb1', { condition: 'Stalled', failed: 'f'.repeat(64), reason: 'no', holds: [...HOLD] })
  assert.deepEqual(await live(5), ['lb2: node lb1 does not take the spec ffffffffffff'])
})

test('an agent that restarts tells nothing again, and does not take silence for a return', async () => {
  const { live, kill, start } = await agents()
  await live(5, { lb1: HOLD })
  kill('lb1')
  assert.equal((await live(30, { lb2: HOLD })).length, 2)
  kill('lb2')
  await start('lb2')
  assert.deepEqual(await live(30), [])
})

test('with a hub that is there, agents tell nothing', async () => {
  const { live, kill } = await agents({ up: true })
  await live(5, { lb1: HOLD })
  kill('lb1')
  assert.deepEqual(await live(120, { lb2: HOLD }), [])
})

test('the hub dies with the master: the move is told by the new holder, marked, and nothing that can wait', async () => {
  const hub = { up: true }
  const { live, kill, why } = await agents(hub)
  await live(5, { lb1: HOLD })
  kill('lb1')
  assert.deepEqual(await live(6, { lb2: HOLD }), [])
  hub.up = false
  assert.deepEqual(await live(HUB_LOST_MS / 1000), [])
  assert.deepEqual(await live(60), ['lb2: vip web (172.18.67.33) moved from lb1 to lb2'])
  assert.match(
    why[0] ?? '',
    /^the hub has not been reachable for 30 s and may tell it again later$/,
  )
})

test('a hub that only restarts is left to tell it', async () => {
  const hub = { up: true }
  const { live } = await agents(hub)
  await live(5, { lb1: HOLD })
  hub.up = false
  await live(10, { lb1: [], lb2: HOLD })
  hub.up = true
  assert.deepEqual(await live(60), [])
  hub.up = false
  assert.deepEqual(await live(60), [])
})

const certificate = (notAfter: number): Partial<Report> => ({
  certificates: [{ path: '/etc/web.pem', subject: 'CN=web', notAfter, why: '' }],
})
const WEEK = 7 * 86_400_000

test('without a hub each node tells what only it knows: a certificate that ends, drift; once, and their end', async () => {
  const { live, reports, clock } = await agents()
  await live(1, { lb1: HOLD })
  reports.set('lb2', certificate(clock.now() + WEEK))
  const [first, ...more] = await live(5)
  assert.match(first ?? '', /^lb2: certificate \/etc\/web\.pem of node lb2 expires on /)
  assert.deepEqual([...more, ...(await live(60))], [])
  reports.set('lb1', { drift: ['file:/etc/haproxy/haproxy.cfg'] })
  assert.deepEqual(await live(30), ['lb1: node lb1 differs from the spec'])
  reports.clear()
  const ended = (await live(10)).sort()
  assert.equal(ended.length, 2)
  assert.match(ended[0] ?? '', /^lb1: node lb1 is as the spec says again, after /)
  assert.match(ended[1] ?? '', /^lb2: over: certificate /)
})

test('an agent that restarts does not take what it has not looked at yet for mended', async () => {
  const { live, reports, clock, kill, start } = await agents()
  await live(1, { lb1: HOLD })
  reports.set('lb2', certificate(clock.now() + WEEK))
  assert.equal((await live(5)).length, 1)
  kill('lb2')
  const known = reports.get('lb2') ?? {}
  reports.clear()
  await start('lb2')
  assert.deepEqual(await live(10), [])
  reports.set('lb2', known)
  assert.deepEqual(await live(60), [])
})

test('with a hub these are its own to tell, also when it is away', async () => {
  const hub = { up: true }
  const { live, reports, clock } = await agents(hub)
  await live(1, { lb1: HOLD })
  reports.set('lb2', certificate(clock.now() + WEEK))
  hub.up = false
  assert.deepEqual(await live(60), [])
})
