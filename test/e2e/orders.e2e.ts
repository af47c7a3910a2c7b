// Orders on real daemons under load: a paused node changes nothing and serves.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { execa } from 'execa'
import { type Lab, labDown, labExec, labFail, labHeal, labUp } from '../../cli/lab/index.ts'
import { until } from './example.ts'

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

test('a paused node takes no push, keeps a hand edit, restarts what dies; resumed it takes the push at once', async () => {
  const was = await config('lb2')
  assert.match(await well('pause', 'lb2', '--reason', 'new kernel'), /^lb2 is paused$/)
  assert.match(
    await push(41_000),
    /Not taken while paused: lb2: paused by .*: new kernel; revision 2 waits/,
  )
  assert.match(await config('lb1'), /timeout server 41s/)
  assert.equal(await config('lb2'), was)
  const [pid = ''] = (await on('lb2', 'cat', '/run/hactl/haproxy.pid')).split('\n')
  await on('lb2', 'kill', '-9', pid)
  await until('haproxy runs again', async () => {
    const now = (await on('lb2', 'cat', '/run/hactl/haproxy.pid')).trim()
    return now !== '' && now !== pid && (await on('lb2', 'kill', '-0', now)) === ''
  })
  assert.equal(await config('lb2'), was)
  assert.match((await cli('status')).stdout, /pause lb2 +\S+ \(\S+\) +done .*new kernel/)
  assert.match(await well('resume', 'lb2'), /^lb2 is resumed$/)
  await until('lb2 takes it', async () => /timeout server 41s/.test(await config('lb2')), 10)
})

test('the hub is dead: a pause on the node holds over a restart of the agent, ends by itself, and the hub hears of it', async () => {
  await labFail({ root, node: 'hub', how: 'hub' })
  const here = (verb: string, ...more: string[]) => on('lb2', ...hactl, verb, '--here', ...more)
  assert.match(await here('pause', '--reason', 'disk', '--for', '8s'), /has taken it/)
  await labFail({ root, node: 'lb2', how: 'agent' })
  await labHeal({ root })
  await until('the hub shows it', async () =>
    /pause lb2 +\S+ on lb2 .*disk/.test((await cli('status')).stdout),
  )
  await until('it is over', async () => (await cli('status')).exitCode === 0)
})
