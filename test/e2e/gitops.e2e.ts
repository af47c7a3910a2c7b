// A cluster that follows a repository: a commit converges on every node, a force-push and a lost server change nothing.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { labDown, labExec, labFail, labProbe, labUp, leftOf } from '../../cli/lab/index.ts'

/** Members see it: their /tmp and /run are their own. */
const scratch = mkdtempSync('/var/tmp/hactl-gitops-')
const root = join('/run/hactl-lab', `gitops-${process.pid}`)
const hactl = [join(process.cwd(), 'dist/hactl')]
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const remote = join(scratch, 'remote.git')
const file = join(scratch, 'spec.json')
const env = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  HACTL_AUTHOR: 'Ada Lovelace <ada@example.org>',
}
const COMMITTER = ['-c', 'user.name=x', '-c', 'user.email=x@example.org']
const NODES = ['lb1', 'lb2', 'web1', 'web2']
const BALANCERS = ['lb1', 'lb2']
const agents: Promise<unknown>[] = []
let token = ''
let hub = ''

const git = (...args: string[]) => gitWith('', ...args)
const gitWith = async (input: string, ...args: string[]) =>
  (await execa('git', ['-C', remote, ...args], { env, input })).stdout.trim()
const cli = (...argv: string[]) =>
  execa(hactl[0] ?? '', [...argv, '--hub', `unix:${root}/hub.sock`, '--token', token], {
    reject: false,
    timeout: 60_000,
    env,
  })
const withWeight = (weight: number) =>
  specText.replace(
    '"node": "web1", "port": 80 }',
    `"node": "web1", "port": 80, "weight": ${weight} }`,
  )

async function push(text: string, ...flags: string[]) {
  writeFileSync(file, text)
  return cli('push', file, '--git', `file://${remote}`, ...flags)
}

/** As a git server would: nothing but this makes the agents look within an hour. */
async function ring(): Promise<number> {
  const body = '{}'
  const secret = readFileSync(join(root, 'hub', 'hook-secret'), 'utf8').trim()
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const headers = { 'x-hub-signature-256': signature }
  return (await fetch(`${hub}v1/hooks/git`, { method: 'POST', body, headers })).status
}

type Node = { node: string; condition: string; summary: Record<string, string> }
async function nodes(): Promise<readonly Node[]> {
  const { nodes: all } = JSON.parse((await cli('status', '--json')).stdout)
  return all.filter(({ node }: Node) => NODES.includes(node))
}

async function until(what: string, check: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within ${seconds} s: ${what}: ${JSON.stringify(await nodes())}`)
}
const allSay = (what: string, says: (node: Node) => boolean) =>
  until(what, async () => (await nodes()).filter(says).length === NODES.length)
const config = async (node: string) =>
  (await labExec({ root, node, argv: ['cat', '/etc/haproxy/haproxy.cfg'] })).stdout

/** Instead of the lab's agent, one whose source is the repository. */
async function follow(node: string): Promise<void> {
  await labFail({ root, node, how: 'agent' })
  const path = join(root, 'nodes', node, 'etc-hactl', 'agent.json')
  const found = JSON.parse(readFileSync(path, 'utf8'))
  const source = { git: { url: `file://${remote}`, pollMs: 3_600_000 } }
  writeFileSync(path, JSON.stringify({ ...found, source }))
  const argv = [...hactl, 'agent', '--config', '/etc/hactl/agent.json']
  agents.push(labExec({ root, node, argv, timeoutMs: 600_000 }).catch(() => undefined))
}

before(async () => {
  await execa('git', ['init', '-q', '--bare', '-b', 'main', remote], { env })
  const lab = await labUp({ specText, hactl, root, log: () => undefined })
  token = lab.operatorToken ?? ''
  hub = lab.url ?? ''
  await allSay('Ready from the hub', (n) => n.condition === 'Ready')
  const first = await push(specText, '--note', 'begin', '--no-wait')
  assert.equal(first.exitCode, 0, first.stderr)
  for (const node of NODES) await follow(node)
})
after(async () => {
  await labDown({ root, log: () => undefined })
  await Promise.all(agents)
  rmSync(scratch, { recursive: true, force: true })
  assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
})

test('the nodes take the newest commit, and say whose it is', async () => {
  const commit = (await git('rev-parse', 'main')).slice(0, 12)
  const origin = `commit ${commit} by Ada Lovelace`
  await allSay('Ready', (n) => n.condition === 'Ready' && n.summary['origin'] === origin)
})

test('a push and its webhook converge on all nodes under load, and the push sees it', async () => {
  const probing = labProbe({ root, seconds: 8 })
  const pushing = push(withWeight(7), '--note', 'web1 takes less')
  await until('the commit is there', async () => (await git('rev-list', '--count', 'main')) === '2')
  assert.equal(await ring(), 202)
  const done = await pushing
  assert.equal(done.exitCode, 0, done.stderr)
  assert.match(done.stdout, /is proved on 4 nodes/)
  for (const node of BALANCERS) assert.match(await config(node), /wp1 .* weight 7/)
  assert.equal((await probing).failed, 0)
})

test('a force-push that leaves out what was taken changes nothing, until history goes on', async () => {
  const good = await git('rev-parse', 'main')
  await git('update-ref', 'refs/heads/main', `${good}^`)
  assert.equal(await ring(), 202)
  await allSay('Stalled', (n) => /does not descend from/.test(n.summary['reason'] ?? ''))
  for (const node of BALANCERS) assert.match(await config(node), /wp1 .* weight 7/)
  // Unless root says so on the nodes.
  const back = await git('rev-parse', `${good}^`)
  for (const node of NODES) {
    const argv = [...hactl, 'agent', 'sync', '--force', back]
    assert.equal((await labExec({ root, node, argv })).code, 0)
  }
  const at = (commit: string) => (n: Node) =>
    n.condition === 'Ready' && n.summary['origin']?.includes(commit.slice(0, 12)) === true
  await allSay('Ready with the older commit', at(back))
  for (const node of BALANCERS) assert.doesNotMatch(await config(node), /wp1 .* weight 7/)
  await git('update-ref', 'refs/heads/main', good)
  await sleep(1_000)
  assert.equal(await ring(), 202)
  await allSay('Ready with the newest', at(good))
})

test('a spec that is missing, and one with errors: the nodes keep what they have and say why', async () => {
  const good = await git('rev-parse', 'main')
  const blob = await gitWith('{"version": 1', 'hash-object', '-w', '--stdin')
  for (const [tree, says] of [
    ['', /has no spec\.json/],
    [`100644 blob ${blob}\tspec.json\n`, /offers an invalid spec/],
  ] as const) {
    const made = await gitWith(tree, 'mktree')
    const commit = await git(...COMMITTER, 'commit-tree', made, '-p', good, '-m', 'x')
    await git('update-ref', 'refs/heads/main', commit)
    await sleep(1_000)
    assert.equal(await ring(), 202)
    await allSay('Stalled', (n) => says.test(n.summary['reason'] ?? ''))
  }
  await git('update-ref', 'refs/heads/main', good)
  await sleep(1_000)
  await ring()
  await allSay('Ready', (n) => n.condition === 'Ready')
  for (const node of BALANCERS) assert.match(await config(node), /wp1 .* weight 7/)
})

test('without the repository the nodes serve on, and come back to it', async () => {
  await execa('mv', [remote, `${remote}.away`])
  await ring()
  await sleep(2_000)
  assert.equal((await labProbe({ root, seconds: 1 })).failed, 0)
  await allSay('Ready', (n) => n.condition === 'Ready')
  await execa('mv', [`${remote}.away`, remote])
  const pushing = push(withWeight(9))
  await until('the commit is there', async () => (await git('rev-list', '--count', 'main')) === '3')
  await ring()
  const done = await pushing
  assert.equal(done.exitCode, 0, done.stderr)
})
