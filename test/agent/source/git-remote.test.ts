// The git source over the ways that people use: a real sshd with a deploy key and known hosts, and https with a CA of one's own.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { execa } from 'execa'
import { createGit, type GitAccess } from '../../../agent/host/git.ts'
import { gitSource } from '../../../agent/source/git.ts'
import { authorityHere } from '../../site/tls/kit.ts'
import { temporaryDirectory, until } from '../host/temporary.ts'
import { overHttp, repository } from './repository.ts'

const never = new AbortController().signal
const SSHD = '/usr/sbin/sshd'
/** Where sshd of Debian and EL confines the part that speaks with strangers. */
const EMPTY = '/run/sshd'
const skip =
  !existsSync(SSHD) || process.getuid?.() !== 0 ? 'needs root and sshd (openssh-server)' : false

async function fetchFrom(context: TestContext, url: string, access: Partial<GitAccess>) {
  const directory = join(await temporaryDirectory(context), 'git')
  return gitSource({
    ...{ url, ref: 'refs/heads/main', path: 'spec.json', timeoutMs: 20_000 },
    git: createGit({ directory, url, ...access }),
    base: () => undefined,
  }).fetch(never)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = server.address()
  await new Promise((done) => server.close(done))
  return typeof at === 'object' && at !== null ? at.port : 0
}

const keyAt = async (path: string): Promise<string> => {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path])
  return readFileSync(`${path}.pub`, 'utf8').trim()
}

/** Lets `deploy` read repositories and nothing else, as git servers do. */
async function sshServer(context: TestContext) {
  const directory = await temporaryDirectory(context)
  const at = (name: string) => join(directory, name)
  const [host, deploy, port] = [
    await keyAt(at('host')),
    await keyAt(at('deploy')),
    await freePort(),
  ]
  writeFileSync(at('authorized'), `restrict ${deploy}\n`, { mode: 0o600 })
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${host}\n`)
  const made = !existsSync(EMPTY)
  mkdirSync(EMPTY, { recursive: true, mode: 0o755 })
  const options = [
    ...['ListenAddress=127.0.0.1', `Port=${port}`, `HostKey=${at('host')}`, 'UsePAM=no'],
    ...[`AuthorizedKeysFile=${at('authorized')}`, 'StrictModes=no', 'PermitRootLogin=yes'],
    ...['PasswordAuthentication=no', 'KbdInteractiveAuthentication=no', 'PidFile=none'],
  ].flatMap((option) => ['-o', option])
  const daemon = spawn(SSHD, ['-D', '-e', '-f', '/dev/null', ...options], { stdio: 'ignore' })
  context.after(async () => {
    await ended(daemon)
    if (made) rmdirSync(EMPTY)
  })
  return { port, at }
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return
  const over = new Promise((done) => daemon.once('exit', done))
  daemon.kill('SIGTERM')
  await over
}

test('over ssh: a deploy key and the host that is known, and no other', {
  skip,
}, async (context) => {
  const repo = await repository(context)
  const commit = await repo.commit({ 'spec.json': '{"a": 1}\n' })
  const { port, at } = await sshServer(context)
  const url = `ssh://root@127.0.0.1:${port}${repo.remote}`
  const access = { identity: at('deploy'), knownHosts: at('known') }
  // Until it listens it is a server that is away.
  let fetched: Awaited<ReturnType<typeof fetchFrom>>
  await until('it listens', async () => {
    fetched = await fetchFrom(context, url, access).catch(() => undefined)
    return fetched !== undefined
  })
  assert.equal(fetched?.body, '{"a": 1}\n')
  assert.equal(fetched?.origin?.commit, commit)
  const stranger = await keyAt(at('stranger'))
  const wrongKey = fetchFrom(context, url, { ...access, identity: at('stranger') })
  await assert.rejects(wrongKey, /cannot fetch .*Permission denied/)
  writeFileSync(at('other'), `[127.0.0.1]:${port} ${stranger}\n`)
  const wrongHost = fetchFrom(context, url, { ...access, knownHosts: at('other') })
  await assert.rejects(wrongHost, /cannot fetch .*[Hh]ost key verification failed/)
  writeFileSync(at('empty'), '')
  const unknown = fetchFrom(context, url, { ...access, knownHosts: at('empty') })
  await assert.rejects(unknown, /cannot fetch .*[Hh]ost key verification failed/)
  assert.equal(readFileSync(at('empty'), 'utf8'), '', 'no host is believed at first sight')
})

test('over https: a token, and a server of the CA that is given', async (context) => {
  const repo = await repository(context)
  const commit = await repo.commit({ 'spec.json': '{"a": 1}\n' })
  const { authority } = await authorityHere(context)
  const stranger = await authorityHere(context)
  const pair = await authority.forHub([{ type: 'ip', value: '127.0.0.1' }])
  const expected = `Basic ${Buffer.from('git:t0ken').toString('base64')}`
  const url = await overHttp(context, repo.remote, (header) => header === expected, pair)
  const directory = await temporaryDirectory(context)
  const at = (name: string, body: string) => {
    writeFileSync(join(directory, name), body, { mode: 0o600 })
    return join(directory, name)
  }
  const ca = at('ca.pem', authority.certificate)
  const tokenFile = at('token', 't0ken\n')
  assert.equal((await fetchFrom(context, url, { ca, tokenFile }))?.origin?.commit, commit)
  const other = at('other.pem', stranger.authority.certificate)
  await assert.rejects(
    fetchFrom(context, url, { ca: other, tokenFile }),
    /cannot fetch .*certificate/,
  )
  await assert.rejects(fetchFrom(context, url, { tokenFile }), /cannot fetch .*certificate/)
  const wrong = at('wrong', 'other\n')
  await assert.rejects(fetchFrom(context, url, { ca, tokenFile: wrong }), (error: Error) => {
    assert.match(error.message, /cannot fetch/)
    assert.equal(/other/.test(error.message), false)
    return true
  })
})
