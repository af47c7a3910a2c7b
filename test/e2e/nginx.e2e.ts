// Seed 004 on real daemons: two nginx that back each other up by two vips, broken in every way, beside the tutorial's own files.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import {
  labDown,
  labExec,
  labFail,
  labHeal,
  labProbe,
  labStatus,
  labUp,
  leftOf,
} from '../../cli/lab/index.ts'
import { nginxTutorial } from './nginx-tutorial.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-'))
const root = join('/run/hactl-lab', `e2e-nginx-${process.pid}`)
const bareRoot = `${root}-tutorial`
const hactl = [join(process.cwd(), 'dist/hactl')]
const specText = readFileSync('spec/examples/nginx-dual-master.json', 'utf8')
const log = () => undefined
const say = (line: string) => process.stdout.write(`${line}\n`)
const FIRST = 'http://192.168.153.13/'
const SECOND = 'http://192.168.153.14/'
const NODES = ['nginx1', 'nginx2']
let token = ''

before(async () => {
  token = (await labUp({ specText, hactl, root, log })).operatorToken ?? ''
})
after(async () => {
  for (const one of [root, bareRoot]) {
    await labDown({ root: one, log }).catch(() => undefined)
    assert.deepEqual(leftOf(one), { processes: [], mounts: [] })
  }
  rmSync(scratch, { recursive: true, force: true })
})

/** Polls with a bound; the bound is for a machine under load, not a promise. */
async function until(what: string, check: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}
const held = async (at = root) =>
  Object.fromEntries((await labStatus({ root: at })).vips.map((v) => [v.name, v.holders.join()]))
const heldBy = (first: string, second: string) =>
  until(`vips held by ${first} and ${second}`, async () => {
    const now = await held()
    return now['first'] === first && now['second'] === second
  })
const cli = (...argv: string[]) =>
  execa(hactl[0] ?? '', [...argv, '--hub', `unix:${root}/hub.sock`, '--token', token], {
    reject: false,
    timeout: 60_000,
  })
type Edited = { proxies: Record<string, { retries?: number }> }
async function push(edit: (spec: Edited) => void) {
  const spec = JSON.parse(specText)
  edit(spec)
  const file = join(scratch, 'spec.json')
  writeFileSync(file, JSON.stringify(spec, null, 2))
  return cli('push', file)
}
const inside = (node: string, script: string) =>
  labExec({ root, node, argv: ['bash', '-c', script] })
const sums = async (node: string) =>
  (await inside(node, 'sha256sum /etc/nginx/nginx.conf /etc/keepalived/keepalived.conf')).stdout
const master = async (node: string) => (await inside(node, 'cat /run/nginx.pid')).stdout.trim()
const workers = async (node: string) => (await inside(node, 'ps -C nginx -o pid=')).stdout

test('dual master: each vip on the node of its own, both Ready, both nginx proved', async () => {
  await heldBy('nginx1', 'nginx2')
  await until('all Ready', async () => {
    const { nodes } = JSON.parse((await cli('status', '--json')).stdout)
    return nodes.every((n: { condition: string }) => n.condition === 'Ready')
  })
  for (const url of [FIRST, SECOND]) {
    const seen = await labProbe({ root, url, seconds: 1 })
    assert.equal(seen.failed, 0)
    assert.deepEqual(Object.keys(seen.byServer), ['tomcat1'])
  }
  for (const node of NODES) {
    const digest = (
      await inside(node, 'curl -s --unix-socket /run/hactl/nginx.sock http://x/.hactl')
    ).stdout
    assert.match(digest, /^hactl:[0-9a-f]{16}\n?$/)
  }
})

test('second pass: nothing is written, nothing is reloaded', async () => {
  const look = async () => Promise.all(NODES.flatMap((node) => [sums(node), workers(node)]))
  const before = await look()
  await sleep(7_000)
  assert.deepEqual(await look(), before)
})

test('a server dies in the middle of a run: no GET fails, the backup serves until it is back', async () => {
  const probing = labProbe({ root, url: FIRST, seconds: 6 })
  await sleep(2_000)
  await inside('tomcat1', 'kill -9 $(ps -C nginx -o pid=)')
  const seen = await probing
  say(`server killed: failed ${seen.failed} of ${seen.requests}, ${JSON.stringify(seen.byServer)}`)
  assert.equal(seen.failed, 0, JSON.stringify(seen.errors))
  assert.ok((seen.byServer['tomcat2'] ?? 0) > 0)
  await inside('tomcat1', 'nginx -c /run/lab/nginx.conf -e /run/lab/nginx.err')
  await until('the first server serves alone again', async () => {
    const again = await labProbe({ root, url: FIRST, seconds: 1 })
    return again.failed === 0 && Object.keys(again.byServer).join() === 'tomcat1'
  })
})

async function outage(how: 'power' | 'proxy' | 'proxy-stuck', at = root) {
  const probing = labProbe({ root: at, url: FIRST, seconds: how === 'power' ? 6 : 5 })
  await sleep(1_000)
  await labFail({ root: at, node: 'nginx1', how })
  const seen = await probing
  const whose = at === root ? 'hactl' : 'tutorial'
  say(`${how} (${whose}): gap ${seen.longestGapMs} ms, failed ${seen.failed} of ${seen.requests}`)
  return seen
}

test('power: the other node holds both vips, healing gives the first one back', async () => {
  await heldBy('nginx1', 'nginx2')
  const seen = await outage('power')
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await heldBy('nginx2', 'nginx2')
  await labHeal({ root })
  await heldBy('nginx1', 'nginx2')
})

test('nginx killed: it is started again where it was, in spite of the socket it left', async () => {
  const was = await master('nginx1')
  const seen = await outage('proxy')
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await until('another nginx', async () => ![was, ''].includes(await master('nginx1')))
  await heldBy('nginx1', 'nginx2')
})

test('nginx unable to start: its vip moves, and comes back with it', async () => {
  const seen = await outage('proxy-stuck')
  assert.ok(seen.longestGapMs < 5_000, `${seen.longestGapMs} ms`)
  await heldBy('nginx2', 'nginx2')
  await labHeal({ root })
  await heldBy('nginx1', 'nginx2')
})

test('a, b and a again: the same bytes, no request lost', async () => {
  const before = await Promise.all(NODES.map(sums))
  const probing = labProbe({ root, url: FIRST, seconds: 8 })
  const there = await push((spec) => Object.assign(spec.proxies['first'] ?? {}, { retries: 2 }))
  assert.equal(there.exitCode, 0, there.stderr)
  assert.notDeepEqual(await Promise.all(NODES.map(sums)), before)
  const back = await push(() => undefined)
  assert.equal(back.exitCode, 0, back.stderr)
  assert.deepEqual(await Promise.all(NODES.map(sums)), before)
  const seen = await probing
  say(`two reloads on each node: failed ${seen.failed} of ${seen.requests}`)
  assert.equal(seen.failed, 0, JSON.stringify(seen.errors))
})

test("the tutorial's own configuration, broken the same way", async () => {
  await labDown({ root, log })
  // It has one vip.
  const { vips, proxies, ...rest } = JSON.parse(specText)
  const one = { ...rest, vips: { first: vips.first }, proxies: { first: proxies.first } }
  await labUp({ specText: JSON.stringify(one), hactl, root: bareRoot, log, bare: nginxTutorial })
  await until('its vip is there', async () => (await held(bareRoot))['first'] === 'nginx1')
  const seen = await outage('power', bareRoot)
  assert.ok(seen.longestGapMs > 1_000, 'three lost adverts of a second')
})
