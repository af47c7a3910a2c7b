// The file for EL7 where nothing is installed at all, with the system calls of Linux 3.10, and beside an older version of itself.
import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { execa } from 'execa'
import { makeEl7 } from '../../cli/build/el7.ts'
import { binary, lacks, root, workDirectory } from './kit.ts'

const skip =
  lacks('gcc', 'patchelf', 'apt-get', 'unshare') ||
  (existsSync('/usr/include/zstd.h') ? false : 'needs libzstd-dev')
// Without getrandom(2) OpenSSL waits for /dev/random once, then reads /dev/urandom.
const PREPARE =
  'mount -t proc proc "$0/proc" && mount -t tmpfs dev "$0/dev" && mknod -m 666 "$0/dev/null" c 1 3 && mknod -m 444 "$0/dev/urandom" c 1 9 && mknod -m 444 "$0/dev/random" c 1 8 && exec'

const work = workDirectory('el7')
// No library, no shell, no /etc: what runs here needs nothing of its host but the kernel.
const empty = join(work, 'empty')

before(async () => {
  if (skip) return
  for (const name of ['proc', 'dev', 'tmp', 'home/u', 'etc/hactl', 'var/lib'])
    mkdirSync(join(empty, name), { recursive: true })
  chmodSync(join(empty, 'tmp'), 0o1777)
  chownSync(join(empty, 'home/u'), 1000, 1000)
  await makeEl7(binary, join(empty, 'hactl'), () => {}, 1)
  await execa('gcc', [
    '-O2',
    '-Wall',
    '-static',
    '-o',
    join(empty, 'kernel310'),
    join(import.meta.dirname, 'kernel310.c'),
  ])
  copyFileSync(join(root, 'spec/examples/wordpress.json'), join(empty, 'spec.json'))
  writeFileSync(
    join(empty, 'etc/hactl/agent.json'),
    '{"node":"lb1","source":{"path":"/spec.json"}}',
  )
})

const inside = (argv: readonly string[], home = '/', user = '0:0') =>
  execa(
    'unshare',
    ['-m', 'sh', '-c', `${PREPARE} chroot --userspec=${user} "$0" "$@"`, empty, ...argv],
    {
      timeout: 60_000,
      extendEnv: false,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: home },
    },
  )
const unpacked = () => readdirSync(join(empty, 'var/lib/hactl/rt'))

test('runs in an empty directory, and unpacks once', { skip }, async () => {
  assert.match((await inside(['/hactl', 'version'])).stdout, /^hactl \d/)
  const [first, ...others] = unpacked()
  assert.match(first ?? '', /^rt-[0-9a-f]{16}$/)
  assert.deepEqual(others, [])
  assert.match((await inside(['/hactl', 'validate', '/spec.json'])).stdout, /./)
  assert.match((await inside(['/hactl', 'agent', '--check'])).stdout, /good, node lb1/)
  assert.deepEqual(unpacked(), [first])
})

test('runs for a user without rights, in a directory of his own', { skip }, async () => {
  assert.match((await inside(['/hactl', 'version'], '/home/u', '1000:1000')).stdout, /^hactl \d/)
  assert.equal(readdirSync(join(empty, 'home/u/.cache/hactl')).length, 1)
})

test('runs with the system calls of Linux 3.10: a hub that makes tokens and listens', {
  skip,
}, async () => {
  assert.match((await inside(['/kernel310', '/hactl', 'version'])).stdout, /^hactl \d/)
  const hub = inside([
    '/kernel310',
    '/hactl',
    'hub',
    '--state',
    '/var/lib/hub',
    '--listen',
    'unix:/tmp/hub.sock',
  ])
  const listens = () =>
    existsSync(join(empty, 'var/lib/hub/tokens.json')) && existsSync(join(empty, 'tmp/hub.sock'))
  for (let tries = 0; tries < 300 && !listens(); tries++)
    await new Promise((done) => setTimeout(done, 100))
  const up = listens()
  hub.kill('SIGTERM')
  await hub.catch(() => undefined)
  assert.ok(up)
})

test('removes what an older version left, unless that runs', { skip }, async () => {
  const rt = join(empty, 'var/lib/hactl/rt')
  for (const name of ['rt-old', 'rt-running']) mkdirSync(join(rt, name))
  writeFileSync(join(rt, 'rt-old/hactl'), 'old')
  copyFileSync('/bin/sleep', join(rt, 'rt-running/hactl'))
  chmodSync(join(rt, 'rt-running/hactl'), 0o755)
  const running = execa(join(rt, 'rt-running/hactl'), ['60'], { reject: false })
  const current = unpacked().filter((name) => /^rt-[0-9a-f]{16}$/.test(name))
  // A directory that others may write to is not trusted, and made anew.
  chmodSync(join(rt, current[0] ?? ''), 0o777)
  const refused = await inside(['/hactl', 'version']).catch((error: unknown) => String(error))
  assert.match(String(refused), /cannot trust/)
  await execa('rm', ['-r', join(rt, current[0] ?? '')])
  await inside(['/hactl', 'version'])
  assert.deepEqual(unpacked().sort(), [...current, 'rt-running'].sort())
  running.kill()
  await running
})
