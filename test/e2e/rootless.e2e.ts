// A lab of an ordinary user: real agents and daemons inside a user namespace, the single file started without any right.
import assert from 'node:assert/strict'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { leftOf } from '../../cli/lab/index.ts'

/** Nobody's: no line in /etc/passwd, no file on this machine. */
const USER = 54_321
const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-user-'))
const hactl = join(scratch, 'hactl')
const spec = join(scratch, 'spec.json')
const root = join(scratch, 'hactl-lab/wordpress')
const env = { PATH: '/usr/bin:/bin', HOME: scratch, XDG_RUNTIME_DIR: scratch }
const DROP = ['--reuid', `${USER}`, '--regid', `${USER}`, '--clear-groups', '--']
const options = { env, extendEnv: false, cwd: scratch, reject: false, timeout: 90_000 } as const
const asUser = (...argv: string[]) => execa('/usr/bin/setpriv', [...DROP, ...argv], options)
const cli = (...argv: string[]) => asUser(hactl, ...argv)

chownSync(scratch, USER, USER)
// The clone may stand where this user cannot read.
cpSync('dist/hactl', hactl)
cpSync('spec/examples/wordpress.json', spec)
const allowed = await asUser('unshare', '--user', '--map-root-user', '--net', 'true')
const skip = allowed.exitCode === 0 ? false : `users may make no namespaces here: ${allowed.stderr}`

const processesOfUser = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const status = /^[0-9]+$/.test(pid) ? readFileSync(`/proc/${pid}/status`, 'utf8') : ''
      return new RegExp(`^Uid:\\s+${USER}\\s`, 'm').test(status) && !/^State:\s+Z/m.test(status)
    } catch {
      return false
    }
  })

after(async () => {
  await cli('lab', 'down', '--all')
  rmSync(scratch, { recursive: true, force: true })
})

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within 20 s: ${what}`)
}
const heldBy = (nodes: string) =>
  until(`vip held by ${nodes}`, async () => {
    const { stdout } = await cli('lab', 'status', '--json')
    return JSON.parse(stdout).vips[0].holders.join() === nodes
  })
const allReady = () =>
  until('all Ready', async () => {
    const { stdout, exitCode } = await cli('status', '--lab', 'wordpress', '--json')
    if (exitCode === 5) return false
    const { nodes } = JSON.parse(stdout)
    return nodes.every((n: { condition: string }) => n.condition === 'Ready')
  })
const probe = async (seconds: number) =>
  JSON.parse((await cli('lab', 'probe', '--seconds', `${seconds}`, '--json')).stdout)

test('where the kernel gives users no namespaces, lab up says so and makes nothing', async () => {
  // A process whose root is not the root of its mount namespace may make no user namespace (user_namespaces(7)).
  const jail = join(scratch, 'jail')
  mkdirSync(jail)
  const script = 'mount --rbind / "$1"; jail=$1; shift; exec /usr/sbin/chroot "$jail" "$@"'
  const inside = ['/usr/bin/setpriv', ...DROP, hactl, 'lab', 'up', spec]
  const bash = ['bash', '-c', script, 'jail', jail, ...inside]
  const argv = ['--mount', '--propagation', 'private', ...bash]
  const { exitCode, stderr } = await execa('unshare', argv, options)
  assert.equal(exitCode, 1, stderr)
  assert.match(stderr, /cannot make namespaces: .*not permitted/)
  assert.match(stderr, /run it as root, or let users make namespaces/)
  assert.equal(existsSync(join(scratch, 'hactl-lab')), false)
})

test('it comes up, every node proves the spec, a client is served', { skip }, async () => {
  const up = await cli('lab', 'up', spec)
  assert.equal(up.exitCode, 0, `${up.stdout}${up.stderr}`)
  await heldBy('lb1')
  await allReady()
  const seen = await probe(1)
  assert.equal(seen.failed, 0)
  assert.deepEqual(Object.keys(seen.byServer).sort(), ['wp1', 'wp2'])
})

test('a push through the lab is proved by every node', { skip }, async () => {
  const changed = JSON.parse(readFileSync(spec, 'utf8'))
  changed.pools.appsrvs.servers.wp1.weight = 10
  const { exitCode, stderr } = await execa(
    '/usr/bin/setpriv',
    [...DROP, hactl, 'push', '-', '--lab', 'wordpress'],
    { ...options, input: JSON.stringify(changed) },
  )
  assert.equal(exitCode, 0, stderr)
})

for (const [how, holder] of [
  ['power', 'lb2'],
  ['link', 'lb2'],
  ['proxy', 'lb1'],
  ['proxy-stuck', 'lb2'],
  ['agent', 'lb1'],
] as const)
  test(`fail --${how}: ${holder} serves, healing brings all back`, { skip }, async () => {
    const broken = await cli('lab', 'fail', 'lb1', `--${how}`)
    assert.equal(broken.exitCode, 0, broken.stderr)
    // With its cable pulled lb1 still has the address; only lb2 is heard by the client.
    if (how === 'link') await sleep(1_500)
    else await heldBy(holder)
    await until('served', async () => (await probe(0.5)).failed === 0)
    const healed = await cli('lab', 'heal')
    assert.equal(healed.exitCode, 0, healed.stderr)
    await heldBy('lb1')
    await allReady()
  })

test('down leaves no process, mount or file', { skip }, async () => {
  const down = await cli('lab', 'down', 'wordpress')
  assert.equal(down.exitCode, 0, down.stderr)
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
  assert.deepEqual(processesOfUser(), [])
  assert.deepEqual(readdirSync(scratch).sort(), ['hactl', 'jail', 'spec.json'])
})
