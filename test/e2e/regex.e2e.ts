// spec/examples/haproxy-regex.json on real daemons: nopreempt, two masters; the tutorial's way beside it. Routes and logs: logs.vm.ts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { labFail, labHeal } from '../../cli/lab/index.ts'
import {
  compare,
  type Example,
  exampleLab,
  gapText,
  seenDuring,
  tutorialLab,
  until,
} from './example.ts'
import { regexTutorial } from './tutorial-regex.ts'
import type { Spec } from '../../spec/schema.ts'

const NAME = 'haproxy-regex'
const BALANCERS = ['master', 'backup'] as const
const specText = (() => {
  const spec = JSON.parse(readFileSync(`spec/examples/${NAME}.json`, 'utf8'))
  // A machine that has /dev/log would take the lines of the lab's nodes; test/vm/logs.vm.ts shows that way.
  spec.logs.target = '127.0.0.1:514'
  return JSON.stringify(spec)
})()
/** What a client saw with the tutorial's configuration, by fault. */
const tutorial = new Map<string, string>()
let lab: Example

before(async () => {
  const theirs = await tutorialLab(NAME, specText, regexTutorial)
  const { root } = theirs
  const seen = async (fault: string, seconds: number, work: () => Promise<unknown>) =>
    tutorial.set(fault, gapText(await seenDuring(root, seconds, work), seconds))
  try {
    await theirs.heldBy('master')
    await theirs.served()
    await seen('backend', 4, () => labFail({ root, node: 'real-server1', how: 'power' }))
    await labHeal({ root })
    await seen('power', 6, () => labFail({ root, node: 'master', how: 'power' }))
    await labHeal({ root })
    // nopreempt stands in one file of two, and the state MASTER in the other: the vip goes back.
    await theirs.heldBy('master')
    await theirs.served()
    await seen('proxy', 11, () => labFail({ root, node: 'master', how: 'proxy' }))
  } finally {
    await theirs.down()
  }
  lab = await exampleLab(NAME, specText)
})
after(() => lab?.down())

const ours = async (
  fault: string,
  words: string,
  seconds: number,
  work: () => Promise<unknown>,
) => {
  await lab.served()
  const seen = await seenDuring(lab.root, seconds, work)
  compare(words, tutorial.get(fault), gapText(seen, seconds))
  return seen
}

/** Without preemption whoever was up first has the vip, and keeps it: it is moved by a fault of the other. */
const moveToMaster = async () => {
  const { root } = lab
  await until('one holder', async () => (await lab.holders()).length === 1)
  if ((await lab.holders()).join() === 'master') return
  await labFail({ root, node: 'backup', how: 'link' })
  await lab.heldBy('master')
  await labHeal({ root })
  await lab.ready()
  await lab.heldBy('master')
}

test('every node proves the spec, and the next passes change nothing', async () => {
  await lab.ready()
  await moveToMaster()
  await lab.stays(BALANCERS)
  const text = await lab.must('master', 'cat /etc/haproxy/haproxy.cfg')
  assert.match(text, /server html1 \S+ weight 2 maxconn 2000 check inter 1s rise 2 fall 2/)
  assert.match(text, /server html2 \S+ weight 1 maxconn 1000 check inter 2s rise 3 fall 2/)
})

test('there and back again: the same bytes', async () => {
  const was = await Promise.all(BALANCERS.map(lab.sums))
  const there = await lab.push((spec) => {
    spec.pools.pages.servers.html2.check.rise = 5
  })
  assert.equal(there.exitCode, 0, there.stderr)
  assert.notDeepEqual(await Promise.all(BALANCERS.map(lab.sums)), was)
  assert.equal((await lab.push(() => undefined)).exitCode, 0)
  assert.deepEqual(await Promise.all(BALANCERS.map(lab.sums)), was)
})

test('backend: its death is found after two checks of a second', async () => {
  const seen = await ours('backend', 'a server without power', 4, () =>
    labFail({ root: lab.root, node: 'real-server1', how: 'power' }),
  )
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await labHeal({ root: lab.root })
})

test('daemon: haproxy killed is restarted where it was', async () => {
  await moveToMaster()
  const seen = await ours('proxy', 'haproxy killed', 4, () =>
    labFail({ root: lab.root, node: 'master', how: 'proxy' }),
  )
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await labHeal({ root: lab.root })
})

test('partition, and no hub: both sides name the two masters, and say when it is over', async () => {
  const { root } = lab
  const told = (node: string, words: RegExp) =>
    until(`${node} tells ${words}`, () => words.test(lab.agentLog(node)))
  await labFail({ root, node: 'hub', how: 'hub' })
  await labFail({ root, node: 'master', how: 'partition' })
  await until('two masters', async () => (await lab.holders()).length === 2)
  await told('master', /split brain: vip web \(192\.168\.13\.144\) is held here and by backup/)
  await told('backup', /split brain: vip web \(192\.168\.13\.144\) is held here and by master/)
  // The hub is back while the segment is still cut: the reports of both have the finding.
  await labHeal({ root, node: 'lab-hub' })
  await until('both reports name it', async () => {
    const nodes = (await lab.nodes()).filter(({ node }) => BALANCERS.some((b) => b === node))
    const found = nodes.filter(({ report }) =>
      report?.findings?.some((f) => f.check === 'split-brain' && f.severity === 'error'),
    )
    return found.length === 2
  })
  await labHeal({ root })
  await told('master', /split brain over: vip web .* after \d+ s/)
  await told('backup', /split brain over: vip web .* after \d+ s/)
  await lab.heldBy('master')
  const clear = async () =>
    (await lab.nodes()).every(
      ({ report }) => report?.findings?.every((f) => f.check !== 'split-brain') ?? true,
    )
  await until('no report names it', clear)
  const events = (await lab.cli('events', '--limit', '500')).stdout
  for (const node of BALANCERS) assert.match(events, new RegExp(`${node} .*split brain: vip web`))
})

const alerted = async () => /split-brain:web/.test((await lab.cli('alerts', '--json')).stdout)
const seconds = (start: number): number => (performance.now() - start) / 1_000

test('partition: both sides know within 3 s; healed: alert closed and one holder within 3 s', async () => {
  const { root } = lab
  await moveToMaster()
  const read = new Map(BALANCERS.map((node) => [node, lab.agentLog(node).length]))
  const cut = performance.now()
  await labFail({ root, node: 'master', how: 'partition' })
  await until('both tell it', () =>
    BALANCERS.every((node) =>
      /split brain: vip web/.test(lab.agentLog(node).slice(read.get(node))),
    ),
  )
  const known = seconds(cut)
  await until('the alert', alerted)
  const alert = seconds(cut)
  const healing = performance.now()
  await labHeal({ root })
  await until('one holder', async () => (await lab.holders()).length === 1)
  const one = seconds(healing)
  await until('no alert', async () => !(await alerted()))
  const over = seconds(healing)
  const words = [known, alert, one, over].map((figure) => `${figure.toFixed(1)} s`)
  compare('partition: both sides know; alert of the hub', 'never', words.slice(0, 2).join('; '))
  compare('healed: one holder; alert closed', 'silently', words.slice(2).join('; '))
  assert.ok(known <= 3 && one <= 3 && over <= 3, words.join(', '))
})

test('partition with "onSplit": "yield": one holder by the second link, and none lost after healing', async () => {
  const { root } = lab
  const yields = (spec: Spec) => {
    for (const vip of Object.values(spec.vips ?? {})) vip.onSplit = 'yield'
  }
  assert.equal((await lab.push(yields)).exitCode, 0)
  await moveToMaster()
  const cut = performance.now()
  await labFail({ root, node: 'master', how: 'partition' })
  await until('two masters', async () => (await lab.holders()).length === 2)
  await until('one holder', async () => (await lab.holders()).join() === 'master')
  compare('partition, "onSplit": "yield": one holder', 'never', `${seconds(cut).toFixed(1)} s`)
  await lab.stays(BALANCERS)
  assert.deepEqual(await lab.holders(), ['master'])
  await labHeal({ root })
  await until('it listens again', () => /no longer gives way/.test(lab.agentLog('backup')))
  await lab.stays(BALANCERS)
  assert.deepEqual(await lab.holders(), ['master'])
  await until('no alert', async () => !(await alerted()))
  assert.equal((await lab.push(() => undefined)).exitCode, 0)
})

/** Says for whom it is called, and 0 once somebody has cut that power. */
const FENCE = `#!/bin/bash
echo "$1" >>/etc/hactl/fenced
for try in {1..100}; do [ -e /etc/hactl/off ] && exit 0; sleep 0.1; done
exit 1
`
const fenced = async (node: string) =>
  (await lab.on(node, 'cat', '/etc/hactl/fenced')).stdout.trim().split('\n')

test('partition with "onSplit": "fence": healed in time nobody is fenced; else the backup, once, by the master alone', async () => {
  const { root } = lab
  for (const node of BALANCERS) {
    const config = JSON.parse((await lab.on(node, 'cat', '/etc/hactl/agent.json')).stdout)
    config.fence = { command: ['/etc/hactl/fence', '{node}'], timeoutMs: 15_000, confirmMs: 2_500 }
    const files = `cat >/etc/hactl/fence <<'E'\n${FENCE}E\nchmod 755 /etc/hactl/fence; : >/etc/hactl/fenced`
    await lab.must(node, `${files}\ncat >/etc/hactl/agent.json <<'E'\n${JSON.stringify(config)}\nE`)
    await labFail({ root, node, how: 'agent' })
  }
  await labHeal({ root })
  const fences = (spec: Spec) => {
    for (const vip of Object.values(spec.vips ?? {})) vip.onSplit = 'fence'
  }
  assert.equal((await lab.push(fences)).exitCode, 0)
  await moveToMaster()
  await labFail({ root, node: 'master', how: 'partition' })
  await until('the alert', alerted)
  await labHeal({ root })
  await until('no alert', async () => !(await alerted()))
  for (const node of BALANCERS) assert.deepEqual(await fenced(node), [''])
  const cut = performance.now()
  await labFail({ root, node: 'master', how: 'partition' })
  await until('the master fences', async () => (await fenced('master')).join() === 'backup')
  await labFail({ root, node: 'backup', how: 'power' })
  await lab.must('master', 'touch /etc/hactl/off')
  await until('told', () => /vip web: backup is fenced/.test(lab.agentLog('master')))
  compare('partition, "onSplit": "fence": one holder', 'never', `${seconds(cut).toFixed(1)} s`)
  assert.deepEqual(await lab.holders(), ['master'])
  const told = async () => /fence:web:master/.test((await lab.cli('alerts', '--json')).stdout)
  await until('the alert', told)
  await labHeal({ root })
  await lab.ready()
  await until('no alert', async () => !(await told()))
  assert.deepEqual(await fenced('master'), ['backup'])
  assert.deepEqual(await fenced('backup'), [''])
  assert.deepEqual(await lab.holders(), ['master'])
  assert.equal((await lab.push(() => undefined)).exitCode, 0)
})

test('balancer: the backup takes over and keeps the vip when the master is back', async () => {
  const seen = await ours('power', 'the master without power', 4, () =>
    labFail({ root: lab.root, node: 'master', how: 'power' }),
  )
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await lab.heldBy('backup')
  const back = await seenDuring(lab.root, 8, async () => {
    await labHeal({ root: lab.root })
    await lab.ready()
  })
  compare(
    'the master is back',
    'the vip moves back',
    `stays, ${back.failed} of ${back.requests} failed`,
  )
  assert.equal(back.failed, 0)
  assert.deepEqual(await lab.holders(), ['backup'])
  await lab.stays(BALANCERS)
  assert.deepEqual(await lab.holders(), ['backup'])
})
