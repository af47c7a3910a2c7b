// npm run demo, ended by Ctrl-C at several moments: it goes at once, and nothing of it stays.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { defaultRoot, leftOf } from '../../cli/lab/index.ts'
import { changes, machine } from '../run/machine.ts'

const END_MS_MAX = 20_000
const root = defaultRoot('demo')
const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-'))
const asItWas = machine()

before(() => assert.equal(existsSync(root), false, 'a demo runs on this machine already'))
after(() => rmSync(scratch, { recursive: true, force: true }))

type Ended = { readonly code: number | null; readonly output: string; readonly tookMs: number }

/** A terminal's Ctrl-C reaches every process of the foreground group, so this one does too. */
function interrupted(after: RegExp, waitMs: number, argv = ['cli/demo.ts']): Promise<Ended> {
  const child = spawn(process.execPath, argv, {
    detached: true,
    env: { ...process.env, TMPDIR: scratch },
  })
  const pid = child.pid ?? assert.fail('cannot start the demo')
  let output = ''
  let sentAt = 0
  const hear = (chunk: Buffer) => {
    output += chunk.toString()
    if (sentAt > 0 || !after.test(output)) return
    sentAt = Number.POSITIVE_INFINITY
    setTimeout(() => {
      sentAt = performance.now()
      process.kill(-pid, 'SIGINT')
    }, waitMs)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const stuck = setTimeout(() => process.kill(-pid, 'SIGKILL'), 60_000 + END_MS_MAX)
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(stuck)
      resolve({ code, output, tookMs: performance.now() - sentAt })
    }),
  )
}

function nothingLeft({ output, tookMs }: Ended): void {
  assert.ok(tookMs < END_MS_MAX, `${tookMs} ms\n${output}`)
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
  assert.equal(existsSync(root), false)
  assert.deepEqual(changes(asItWas, machine()), [])
  assert.deepEqual(readdirSync(scratch), [])
  assert.doesNotMatch(output, /^\s+at /m)
}

for (const [moment, after, waitMs] of [
  ['the first node stands', /^node {3}lb1/m, 0],
  ['the hub listens', /^hub .*http/m, 50],
  ['the vip is on its way', /^vip web is held by nobody/m, 0],
] as const)
  test(`Ctrl-C when ${moment}`, async () => {
    const ended = await interrupted(after, waitMs)
    assert.equal(ended.code, 130, ended.output)
    assert.match(ended.output, /ended before the cluster served; nothing is left/)
    nothingLeft(ended)
  })

test('Ctrl-C while the client asks and the master is dead', async () => {
  const ended = await interrupted(/^a client asks/m, 2_500)
  assert.equal(ended.code, 0, ended.output)
  nothingLeft(ended)
})

test('Ctrl-C at the end of a whole demo', async () => {
  const ended = await interrupted(/^Ctrl-C ends it/m, 0)
  assert.equal(ended.code, 0, ended.output)
  assert.match(ended.output, /longest time without an answer: \d+ ms/)
  assert.match(ended.output, /the lab is down: no process, no mount, no file of it is left/)
  nothingLeft(ended)
})

test('Ctrl-C while the single file is made', async () => {
  const argv = ['cli/build/build.ts', '--out', join(scratch, 'hactl')]
  const ended = await interrupted(/^bundle /m, 100, argv)
  assert.equal(ended.code, 130, ended.output)
  nothingLeft(ended)
})
