import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffDaemon } from '../../../agent/kinds/daemon.ts'
import { emptyObserved } from '../../../agent/plan/offline.ts'
import type { Observed, WantDaemon } from '../../../agent/plan/types.ts'

const path = '/etc/haproxy/haproxy.cfg'
const text = (digest: string) => `description hactl:${digest}\n`
const OLD = 'aaaaaaaaaaaaaaaa'
const NEW = 'bbbbbbbbbbbbbbbb'

const want: WantDaemon = {
  kind: 'daemon',
  engine: 'haproxy',
  daemon: { name: 'haproxy', unit: 'haproxy.service', argv: ['haproxy'], reloadSignal: 'SIGUSR2' },
  files: [{ path, body: text(NEW), mode: 0o600 }],
  digest: NEW,
  binds: [{ address: '0.0.0.0', port: 80 }],
  vips: ['web'],
  impact: () => ({ impact: 'reload', says: 'haproxy reloads' }),
}

function seen(patch: { disk?: string; good?: string; ours?: boolean; runs?: string }): Observed {
  const { disk, good, ours, runs } = patch
  return {
    ...emptyObserved(),
    files: new Map(disk === undefined ? [] : [[path, { body: disk, mode: 0o600 }]]),
    good: new Map(good === undefined ? [] : [[path, good]]),
    ours: new Set(ours === true ? [path] : []),
    daemons: new Map(
      runs === undefined ? [] : [['haproxy', { running: true, pid: 9, restarts: 0, digest: runs }]],
    ),
  }
}

const verbs = (actions: readonly { do: string }[] | undefined) => actions?.map((a) => a.do)

test('disk and process agree: nothing to do, and it says who proved it', () => {
  const { step, kept } = diffDaemon(want, seen({ disk: text(NEW), ours: true, runs: NEW }))
  assert.equal(step, undefined)
  assert.match(kept?.why ?? '', /pid 9/)
})

test('a change is checked beside the target and preflighted before anything that runs is touched', () => {
  const { step } = diffDaemon(
    want,
    seen({ disk: text(OLD), good: text(OLD), ours: true, runs: OLD }),
  )
  assert.deepEqual(verbs(step?.prepare), ['write', 'write', 'check', 'preflight'])
  assert.deepEqual(verbs(step?.commit), ['write', 'reload', 'verify', 'remember'])
  assert(step?.prepare.every((a) => a.do !== 'write' || a.path !== path))
})

test('undo goes to what last loaded, not to what was on disk', () => {
  const { step } = diffDaemon(
    want,
    seen({ disk: 'broken by two unlucky passes', good: text(OLD), ours: true, runs: OLD }),
  )
  const back = step?.undo.find((a) => a.do === 'write')
  assert.equal(back?.do === 'write' && back.body, text(OLD))
  const proof = step?.undo.find((a) => a.do === 'verify')
  assert.equal(proof?.do === 'verify' && proof.digest, OLD)
})

test('commit and undo ask the disk for nothing: both texts stand beside the target before', () => {
  const { step } = diffDaemon(
    want,
    seen({ disk: text(OLD), good: text(OLD), ours: true, runs: OLD }),
  )
  const ready = new Map(step?.prepare.flatMap((a) => (a.do === 'write' ? [[a.path, a.body]] : [])))
  for (const action of [...(step?.commit ?? []), ...(step?.undo ?? [])]) {
    if (action.do === 'write') assert.equal(ready.get(action.from ?? ''), action.body)
  }
  assert.deepEqual([...ready.values()], [text(NEW), text(OLD)])
  const left = step?.cleanup.map((a) => a.do === 'remove' && a.path)
  assert.deepEqual(left, [...ready.keys()])
})

test('killed while the first configuration of ours is tried: undo still finds the original', () => {
  const have = seen({ disk: text(NEW), ours: true })
  const { step } = diffDaemon(want, { ...have, originals: new Map([[path, 'hand-made']]) })
  const back = step?.undo.find((a) => a.do === 'write')
  assert.equal(back?.do === 'write' && back.body, 'hand-made')
})

test('a hand-made file is kept before it is replaced, and undo brings it back', () => {
  const { step } = diffDaemon(want, seen({ disk: 'hand-made', runs: '' }))
  assert.equal(step?.prepare[0]?.do, 'keep-original')
  const back = step?.undo.find((a) => a.do === 'write')
  assert.equal(back?.do === 'write' && back.body, 'hand-made')
})

test('a first configuration that fails leaves nothing behind', () => {
  const { step } = diffDaemon(want, seen({}))
  assert.deepEqual(verbs(step?.commit), ['write', 'start', 'verify', 'remember'])
  assert.deepEqual(verbs(step?.undo), ['stop', 'remove'])
})

test('the right file with another process behind it is checked again and reloaded', () => {
  const { step } = diffDaemon(
    want,
    seen({ disk: text(NEW), good: text(OLD), ours: true, runs: OLD }),
  )
  assert.deepEqual(verbs(step?.prepare), ['write', 'check', 'preflight'])
  assert.deepEqual(verbs(step?.commit), ['reload', 'verify', 'remember'])
})

test('live settings alone need no reload', () => {
  const live = {
    socket: '/run/x.sock',
    servers: { 'app/s1': { weight: 10, state: 'ready' } },
  } as const
  const have = seen({ disk: text(NEW), good: text(NEW), ours: true, runs: NEW })
  const { step } = diffDaemon(
    { ...want, live },
    { ...have, servers: new Map([['app/s1', { weight: 20, state: 'ready' }]]) },
  )
  assert.equal(step?.impact, 'live')
  assert.deepEqual(verbs(step?.commit), ['live', 'verify', 'remember'])
})

test('weights that differ are no reason to skip the reload of a process that is behind', () => {
  const live = { socket: '/run/x.sock', servers: {} }
  const impact = () => ({ impact: 'live', says: 'weights' }) as const
  const { step } = diffDaemon(
    { ...want, live, impact },
    seen({ disk: text('cccccccccccccccc'), good: text(OLD), ours: true, runs: OLD }),
  )
  assert.deepEqual(verbs(step?.commit), ['write', 'reload', 'verify', 'remember'])
})
