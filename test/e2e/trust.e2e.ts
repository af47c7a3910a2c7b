// A stolen hub on real agents and daemons: what no key signed, and what is older, changes nothing on the nodes.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { execa } from 'execa'
import { type Lab, labDown, labExec, labFail, labHeal, labUp } from '../../cli/lab/index.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-trust-e2e-'))
const root = join(scratch, 'lab')
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const hactl = [resolve('dist/hactl')]
const NODES = ['lb1', 'lb2'] as const
const key = join(scratch, 'key')
let lab: Lab

const program = (...argv: string[]) =>
  execa(hactl[0] ?? '', argv, { reject: false, timeout: 60_000 })
const cli = (...argv: string[]) =>
  program(...argv, '--hub', `unix:${root}/hub.sock`, '--token', lab.operatorToken ?? '')
const on = async (node: string, ...argv: string[]) => (await labExec({ root, node, argv })).stdout

async function until(what: string, check: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await new Promise((done) => setTimeout(done, 200))
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}

type Node = { readonly node: string; readonly condition: string; readonly reason: string }
async function nodes(): Promise<readonly Node[]> {
  const { nodes } = JSON.parse((await cli('status', '--json')).stdout)
  return nodes
    .map((n: { summary: Node }) => n.summary)
    .filter(({ node }: Node) => NODES.some((name) => name === node))
}
const allSay = (what: string, check: (node: Node) => boolean) =>
  until(what, async () => {
    const now = await nodes()
    return now.length === NODES.length && now.every(check)
  })
const refused = (why: RegExp) =>
  allSay(`every node refuses: ${why}`, (n) => n.condition === 'Stalled' && why.test(n.reason))
const ready = () => allSay('every node is ready', (n) => n.condition === 'Ready')

/** The example with another timeout, which is a reload. */
function specWith(serverMs: number): string {
  const spec = JSON.parse(specText)
  spec.proxies.web.timeouts = { ...spec.proxies.web.timeouts, serverMs }
  const file = join(scratch, `spec-${serverMs}.json`)
  writeFileSync(file, JSON.stringify(spec))
  return file
}
const machine = () =>
  Promise.all(
    NODES.map((node) =>
      on(node, 'sh', '-c', 'cat /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf'),
    ),
  )

before(async () => {
  lab = await labUp({ specText, hactl, root, log: () => undefined })
  assert.equal((await program('key', 'make', key)).exitCode, 0)
  const line = readFileSync(`${key}.pub`, 'utf8').trim()
  const trust = { cluster: JSON.parse(specText).cluster, keys: [line] }
  for (const node of NODES) {
    const config = JSON.parse(await on(node, 'cat', '/etc/hactl/agent.json'))
    const text = JSON.stringify({ ...config, trust })
    await on(node, 'sh', '-c', `printf %s "$1" > /etc/hactl/agent.json`, 'sh', text)
    await labFail({ root, node, how: 'agent' })
    await labHeal({ root, node })
  }
})
after(async () => {
  await labDown({ root, log: () => undefined })
  rmSync(scratch, { recursive: true, force: true })
})

test('keys that come to running nodes: the unsigned spec stays where it runs, and the status says so', async () => {
  const was = await machine()
  await refused(/is not signed/)
  assert.deepEqual(await machine(), was)
})

test('signed by the key: taken by every node, proved, and named in the history', async () => {
  const { exitCode, stderr } = await cli('push', specWith(41_000), '--sign', key)
  assert.equal(exitCode, 0, stderr)
  for (const text of await machine()) assert.match(text, /timeout server 41s/)
  assert.match((await cli('history')).stdout, /^2 .*SHA256:/m)
  await ready()
})

test("the hub's own token pushes what it likes: nothing changes", async () => {
  const was = await machine()
  assert.equal((await cli('push', specWith(42_000), '--no-wait')).exitCode, 0)
  await refused(/is not signed/)
  const eve = join(scratch, 'eve')
  await program('key', 'make', eve)
  assert.equal((await cli('push', specWith(43_000), '--sign', eve, '--no-wait')).exitCode, 0)
  await refused(/which is none of trust\.keys/)
  assert.deepEqual(await machine(), was)
})

test('an older signed spec, offered as the newest revision and after a restart of the agents', async () => {
  const old = specWith(44_000)
  assert.equal((await program('sign', old, '--key', key, '--serial', '1')).exitCode, 0)
  const was = await machine()
  assert.equal((await cli('push', old, '--no-wait')).exitCode, 0)
  await refused(/serial 1 is older than/)
  for (const node of NODES) {
    await labFail({ root, node, how: 'agent' })
    await labHeal({ root, node })
  }
  await refused(/serial 1 is older than/)
  assert.deepEqual(await machine(), was)
})

test('the next signed one is taken again', async () => {
  const { exitCode, stderr } = await cli('push', specWith(45_000), '--sign', key)
  assert.equal(exitCode, 0, stderr)
  for (const text of await machine()) assert.match(text, /timeout server 45s/)
  await ready()
})
