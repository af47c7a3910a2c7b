// People are told once: the master dies in the lab, and a real relay and a real web server count what reaches them.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { execa } from 'execa'
import { labDown, labFail, labHeal, labStatus, labUp, leftOf } from '../../cli/lab/index.ts'
import { diskOf, enter } from '../../cli/lab/namespace.ts'
import { readState } from '../../cli/lab/state.ts'
import { HUB } from '../../cli/lab/topology.ts'
import { WebhookBody } from '../../spec/notice-text.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-'))
const root = join('/run/hactl-lab', `notify-${process.pid}`)
const hactl = [join(process.cwd(), 'dist/hactl')]
const notify = {
  mail: {
    ...{ to: ['ops@example.org'], from: 'hactl@example.org' },
    ...{ smtpHost: '127.0.0.1', smtpPort: 2525, tls: 'off' },
  },
  webhooks: { ops: { url: 'http://127.0.0.1:8099/hactl' } },
}
const specText = JSON.stringify({
  ...JSON.parse(readFileSync('spec/examples/wordpress.json', 'utf8')),
  notify,
})
const log = () => undefined
const Line = Type.Object({
  by: Type.String(),
  at: Type.Optional(Type.Number()),
  text: Type.Optional(Type.String()),
  body: Type.Optional(WebhookBody),
})
const ends: (() => Promise<void>)[] = []

/** Polls with a bound; the bound is for a machine under load, not a promise. */
async function until(what: string, check: () => boolean | Promise<boolean>, seconds = 40) {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}

/** A program of a member that lives until the end of the file. */
function start(argv: readonly string[]): void {
  const [program = '', ...rest] = argv
  const child = execa(program, rest, { reject: false, stdio: 'ignore' })
  ends.push(async () => {
    child.kill()
    await child
  })
}

/** Receivers on 127.0.0.1 of a member, and what reached them. */
async function receivers(member: string) {
  const file = join(scratch, `${member}.jsonl`)
  const argv = [...enter(readState(root), member, 'network'), process.execPath]
  start([...argv, 'test/e2e/receivers.ts', file, '2525', '8099'])
  let from = 0
  const all = () =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Value.Parse(Line, JSON.parse(line)))
  await until(`receivers of ${member} listen`, () => all().length > 0)
  const lines = () => all().slice(from)
  return {
    /** What came so far no longer counts. */
    forget: () => {
      from = all().length
    },
    subjects: () =>
      lines().flatMap((line) => /^Subject: (.*)$/m.exec(line.text ?? '')?.[1]?.trim() ?? []),
    bodies: () => lines().flatMap((line) => (line.body === undefined ? [] : [line.body])),
    texts: () => lines().flatMap((line) => line.text ?? []),
    arrivedAt: () => lines().flatMap((line) => line.at ?? []),
  }
}
const count = (all: readonly string[], part: string) =>
  all.filter((one) => one.includes(part)).length
const heldBy = (node: string) =>
  until(
    `vip held by ${node} alone`,
    async () => (await labStatus({ root })).vips[0]?.holders.join() === node,
  )

before(async () => {
  await labUp({ specText, hactl, root, log })
})
after(async () => {
  for (const end of ends) await end()
  await labDown({ root, log })
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
})

const THERE = 'moved from lb1 to lb2'
const BACK = 'moved from lb2 to lb1'

test('the master dies: exactly one mail and one webhook for the move, one each for its silence', async () => {
  const seen = await receivers(HUB)
  await heldBy('lb1')
  // The hub has to know who holds it; where lb2 came up first, its giving up is a move too.
  await sleep(6_000)
  seen.forget()
  const failedAt = Date.now()
  await labFail({ root, node: 'lb1', how: 'power' })
  await until('the move is told on both ways', () => seen.arrivedAt().length >= 2)
  const tookMs = seen.arrivedAt().map((at) => at - failedAt)
  process.stdout.write(`told after ${tookMs.join(' and ')} ms\n`)
  await until('the silence is told on both ways', () => seen.arrivedAt().length >= 4)
  await sleep(3_000)
  assert.equal(count(seen.subjects(), THERE), 1)
  assert.equal(count(seen.subjects(), 'node lb1 is not heard'), 1)
  assert.equal(seen.subjects().length, 2)
  assert.deepEqual(
    seen.bodies().map((body) => [body.topic, body.phase, body.about, body.sender]),
    [
      ['transition', 'event', ['web'], 'hub'],
      ['stale', 'opened', ['lb1'], 'hub'],
    ],
  )
  await labHeal({ root })
  await until('its return is told', () => seen.subjects().length >= 4)
  await sleep(3_000)
  assert.equal(count(seen.subjects(), BACK), 1)
  assert.equal(count(seen.subjects(), 'node lb1 is heard again'), 1)
  assert.equal(seen.subjects().length, 4)
  assert.equal(seen.bodies().length, 4)
})

test('a restart of the hub tells nothing', async () => {
  const file = join(scratch, `${HUB}.jsonl`)
  const before = readFileSync(file, 'utf8')
  await heldBy('lb1')
  await labFail({ root, node: 'lb1', how: 'hub' })
  await labHeal({ root })
  await sleep(20_000)
  assert.equal(readFileSync(file, 'utf8'), before)
})

test('the hub is gone for long: the new holder tells the move, once, and says why it does', async () => {
  const seen = await receivers('lb2')
  await labFail({ root, node: 'lb1', how: 'hub' })
  await labFail({ root, node: 'lb1', how: 'power' })
  await until('the new holder tells it', () => seen.arrivedAt().length >= 2, 70)
  await sleep(3_000)
  assert.deepEqual(seen.subjects().length, 1)
  assert.equal(count(seen.subjects(), THERE), 1)
  assert.match(seen.texts()[0] ?? '', /Sent by lb2: the hub has not been reachable for/)
  assert.deepEqual(
    seen.bodies().map((body) => body.sender),
    ['lb2'],
  )
  await labHeal({ root })
})

test('no hub at all: the new holder tells the move, and the first that lives tells the silence', async () => {
  await heldBy('lb1')
  for (const node of ['lb1', 'lb2']) {
    await labFail({ root, node, how: 'agent' })
    const token = readFileSync(join(root, 'peer.token'), 'utf8')
    const config = { node, supervisor: 'builtin', source: { path: '/etc/hactl/spec.json' } }
    const disk = join(diskOf(root, node), 'etc-hactl')
    writeFileSync(join(disk, 'alone.json'), JSON.stringify({ ...config, peer: { token } }))
    writeFileSync(join(disk, 'spec.json'), specText)
    start([...enter(readState(root), node), ...hactl, 'agent', '--config', '/etc/hactl/alone.json'])
  }
  const file = join(scratch, 'lb2.jsonl')
  const arrived = () => readFileSync(file, 'utf8').split('\n').slice(0, -1).length
  const was = arrived()
  await sleep(8_000)
  assert.equal(arrived(), was)
  await labFail({ root, node: 'lb1', how: 'power' })
  await until('the move and the silence are told on both ways', () => arrived() >= was + 4)
  await sleep(3_000)
  const bodies = readFileSync(file, 'utf8').split('\n').slice(was, -1)
  assert.equal(count(bodies, '"topic":"transition"'), 1)
  assert.equal(count(bodies, `Subject: [hactl wordpress] vip web (172.18.67.33) ${THERE}`), 1)
  assert.equal(count(bodies, '"topic":"stale"'), 1)
  assert.equal(count(bodies, 'Subject: [hactl wordpress] node lb1 is not heard'), 1)
  assert.equal(count(bodies, '"because":""'), 2)
  assert.equal(bodies.length, 4)
})
