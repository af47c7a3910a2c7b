// The git source with the real git: file:// and git's own http-backend on loopback.
import assert from 'node:assert/strict'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createGit, type GitAccess } from '../../../agent/host/git.ts'
import { allowOf, gitSource, type GitSourceOptions, reasonOf } from '../../../agent/source/git.ts'
import { SourceRefusal } from '../../../agent/source/refusal.ts'
import type { Git } from '../../../agent/world.ts'
import { SPEC_BYTES_MAX } from '../../../spec/limits.ts'
import { temporaryDirectory } from '../host/temporary.ts'
import { overHttp, repository } from './repository.ts'

const never = new AbortController().signal

async function sourceOf(
  context: TestContext,
  url: string,
  other: Partial<GitSourceOptions & GitAccess> = {},
) {
  const directory = join(await temporaryDirectory(context), 'git')
  const source = gitSource({
    ref: 'refs/heads/main',
    path: 'spec.json',
    git: createGit({ directory, url, ...other }),
    base: () => undefined,
    timeoutMs: 20_000,
    url,
    ...other,
  })
  return { source, directory }
}

const refusal = (says: RegExp) => (thrown: unknown) => {
  assert(thrown instanceof SourceRefusal, String(thrown))
  assert.match(thrown.message, says)
  return true
}

test('the newest commit of a branch, with its author; nothing stays on disk', async (context) => {
  const repo = await repository(context)
  const first = await repo.commit({ 'spec.json': '{"a": 1}\n' })
  const { source, directory } = await sourceOf(context, repo.url)
  assert.deepEqual(await source.fetch(never), {
    body: '{"a": 1}\n',
    revision: 0,
    allow: [],
    origin: {
      from: `${repo.url} refs/heads/main spec.json`,
      commit: first,
      author: 'Ada Lovelace',
      follows: true,
    },
  })
  assert.equal(await source.fetch(never), undefined)
  const second = await repo.commit({ 'spec.json': '{"a": 2}\n' })
  assert.equal((await source.fetch(never))?.origin?.commit, second)
  assert.equal(existsSync(directory), false)
})

test('a tag, annotated or not, a path below, and the signature beside the spec', async (context) => {
  const repo = await repository(context)
  const commit = await repo.commit({ 'eu/web.json': '{}', 'eu/web.json.sig': 'SIGNED' })
  await repo.git('tag', '-a', 'live', '-m', 'live')
  await repo.git('push', '-q', 'origin', 'live')
  await repo.commit({ 'eu/web.json': '{"newer": true}' })
  const other = { ref: 'refs/tags/live', path: 'eu/web.json' }
  const { source } = await sourceOf(context, repo.url, other)
  const got = await source.fetch(never)
  assert.equal(got?.body, '{}')
  assert.equal(got?.signature, 'SIGNED')
  assert.equal(got?.origin?.commit, commit)
  assert.equal(await source.fetch(never), undefined, 'the tag itself is not taken for a new commit')
})

test('what the remote calls HEAD, where no branch is named', async (context) => {
  const repo = await repository(context)
  const commit = await repo.commit({ 'spec.json': '{}' })
  const { source } = await sourceOf(context, repo.url, { ref: 'HEAD' })
  assert.equal((await source.fetch(never))?.origin?.commit, commit)
})

test('a commit follows its ancestors, not what a force-push left out, unless it is forced', async (context) => {
  const repo = await repository(context)
  const root = await repo.commit({ 'spec.json': '1' })
  for (let i = 0; i < 60; i++) await repo.git('commit', '-q', '--allow-empty', '-m', `${i}`)
  const old = await repo.commit({ 'spec.json': '2' })
  const follows = async (base: string, force?: string) => {
    const { source } = await sourceOf(context, repo.url, {
      base: () => base,
      force: async () => force,
    })
    return (await source.fetch(never))?.origin?.follows
  }
  assert.equal(await follows(old), true)
  assert.equal(await follows(root), true, 'deeper than the first look')
  await repo.git('reset', '-q', '--hard', root)
  assert.equal(await follows(root), true)
  const rewritten = await repo.commit({ 'spec.json': '3' })
  assert.equal(await follows(old), false)
  assert.equal(await follows(old, rewritten), true)
  // Said while the agent runs, of a commit that it refused before.
  let word: string | undefined
  const { source } = await sourceOf(context, repo.url, { base: () => old, force: async () => word })
  assert.equal((await source.fetch(never))?.origin?.follows, false)
  assert.equal(await source.fetch(never), undefined)
  word = rewritten
  assert.equal((await source.fetch(never))?.origin?.follows, true)
  await repo.git('reset', '-q', '--hard', root)
  await repo.git('push', '-q', '--force', 'origin', 'HEAD')
  assert.equal(await follows(rewritten), false, 'back to an ancestor')
})

test('a git without partial fetch reads the same', async (context) => {
  const repo = await repository(context)
  const base = await repo.commit({ 'spec.json': '1' })
  await repo.commit({ 'spec.json': '2' })
  const real = createGit({
    directory: join(await temporaryDirectory(context), 'git'),
    url: repo.url,
  })
  const asked: string[] = []
  const old: Git = {
    ...real,
    run: async (args, limits) => {
      asked.push(...args)
      if (args[0] !== 'version') return real.run(args, limits)
      return { code: 0, stdout: Buffer.from('git version 1.8.3.1\n'), stderr: '' }
    },
  }
  const { source } = await sourceOf(context, repo.url, { git: old, base: () => base })
  const got = await source.fetch(never)
  assert.deepEqual([got?.body, got?.origin?.follows], ['2', true])
  assert(!asked.some((word) => word.startsWith('--filter')))
})

test('what a person must mend is refused with its reason, and read again once it is mended', async (context) => {
  const repo = await repository(context)
  const good = await repo.commit({ 'spec.json': 'good' })
  const { source } = await sourceOf(context, repo.url)
  await source.fetch(never)
  await repo.commit({ 'spec.json': 'x'.repeat(SPEC_BYTES_MAX + 2) })
  await assert.rejects(
    source.fetch(never),
    refusal(/spec\.json in the repository is larger than 1048576 bytes/),
  )
  await repo.git('rm', '-q', 'spec.json')
  await repo.commit({ other: '' })
  await assert.rejects(
    source.fetch(never),
    refusal(/commit [0-9a-f]{12} of the repository has no spec\.json/),
  )
  const work = join(repo.remote, '..', 'work')
  symlinkSync('/etc/passwd', join(work, 'spec.json'))
  await repo.commit({})
  await assert.rejects(source.fetch(never), refusal(/is not a plain file \(mode 120000\)/))
  await repo.git('rm', '-q', 'spec.json')
  writeFileSync(join(work, 'spec.json'), Buffer.from([0x7b, 0xff]))
  await repo.commit({})
  await assert.rejects(source.fetch(never), refusal(/is not UTF-8/))
  await repo.git('push', '-q', 'origin', ':main')
  await assert.rejects(
    source.fetch(never),
    refusal(/has no branch main; it was deleted or never pushed/),
  )
  await repo.git('reset', '-q', '--hard', good)
  await repo.git('push', '-q', 'origin', 'HEAD:main')
  assert.equal((await source.fetch(never))?.body, 'good')
})

test('over HTTP with a token, which never stands in a command line', async (context) => {
  const repo = await repository(context)
  await repo.commit({ 'spec.json': '{}' })
  const basic = `Basic ${Buffer.from('git:s3cret').toString('base64')}`
  const url = await overHttp(context, repo.remote, (header) => header === basic)
  const tokenFile = join(await temporaryDirectory(context), 'token')
  writeFileSync(tokenFile, 's3cret\n')
  const { source } = await sourceOf(context, url, { tokenFile })
  assert.equal((await source.fetch(never))?.body, '{}')
  const { source: stranger } = await sourceOf(context, url)
  await assert.rejects(stranger.fetch(never), /could not read Username|Authentication failed/)
  const { source: without } = await sourceOf(context, url, { tokenFile: '/nonexistent' })
  await assert.rejects(without.fetch(never), /the token file \/nonexistent does not exist/)
})

test('no configuration of the user or machine, no other protocol', async (context) => {
  const repo = await repository(context)
  await repo.commit({ 'spec.json': '{}' })
  process.env['GIT_CONFIG_COUNT'] = '1'
  process.env['GIT_CONFIG_KEY_0'] = `url./nonexistent.insteadOf`
  process.env['GIT_CONFIG_VALUE_0'] = 'file://'
  context.after(() => {
    for (const name of ['COUNT', 'KEY_0', 'VALUE_0']) delete process.env[`GIT_CONFIG_${name}`]
  })
  const { source } = await sourceOf(context, repo.url)
  assert.equal((await source.fetch(never))?.body, '{}')
  const { source: ext } = await sourceOf(context, 'ext::sh -c echo%20hello')
  await assert.rejects(ext.fetch(never), /transport 'ext' not allowed/)
})

test('a server that hangs, one that is away, and an agent that ends', async (context) => {
  const silent = createServer(() => undefined)
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
  context.after(() => silent.close())
  const at = silent.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const url = `http://127.0.0.1:${port}/x.git`
  const { source, directory } = await sourceOf(context, url, { timeoutMs: 300 })
  await assert.rejects(source.fetch(never), /no end after 0\.3 s/)
  const { source: patient } = await sourceOf(context, url)
  const stop = new AbortController()
  silent.once('connection', () => stop.abort())
  await assert.rejects(patient.fetch(stop.signal), /the agent ends/)
  const { source: absent } = await sourceOf(context, 'file:///nonexistent/repo')
  await assert.rejects(
    absent.fetch(never),
    /cannot fetch spec\.json at branch main of .*nonexistent.*does not/,
  )
  assert.equal(existsSync(directory), false)
})

test('what git says becomes one line of words', () => {
  const says = (stderr: string, code = 128) => reasonOf({ code, stderr })
  assert.equal(says('', 127), 'git is not installed')
  assert.equal(
    says('error: file write error: No space left on device\nfatal: x'),
    'no space left on the disk of the state',
  )
  assert.equal(
    says('error: index-pack died of signal 25\nfatal: x'),
    'what the repository sends is too large',
  )
  assert.equal(
    says('Host key verification failed.\r\nfatal: Could not read from remote repository.\n'),
    'Host key verification failed.; fatal: Could not read from remote repository.',
  )
  assert.equal(
    says(
      '@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@@@\nHost key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n',
    ),
    'Host key verification failed.; fatal: Could not read from remote repository.',
  )
  assert.equal(says(''), 'git ended with 128')
})

test('overrides stand in the message of the commit', () => {
  assert.deepEqual(allowOf('more servers\n\nHactl-Allow: blink, removals\n'), ['blink', 'removals'])
  assert.deepEqual(allowOf('Hactl-Allow: BAD WORD, ../x, empty'), ['empty'])
  assert.deepEqual(allowOf('talk of Hactl-Allow: blink'), [])
})
