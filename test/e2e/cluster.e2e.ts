// The main job on real daemons: the seed cluster from one spec, by the single file, broken and changed.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import {
  type How,
  labDown,
  labExec,
  labFail,
  labHeal,
  labProbe,
  labStatus,
  labUp,
  leftOf,
} from '../../cli/lab/index.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-'))
const root = join('/run/hactl-lab', `e2e-${process.pid}`)
const hactl = [join(process.cwd(), 'dist/hactl')]
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const log = () => undefined
let token = ''

before(async () => {
  token = (await labUp({ specText, hactl, root, log })).operatorToken ?? ''
})
after(async () => {
  await labDown({ root, log })
  rmSync(scratch, { recursive: true, force: true })
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
})

const holders = async () => (await labStatus({ root })).vips[0]?.holders ?? []

/** Polls with a bound; the bound is for a machine under load, not a promise. */
async function until(what: string, check: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}

const heldBy = (node: string) =>
  until(`vip held by ${node} alone`, async () => (await holders()).join() === node)

const cli = (...argv: string[]) =>
  execa(hactl[0] ?? '', [...argv, '--hub', `unix:${root}/hub.sock`, '--token', token], {
    reject: false,
    timeout: 60_000,
  })

type Edited = {
  pools: Record<
    string,
    { servers: Record<string, { weight?: number; port: number; node: string }> }
  >
  vips: Record<string, { takeoverMs?: number }>
  proxies: Record<string, { tls?: { certificate: string }; port: number }>
}

async function push(edit: (spec: Edited) => void, ...flags: string[]) {
  const spec = JSON.parse(specText)
  edit(spec)
  const file = join(scratch, 'spec.json')
  writeFileSync(file, JSON.stringify(spec, null, 2))
  return cli('push', file, ...flags)
}

const sums = async (node: string) =>
  (
    await labExec({
      root,
      node,
      argv: ['sha256sum', '/etc/haproxy/haproxy.cfg', '/etc/keepalived/keepalived.conf'],
    })
  ).stdout

test('every node proves the spec, the highest priority holds the vip, status says so', async () => {
  await heldBy('lb1')
  await until('all Ready', async () => {
    const { nodes } = JSON.parse((await cli('status', '--json')).stdout)
    return nodes.every((n: { condition: string }) => n.condition === 'Ready')
  })
})

test('changes pushed under load fail no request, and the exit says that they are proved', async () => {
  const probing = labProbe({ root, seconds: 8 })
  await sleep(500)
  const pushes = [
    await push((s) =>
      Object.assign(s.pools['appsrvs']!.servers, { wp3: { node: 'web1', port: 8080 } }),
    ),
    await push((s) => Object.assign(s.pools['appsrvs']!.servers['wp1']!, { weight: 10 })),
    await push(() => undefined),
  ]
  for (const done of pushes) assert.equal(done.exitCode, 0, done.stderr)
  assert.equal((await probing).failed, 0)
  const live = await labExec({ root, node: 'lb1', argv: ['cat', '/etc/haproxy/haproxy.cfg'] })
  assert.doesNotMatch(live.stdout, /wp3/)
})

test('a plan is pushed as it was read, or refused since something moved', async () => {
  const [file, plan] = [join(scratch, 'planned.json'), join(scratch, 'plan.json')]
  writeFileSync(file, specText.replace('"port": 8080', '"port": 8081'))
  const planned = await cli('plan', file, '--out', plan)
  assert.equal(planned.exitCode, 0, planned.stderr)
  assert.match(planned.stdout, /node lb1: .*node lb2: /s)
  const between = await push((s) =>
    Object.assign(s.pools['appsrvs']!.servers['wp1']!, { weight: 9 }),
  )
  assert.equal(between.exitCode, 0, between.stderr)
  const stale = await cli('push', '--plan', plan)
  assert.equal(stale.exitCode, 6, stale.stderr)
  assert.match(stale.stderr, /the newest is \d+ now.*lb1 ran .*lb2 ran /)
  assert.equal((await cli('plan', file, '--out', plan)).exitCode, 0)
  const done = await cli('push', '--plan', plan)
  assert.equal(done.exitCode, 0, done.stderr)
  assert.equal((await push(() => undefined)).exitCode, 0)
})

test('a spec that haproxy refuses changes nothing, and status names the reason', async () => {
  const was = await Promise.all(['lb1', 'lb2'].map(sums))
  const done = await push((s) =>
    Object.assign(s.proxies['web']!, { tls: { certificate: '/none.pem' } }),
  )
  assert.equal(done.exitCode, 1, done.stderr)
  assert.match(done.stderr, /unable to stat SSL certificate/)
  assert.deepEqual(await Promise.all(['lb1', 'lb2'].map(sums)), was)
  assert.match((await cli('status')).stdout, /Stalled.*none\.pem/)
  assert.equal((await push(() => undefined)).exitCode, 0)
})

test('logs of the nodes come through the hub, and on a node without it', async () => {
  const lines = async (...argv: string[]) => {
    const done = await cli('logs', ...argv, '--json')
    assert.equal(done.exitCode, 0, done.stderr)
    const said: { lines: { node: string; unit: string; text: string }[] } = JSON.parse(done.stdout)
    return said.lines
  }
  const agent = await lines('lb1', '--unit', 'agent', '--lines', '1000')
  assert.ok(agent.some(({ text }) => /started haproxy/.test(text)))
  const all = await lines('--unit', 'keepalived')
  assert.deepEqual([...new Set(all.map(({ node }) => node))].sort(), ['lb1', 'lb2'])
  assert.ok(all.some(({ node, text }) => node === 'lb1' && /MASTER STATE/.test(text)))
  const following = execa(
    hactl[0] ?? '',
    ['logs', 'lb2', '-f', '--lines', '1', '--hub', `unix:${root}/hub.sock`, '--token', token],
    { reject: false, timeout: 20_000 },
  )
  const pushed = await push((s) =>
    Object.assign(s.pools['appsrvs']!.servers['wp1']!, { weight: 11 }),
  )
  assert.equal(pushed.exitCode, 0, pushed.stderr)
  await sleep(2_500)
  following.kill('SIGINT')
  assert.match((await following).stdout, /agent {2}\S.*\n.*agent {2}/)
  const argv = [...hactl, 'logs', '--here', '--unit', 'haproxy']
  const here = await labExec({ root, node: 'lb1', argv })
  assert.match(here.stdout, /haproxy {2}\S/)
  assert.equal((await push(() => undefined)).exitCode, 0)
})

test('a change of the VRRP wire is refused with its override named', async () => {
  const done = await push((s) => Object.assign(s.vips['web']!, { takeoverMs: 800 }))
  assert.equal(done.exitCode, 4, done.stderr)
  assert.match(done.stderr, /--allow-blink/)
  assert.equal((await push(() => undefined)).exitCode, 0)
})

/** What a client saw while lb1, which holds the vip, was broken in this way. */
async function outage(how: How) {
  await heldBy('lb1')
  const probing = labProbe({ root, seconds: 5 })
  await sleep(1_000)
  await labFail({ root, node: 'lb1', how })
  const seen = await probing
  process.stdout.write(`${how}: gap ${seen.longestGapMs} ms, failed ${seen.failed}\n`)
  return seen
}

for (const how of ['power', 'link', 'proxy-stuck'] as const)
  test(`${how}: the backup takes over, healing brings the vip back`, async () => {
    const seen = await outage(how)
    assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
    await heldBy('lb2')
    await labHeal({ root })
    await heldBy('lb1')
  })

test('proxy: a killed haproxy is restarted where it was', async () => {
  const seen = await outage('proxy')
  assert.ok(seen.longestGapMs < 1_500, `${seen.longestGapMs} ms`)
  await heldBy('lb1')
})

for (const how of ['agent', 'hub'] as const)
  test(`${how}: its death is not felt, and it comes back`, async () => {
    const seen = await outage(how)
    assert.equal(seen.failed, 0)
    await labHeal({ root })
    assert.notEqual((await cli('status')).exitCode, 5, 'a healed hub answers')
    await heldBy('lb1')
    await until('status Ready again', async () => {
      const answer = await cli('status', '--json')
      if (answer.exitCode === 5) return false
      const { nodes } = JSON.parse(answer.stdout)
      return nodes.every((n: { condition: string }) => n.condition === 'Ready')
    })
  })

test('a power cut is no drift', async () => {
  await labFail({ root, node: 'lb2', how: 'power' })
  await labHeal({ root })
  const events = async () => (await cli('events', '--limit', '1000')).stdout
  const boot = /lb2 .*nothing ran when the agent started: starts haproxy, keepalived/
  await until('lb2 tells of its boot', async () => boot.test(await events()))
  assert.doesNotMatch(await events(), /lb2 .*drift/)
})

test('a node that was away while the cluster got another name is heard again', async () => {
  const keepalived = ['cat', '/etc/keepalived/keepalived.conf']
  const { stdout } = await labExec({ root, node: 'lb1', argv: keepalived })
  const vrid = Number(/virtual_router_id (\d+)/.exec(stdout)?.[1])
  await labFail({ root, node: 'lb2', how: 'power' })
  const rename = (s: Edited) => {
    // The VRID follows from the name where none is given: kept, so that nothing changes on the wire.
    Object.assign(s, { cluster: 'renamed' })
    Object.assign(s.vips['web']!, { vrid })
  }
  const renamed = await push(rename, '--allow-missing')
  assert.equal(renamed.exitCode, 0, renamed.stderr)
  await labHeal({ root })
  await until('lb2 is heard under the new name', async () => {
    const { cluster, nodes } = JSON.parse((await cli('status', '--json')).stdout)
    const ready = nodes.every((n: { condition: string }) => n.condition === 'Ready')
    return cluster === 'renamed' && ready
  })
  assert.equal((await push(() => undefined)).exitCode, 0)
})

test('slow: a node that stands still most of the time serves on, slowly', async () => {
  const seen = await outage('slow')
  assert.ok(seen.longestGapMs > 50, `${seen.longestGapMs} ms: it was not felt`)
  assert.ok(seen.failed < seen.requests / 10, `${seen.failed} of ${seen.requests}`)
  await labHeal({ root })
  await heldBy('lb1')
})

test('loss: connections suffer, and no longer after healing', async () => {
  await heldBy('lb1')
  await labFail({ root, node: 'lb1', how: 'loss' })
  // A lost SYN is sent again after 1 s (RFC 6298 section 2), which is all the time that the probe gives.
  const lossy = await labProbe({ root, seconds: 3 })
  process.stdout.write(`loss: failed ${lossy.failed} of ${lossy.requests}\n`)
  assert.ok(lossy.failed > lossy.requests / 50, `${lossy.failed} of ${lossy.requests}`)
  await labHeal({ root })
  await heldBy('lb1')
  await until('no request fails', async () => (await labProbe({ root, seconds: 1 })).failed === 0)
})

test('hand edits are put right', async () => {
  const was = await sums('lb2')
  await labExec({
    root,
    node: 'lb2',
    argv: ['sed', '-i', 's/weight 100/weight 7/', '/etc/haproxy/haproxy.cfg'],
  })
  assert.notEqual(await sums('lb2'), was)
  await until('the file is as it was', async () => (await sums('lb2')) === was)
})
