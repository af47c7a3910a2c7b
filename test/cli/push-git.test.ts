// hactl push --git, against real repositories: what is committed, what is refused, and how nodes are followed.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { execa } from 'execa'
import { checkSpec } from '../../spec/check.ts'
import { parsePrivateKey, privateKeyText } from '../../spec/trust/ssh-key.ts'
import { specSigner } from '../../spec/trust/statement.ts'
import { temporaryDirectory } from '../agent/host/temporary.ts'
import { repository } from '../agent/source/repository.ts'
import { clusterStatus, fakeHub, nodeStatus, run } from './fake.ts'

const FILE = 'spec/examples/wordpress.json'
const TEXT = readFileSync(FILE, 'utf8')
const DIGEST = checkSpec(TEXT).cluster?.digest ?? ''
const ENV = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1' }
const ADA = { ...ENV, HACTL_AUTHOR: 'Ada Lovelace <ada@example.org>' }

async function pushed(context: TestContext) {
  const repo = await repository(context)
  const push = (...flags: readonly string[]) => pushTo('', ...flags)
  const pushTo = (place: string, ...flags: readonly string[]) =>
    run(['push', FILE, '--git', `${repo.url}${place}`, ...flags], { env: ADA })
  const show = async (...args: readonly string[]) =>
    (await execa('git', ['-C', repo.remote, ...args])).stdout
  return { ...repo, push, pushTo, show }
}

test('a commit of one file on top of what is there, with author, message and overrides', async (context) => {
  const { commit, push, show } = await pushed(context)
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = await temporaryDirectory(context)
  context.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })
  const base = await commit({ 'README.md': 'ours', 'spec.json': '{}' })
  const { exit, out, err } = await push('--note', 'begin the cluster', '--allow-blink')
  assert.equal(err, '')
  assert.equal(exit, 0)
  assert.match(out, /lb1 .*\n(?:.*\n)*Commit [0-9a-f]{12} is on branch main of file:/)
  assert.equal(await show('show', 'main:spec.json'), TEXT.trimEnd())
  assert.equal(await show('show', 'main:README.md'), 'ours')
  assert.equal(await show('rev-parse', 'main^'), base)
  const said = await show('log', '-1', '--format=%an <%ae>|%B', 'main')
  assert.equal(
    said.trim(),
    'Ada Lovelace <ada@example.org>|begin the cluster\n\nHactl-Allow: blink',
  )
  assert.deepEqual(readdirSync(tmpdir()), [])
})

test('an empty remote, another branch and path, and the same text again', async (context) => {
  const { pushTo, show } = await pushed(context)
  const push = (...flags: readonly string[]) => pushTo('#live:eu/web.json', ...flags)
  assert.equal((await push()).exit, 0)
  const first = await show('rev-parse', 'live')
  assert.equal(await show('show', 'live:eu/web.json'), TEXT.trimEnd())
  const again = await push()
  assert.match(again.out, /No node changes\.\n.*has this spec already; nothing was pushed/)
  assert.equal(await show('rev-parse', 'live'), first)
  assert.equal((await push('--allow-empty')).exit, 0)
  assert.match(await show('log', '-1', '--format=%B', 'live'), /Hactl-Allow: empty/)
  const json = JSON.parse((await push('--json')).out)
  assert.deepEqual([json.ok, json.commit, json.branch], [true, null, 'live'])
})

test('a remote that moves meanwhile is a conflict, and keeps what it has', async (context) => {
  const { commit, push, remote, show } = await pushed(context)
  await commit({ 'spec.json': '{}' })
  // Somebody else's push comes in between our look and our push.
  const hook = join(remote, 'hooks', 'pre-receive')
  mkdirSync(join(remote, 'hooks'), { recursive: true })
  const other = 'git commit-tree -p main -m other main^{tree}'
  const moves = `#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main $(${other})\n`
  writeFileSync(hook, moves.replaceAll('git ', 'git -c user.name=x -c user.email=x@y '), {
    mode: 0o755,
  })
  const { exit, err } = await push()
  assert.equal(exit, 6, err)
  assert.match(err, /branch main of file:.* has moved meanwhile/)
  assert.equal(await show('log', '-1', '--format=%s', 'main'), 'other')
})

test('a protected branch is a refusal in the words of the remote', async (context) => {
  const { commit, push, remote } = await pushed(context)
  await commit({ 'spec.json': '{}' })
  mkdirSync(join(remote, 'hooks'), { recursive: true })
  const hook = '#!/bin/sh\necho "error: main is protected" >&2\nexit 1\n'
  writeFileSync(join(remote, 'hooks', 'pre-receive'), hook, { mode: 0o755 })
  const { exit, err } = await push()
  assert.equal(exit, 4)
  assert.match(err, /does not take it: remote: error: main is protected/)
})

test('an invalid spec, a remote that is not there, nobody who commits', async (context) => {
  const { url, show, commit } = await pushed(context)
  const base = await commit({ 'spec.json': '{}' })
  const invalid = await run(['push', '-', '--git', url], { env: ADA, stdin: '{' })
  assert.equal(invalid.exit, 3)
  const absent = await run(['push', FILE, '--git', '/nonexistent'], { env: ADA })
  assert.equal(absent.exit, 5)
  assert.match(absent.err, /cannot reach \/nonexistent: fatal: '\/nonexistent' does not appear/)
  const option = await run(['push', FILE, '--git', '--upload-pack=id'], { env: ADA })
  assert.equal(option.exit, 2)
  for (const place of ['#main:../x', '#main:/etc/x', '#a:b:c', '#-x y'])
    assert.equal(
      (await run(['push', FILE, '--git', `${url}${place}`], { env: ADA })).exit,
      2,
      place,
    )
  const cwd = await temporaryDirectory(context)
  const file = join(process.cwd(), FILE)
  const env = {
    ...ENV,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'user.useConfigOnly',
    GIT_CONFIG_VALUE_0: 'true',
  }
  const nobody = await run(['push', file, '--git', url], { env, cwd })
  assert.equal(nobody.exit, 2)
  assert.match(nobody.err, /git does not know who you are/)
  assert.equal(await show('rev-parse', 'main'), base)
})

test('a remote by its name in the repository around us, with its own identity', async (context) => {
  const { url, show, git, remote } = await pushed(context)
  await git('config', 'user.name', 'Kim')
  await git('config', 'user.email', 'kim@example.org')
  const cwd = join(remote, '..', 'work')
  const file = join(process.cwd(), FILE)
  const { exit, out, err } = await run(['push', file, '--git', 'origin'], { env: ENV, cwd })
  assert.equal(exit, 0, err)
  assert(out.includes(url.slice('file://'.length)))
  assert.equal(await show('log', '-1', '--format=%an', 'main'), 'Kim')
})

test('with a hub, the nodes are followed by what they run, also where the hub has no spec', async (context) => {
  const { push } = await pushed(context)
  const node = (name: string) =>
    nodeStatus(name, DIGEST, 0, { origin: 'commit 0123456789ab by Ada Lovelace' })
  const strangers = [node('lb1'), node('lb2')]
  const hub = await fakeHub(({ path }) =>
    path === '/v1/status'
      ? { status: 200, body: clusterStatus(0, '', [], { strangers }) }
      : undefined,
  )
  const { exit, out, err } = await push('--hub', hub.url)
  await hub.close()
  assert.equal(exit, 0, err)
  assert.match(out, /Commit [0-9a-f]{12} is proved on 2 nodes/)
})

test('--sign commits the signature beside the spec, as agents look for it', async (context) => {
  const { commit, push, show } = await pushed(context)
  await commit({ 'spec.json': '{}' })
  const file = join(await temporaryDirectory(context), 'key')
  const seed = Buffer.alloc(32, 4)
  writeFileSync(file, privateKeyText({ seed, check: 1, comment: '' }), { mode: 0o600 })
  assert.equal((await push('--sign', file)).exit, 0)
  const text = `${await show('show', 'main:spec.json')}\n`
  assert.equal(checkSpec(text).cluster?.serial, 1_700_000_000)
  const signer = specSigner(await show('show', 'main:spec.json.sig'), text)
  const key = parsePrivateKey(readFileSync(file, 'utf8'))
  assert.equal(signer.fingerprint, key.public.fingerprint)
})

test('a plan from a repository: pushed while the spec there is as it was, refused when somebody changed it', async (context) => {
  const { commit, remote, url } = await pushed(context)
  const cwd = await temporaryDirectory(context)
  writeFileSync(join(cwd, 'spec.json'), TEXT)
  const cli = (...argv: readonly string[]) => run([...argv, '--git', url], { env: ADA, cwd })
  await commit({ 'spec.json': '{}' })
  const planned = await cli('plan', 'spec.json', '--out', 'plan.json')
  assert.equal(planned.exit, 0, planned.err)
  assert.match(planned.out, /from spec\.json on branch main of file:/)
  await commit({ 'README.md': 'another matter' })
  const other = await commit({ 'spec.json': '{"version": 1}' })
  const refused = await cli('push', '--plan', 'plan.json')
  assert.equal(refused.exit, 6)
  assert.match(refused.err, /is another one since commit [0-9a-f]{12}/)
  const head = async () => (await execa('git', ['-C', remote, 'rev-parse', 'main'])).stdout
  assert.equal(await head(), other)
  await commit({ 'spec.json': '{}' })
  const done = await cli('push', '--plan', 'plan.json')
  assert.equal(done.exit, 0, done.err)
  assert.notEqual(await head(), other)
})
