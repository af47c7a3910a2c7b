// A real agent gets its own token by a join token, while traffic flows; the shared one may then speak for it no more.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
import { diskOf } from '../../cli/lab/namespace.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-enrol-e2e-'))
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
    // status exits with 1 while not all is well.
    { reject: false, timeout: 60_000 },
  )

async function until(what: string, check: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await new Promise((done) => setTimeout(done, 200))
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}
const connected = async (node: string): Promise<boolean> => {
  const { stdout } = await cli('status', '--json')
  const nodes: { node: string; connected: boolean }[] = JSON.parse(stdout).nodes
  return nodes.some((one) => one.node === node && one.connected)
}

test('lb1 enrols, is heard by its own token alone, and is cut when that is revoked', async () => {
  const { stdout: token } = await cli('hub', 'join-token', '--node', 'lb1')
  await labFail({ root, node: 'lb1', how: 'agent' })
  await until('lb1 is gone', async () => !(await connected('lb1')))
  const etc = join(diskOf(root, 'lb1'), 'etc-hactl')
  const config = JSON.parse(readFileSync(join(etc, 'agent.json'), 'utf8'))
  config.hub = { url: config.hub.url, join: token.trim() }
  writeFileSync(join(etc, 'joined.json'), JSON.stringify(config), { mode: 0o600 })
  const start = `setsid ${hactl[0]} agent --config /etc/hactl/joined.json >/dev/null 2>&1 & echo $!`
  const { stdout: pid } = await labExec({ root, node: 'lb1', argv: ['sh', '-c', start] })
  await until('lb1 speaks by its own token', () => connected('lb1'))
  const state = join(diskOf(root, 'lb1'), 'var-lib-hactl')
  const files = readdirSync(state).filter((name) => /^hub-.*\.token$/.test(name))
  assert.equal(files.length, 1)
  assert.equal(statSync(join(state, files[0] ?? '')).mode & 0o777, 0o600)
  assert.match((await cli('token', 'list')).stdout, /node-lb1 +node +lb1/)

  await cli('token', 'revoke', 'node-lb1')
  await until('lb1 is cut', async () => !(await connected('lb1')))
  const probe = await labProbe({ root, seconds: 2 })
  assert.equal(probe.failed, 0)
  await labExec({ root, node: 'lb1', argv: ['kill', pid.trim()] })
  await labHeal({ root, node: 'lb1' })
  // The shared token speaks for it again: it has none of its own any more.
  await until('lb1 is back as before', () => connected('lb1'))
})
