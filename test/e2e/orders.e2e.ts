// Orders on real daemons under load: a paused node serves, a drained one gives its vip up, a drained server takes no new client.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { execa } from 'execa'
import {
  type Lab,
  labDown,
  labExec,
  labFail,
  labHeal,
  labProbe,
  labUp,
} from '../../cli/lab/index.ts'
import { seenDuring, until } from './example.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-orders-e2e-'))
const root = join(scratch, 'lab')
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const hactl = [resolve('dist/hactl')]
let lab: Lab

before(async () => {
  lab = await labUp({ specText, hactl, root, log: () => undefined })
})
after(async () => {
  await labDown({ root, log: () => undefined })
  rmSync(scratch, { recursive: true, force: true })
})

const cli = (...argv: string[]) =>
  execa(
    hactl[0] ?? '',
    [...argv, '--hub', `unix:${root}/hub.sock`, '--token', lab.operatorToken ?? ''],
    { reject: false, timeout: 60_000 },
  )
/** Fails with what the command said. */
async function well(...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cli(...argv)
  assert.equal(exitCode, 0, `${argv.join(' ')}\n${stdout}\n${stderr}`)
  return stdout
}
const on = async (node: string, ...argv: string[]) =>
  (await labExec({ root, node, argv, timeoutMs: 30_000 })).stdout
const config = (node: string) => on(node, 'cat', '/etc/haproxy/haproxy.cfg')

/** Pushes the example with another timeout, which is a reload. */
async function push(serverMs: number) {
  const spec = JSON.parse(specText)
  spec.proxies.web.timeouts = { ...spec.proxies.web.timeouts, serverMs }
  const file = join(scratch, 'spec.json')
  writeFileSync(file, JSON.stringify(spec))
  return well('push', file)
}

test('a paused node takes no push, the others do; resumed it takes it at once', async () => {
  const was = await config('lb2')
  assert.match(await well('pause', 'lb2', '--reason', 'new kernel'), /^lb2 is paused$/)
  assert.match(
    await push(41_000),
    /Not taken while paused: lb2: paused by .*: new kernel; revision 2 waits/,
  )
  assert.match(await config('lb1'), /timeout server 41s/)
  assert.equal(await config('lb2'), was)
  assert.match((await cli('status')).stdout, /pause lb2 +\S+ \(\S+\) +done .*new kernel/)
  assert.match(await well('resume', 'lb2'), /^lb2 is resumed$/)
  await until('lb2 takes it', async () => /timeout server 41s/.test(await config('lb2')), 10)
})

test('a pause given on the node ends by itself, and the hub shows it meanwhile', async () => {
  const argv = [...hactl, 'pause', '--here', '--reason', 'disk', '--for', '3s']
  assert.match(await on('lb2', ...argv), /has taken it/)
  await until('the hub shows it', async () =>
    /pause lb2 +\S+ on lb2 .*disk/.test((await cli('status')).stdout),
  )
  await until('it is over', async () => (await cli('status')).exitCode === 0)
})

const holds = async (node: string) =>
  /172\.18\.67\.33/.test(await on(node, 'ip', '-4', '-o', 'addr'))

test('a drained node gives the vip up under load, keeps off over a restart of its agent, and comes back by preemption', async () => {
  assert.ok(await holds('lb1'))
  const seen = await seenDuring(root, 6, async () => {
    assert.match(await well('drain', 'lb1', '--reason', 'new kernel'), /^lb1 is drained/)
    assert.deepEqual([await holds('lb1'), await holds('lb2')], [false, true])
    const second = await cli('drain', 'lb2')
    assert.equal(second.exitCode, 4)
    assert.match(second.stderr, /nobody else could hold vip web: lb1 is drained itself/)
    await labFail({ root, node: 'lb1', how: 'agent' })
    await labHeal({ root })
    await until('the agent of lb1 speaks', async () =>
      /drain lb1 .*done/.test((await cli('status')).stdout),
    )
    assert.equal(await holds('lb1'), false)
  })
  process.stdout.write(
    `drain: gap ${seen.longestGapMs} ms, ${seen.failed} of ${seen.requests} failed ${JSON.stringify(seen.errors)}\n`,
  )
  const back = await seenDuring(root, 3, () => well('undrain', 'lb1'))
  process.stdout.write(
    `undrain: gap ${back.longestGapMs} ms, ${back.failed} of ${back.requests} failed ${JSON.stringify(back.errors)}\n`,
  )
  await until('lb1 holds it', () => holds('lb1'))
})

test('a drained node takes the vip back when the one that could hold it dies', async () => {
  await well('drain', 'lb1')
  await labFail({ root, node: 'lb2', how: 'power' })
  const begun = performance.now()
  await until('lb1 holds it', () => holds('lb1'), 15)
  process.stdout.write(
    `taken back ${Math.round(performance.now() - begun)} ms after the power cut of the other\n`,
  )
  await well('undrain', 'lb1')
  await labHeal({ root })
  await until('all is well', async () => (await cli('status')).exitCode === 0)
  assert.ok(await holds('lb1'))
})

test('a drained server takes no new clients, also over a push and a reload; no request fails', async () => {
  const at = async () => config('lb1')
  const seen = await seenDuring(root, 6, async () => {
    assert.match(
      await well('drain', 'appsrvs/wp1', '--reason', 'disk'),
      /appsrvs\/wp1 on lb1 is drained/,
    )
    assert.match(await at(), /server wp1 \S+ weight 0/)
    await push(42_000)
    assert.match(
      await at(),
      /server wp1 \S+ weight 0[\s\S]*timeout server 42s|timeout server 42s[\s\S]*server wp1 \S+ weight 0/,
    )
    const last = await cli('drain', 'appsrvs/wp2')
    assert.equal(last.exitCode, 4)
    assert.match(last.stderr, /wp2 is the last server of appsrvs that takes clients/)
  })
  process.stdout.write(
    `server drain: ${seen.failed} of ${seen.requests} failed, by server ${JSON.stringify(seen.byServer)} ${JSON.stringify(seen.errors)}\n`,
  )
  assert.equal(seen.failed, 0)
  const after = await labProbe({ root, seconds: 1 })
  assert.deepEqual(Object.keys(after.byServer), ['wp2'])
  await well('undrain', 'appsrvs/wp1')
  const again = await labProbe({ root, seconds: 1 })
  assert.ok((again.byServer['wp1'] ?? 0) > 0, JSON.stringify(again.byServer))
})
