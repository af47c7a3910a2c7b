// A canary in every place where a spec keeps a secret, by every way of keeping one; then all that people and machines are shown is searched for it.
import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import {
  type Lab,
  labDown,
  labExec,
  labFail,
  labHeal,
  labProbe,
  labUp,
} from '../../cli/lab/index.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-secrets-e2e-'))
const root = join(scratch, 'lab')
/** The same for all nodes: a node of the lab has its own /tmp, /run and /etc. */
const given = mkdtempSync('/var/tmp/hactl-secrets-e2e-')
const hactl = resolve('dist/hactl')
const ref = (name: string): string => `\${secret:${name}}`

/** Not one of them is in the spec as it stands. */
const CANARY = {
  file: 'canary-file-4c1f',
  credential: 'canary-cred-93ab',
  age: 'canary-age-71d0',
  env: '$5$canaryenv$7UD9NDwpvfFSJJAuvVzUEAGYKIoYPKMSSZMdBHpDvT2',
  next: 'canary-next-0be2',
} as const

const spec = JSON.parse(readFileSync('spec/examples/wordpress.json', 'utf8'))
spec.secrets = {
  file: { from: `file:${given}/file` },
  credential: { from: 'credential:cred' },
  env: { from: 'env:HACTL_SECRET_CANARY' },
}
spec.proxies.web.extra = [`http-request set-header X-File "${ref('file')}"`]
spec.pools.appsrvs.extra = [`http-request set-header X-Cred ${ref('credential')}`]
spec.stats.users.admin.passwordHash = ref('env')
// Nobody listens there: what the notifier says of its failures is searched as well.
spec.notify = {
  mail: {
    ...{ to: ['ops@example.org'], from: 'hactl@example.org', smtpHost: '127.0.0.1', smtpPort: 9 },
    ...{ user: 'hactl', passwordFile: 'credential:cred', tls: 'off' },
  },
  webhooks: { pager: { url: 'http://127.0.0.1:9/', tokenFile: ref('file') } },
}
const path = join(scratch, 'spec.json')
const save = () => writeFileSync(path, `${JSON.stringify(spec, null, 2)}\n`)

/** Everything that was shown, by who showed it. */
const shown = new Map<string, string>()
let lab: Lab

before(async () => {
  for (const [name, value] of [
    ['file', CANARY.file],
    ['cred', CANARY.credential],
  ] as const)
    writeFileSync(`${given}/${name}`, `${value}\n`, { mode: 0o600 })
  // As systemd gives them to a unit; the lab hands its environment on.
  process.env['CREDENTIALS_DIRECTORY'] = given
  process.env['HACTL_SECRET_CANARY'] = CANARY.env
  save()
  const log = (line: string) => void shown.set('lab up', `${shown.get('lab up') ?? ''}${line}\n`)
  lab = await labUp({ specText: JSON.stringify(spec), hactl: [hactl], root, log })
})
after(async () => {
  await labDown({ root, log: () => undefined })
  for (const path of [scratch, given]) rmSync(path, { recursive: true, force: true })
})

/** As on the machine of an operator, who has none of the secrets. */
const env = () => ({ HACTL_SECRET_CANARY: '', CREDENTIALS_DIRECTORY: '' })
async function cli(...argv: string[]): Promise<string> {
  const { all, exitCode } = await execa(hactl, argv, {
    ...{ reject: false, all: true, timeout: 60_000 },
    env: { ...env(), HACTL_HUB: `unix:${root}/hub.sock`, HACTL_TOKEN: lab.operatorToken ?? '' },
  })
  shown.set(`hactl ${argv.join(' ')} (exit ${exitCode})`, all)
  return all
}
const on = async (node: string, ...argv: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await labExec({ root, node, argv, timeoutMs: 60_000 })
  shown.set(`${node}: ${argv.join(' ')}`, `${stdout}${stderr}`)
  return stdout
}
const hub = (route: string): Promise<string> =>
  on(
    'hub',
    'curl',
    '-sS',
    '-m',
    '5',
    '--unix-socket',
    `${root}/hub.sock`,
    '-H',
    `authorization: Bearer ${lab.operatorToken}`,
    `http://hub${route}`,
  )

type NodeWord = {
  readonly node: string
  readonly condition: string
  readonly summary?: { readonly reason: string; readonly wantedRevision: number }
}
async function until(what: string, holds: (nodes: readonly NodeWord[]) => boolean): Promise<void> {
  let said = ''
  for (let tries = 0; tries < 75; tries++) {
    said = await cli('status', '--json')
    const { nodes } = JSON.parse(said)
    if (holds(nodes.filter((one: NodeWord) => one.node.startsWith('lb')))) return
    await sleep(200)
  }
  assert.fail(`never came true: ${what}: ${said}`)
}
const configOf = (node: string): string => join(root, 'nodes', node, 'etc-haproxy', 'haproxy.cfg')

test('values by file, credential and variable are where the daemon reads them, and work', async () => {
  await until('both run it', (nodes) => nodes.every((one) => one.condition === 'Ready'))
  for (const node of ['lb1', 'lb2']) {
    const text = readFileSync(configOf(node), 'utf8')
    for (const value of [CANARY.file, CANARY.credential, CANARY.env])
      assert.ok(text.includes(value))
    assert.equal(statSync(configOf(node)).mode & 0o777, 0o600)
  }
})

test('age: encrypted for the keys that the nodes told the hub, pushed, and read by the nodes alone', async () => {
  spec.pools.appsrvs.extra.push(`http-request set-header X-Age ${ref('age')}`)
  save()
  const { stdout, stderr, exitCode } = await execa(hactl, ['secret', 'encrypt', path, 'age'], {
    ...{ input: `${CANARY.age}\n`, reject: false, timeout: 30_000 },
    env: { ...env(), HACTL_HUB: `unix:${root}/hub.sock`, HACTL_TOKEN: lab.operatorToken ?? '' },
  })
  shown.set('hactl secret encrypt', stdout + stderr)
  assert.equal(exitCode, 0, stderr)
  Object.assign(spec, JSON.parse(readFileSync(path, 'utf8')))
  await cli('push', path)
  await until('both run it', (nodes) =>
    nodes.every((one) => one.condition === 'Ready' && one.summary?.wantedRevision === 2),
  )
  for (const node of ['lb1', 'lb2'])
    assert.ok(readFileSync(configOf(node), 'utf8').includes(CANARY.age))
  const probe = await labProbe({ root, seconds: 0.5 })
  assert.equal(probe.failed, 0)
})

test('another value on the nodes is loaded without a push, and said by its name', async () => {
  writeFileSync(`${given}/file`, `${CANARY.next}\n`)
  await wake()
  await until('both have it', () =>
    ['lb1', 'lb2'].every((node) => readFileSync(configOf(node), 'utf8').includes(CANARY.next)),
  )
  assert.match(await cli('events'), /another value of secret file/)
})

test('a line that the daemon refuses and repeats, with a value in it, is undone and told without it', async () => {
  const good = structuredClone(spec)
  spec.proxies.web.extra.push(`http-request ${ref('age')}`)
  save()
  assert.match(await cli('push', path), /haproxy refuses the configuration/)
  await until('they went back', (nodes) =>
    nodes.some((one) => /refuses/.test(one.summary?.reason ?? '')),
  )
  // haproxy itself does repeat it: what we say would hold it.
  assert.match(await cli('status'), /\[secret\]/)
  Object.assign(spec, good)
  spec.proxies.web.extra = good.proxies.web.extra
  save()
  await cli('push', path)
})

test('a secret that is gone stalls its node with the reason, and takes nothing down', async () => {
  chmodSync(`${given}/cred`, 0o644)
  await wake()
  await until('they say so', (nodes) =>
    nodes.every(
      (one) =>
        one.condition === 'Stalled' &&
        /secret credential: cannot use/.test(one.summary?.reason ?? ''),
    ),
  )
  assert.equal((await labProbe({ root, seconds: 0.5 })).failed, 0)
  chmodSync(`${given}/cred`, 0o600)
  await wake()
  await until('they go on', (nodes) => nodes.every((one) => one.condition === 'Ready'))
})

/** Not of the spec, but as good as any: what opens the hub, and the agents to each other. */
function tokens(): Readonly<Record<string, string>> {
  const read = (name: string) => readFileSync(join(root, name), 'utf8').trim()
  return {
    ...JSON.parse(read('hub/tokens.json')),
    'hook-secret': read('hub/hook-secret'),
    peer: read('peer.token'),
  }
}

/** As a webhook of a git server does: all agents look at once. */
const wake = () =>
  on(
    ...['hub', 'curl', '-sS', '-X', 'POST', '-d', '{}', '--unix-socket', `${root}/hub.sock`],
    ...['-H', `x-gitlab-token: ${tokens()['hook-secret']}`, 'http://hub/v1/hooks/git'],
  )

/** All that a person, a program or a thief with a disk may look at; the three ways side by side. */
async function lookEverywhere(): Promise<void> {
  await labFail({ root, node: 'lb1', how: 'proxy' })
  await labHeal({ root, node: 'lb1' })
  await Promise.all([asOperator(), asReader(), onNodes()])
}

async function asOperator(): Promise<void> {
  for (const line of [
    ...['status', 'alerts', 'events --json', 'history', 'history --json', 'token list', 'logs'],
    ...[`lint ${path}`, `plan ${path}`, `plan ${path} --json`, `render ${path} --node lb1`],
    ...['diff 1 2', 'diff 1 2 --files', 'diff 2 lb1 --files', `secret list ${path}`],
    ...['logs lb1 --json', `notify test ${path}`],
  ])
    await cli(...line.split(' '))
}

async function asReader(): Promise<void> {
  for (const route of [
    ...['/', '/nodes/lb1', '/nodes/lb2', '/pools/appsrvs', '/events', '/revisions', '/revisions/2'],
    ...['/revisions/3', '/v1/status', '/v1/events', '/v1/alerts', '/v1/specs', '/metrics'],
    ...['/login', '/v1/stream'],
  ])
    await hub(route)
}

const onNodes = () =>
  Promise.all(
    ['lb1', 'lb2'].map(async (node) => {
      await on(node, hactl, 'doctor', '--json')
      await on(node, hactl, 'doctor', '--record', '/run/hactl/recorded.json')
      await on(node, 'cat', '/run/hactl/recorded.json')
      await on(node, 'curl', '-sS', '-m', '5', 'http://127.0.0.1:9440/metrics')
      await on(node, 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')
      // Not the environment of the agent, which the operator gave it; that of its daemons.
      const environs = 'for p in $(pidof haproxy keepalived); do cat /proc/$p/environ; done'
      await on(node, 'sh', '-c', environs)
    }),
  )

const files = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

test('nothing that is shown, stored or logged has a value in it; only the files that need it, which only root reads', async () => {
  await lookEverywhere()
  const values = [...Object.values(CANARY), ...Object.values(tokens())]
  assert.ok(values.every((value) => value.length >= 14))
  const forms = values.flatMap((value) => [
    ...[value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')],
    ...[encodeURIComponent(value), JSON.stringify(value)],
  ])
  const holds = (text: string) => forms.filter((form) => text.includes(form))
  const told = [...shown].flatMap(([who, text]) => holds(text).map((form) => `${who}: ${form}`))
  assert.deepEqual(told, [])
  assert.ok(shown.size > 45, `${shown.size}`)
  const silent = [...shown].filter(([who, text]) => text === '' && who.includes('http://hub/'))
  assert.deepEqual(silent, [])

  const found = files(root).filter((file) => holds(readFileSync(file, 'latin1')).length > 0)
  const needs = /\/nodes\/lb[12]\/(?:etc-haproxy\/haproxy\.cfg|var-lib-hactl\/vault\.json)$/
  const opens =
    /\/nodes\/\w+\/etc-hactl\/agent\.json$|\/hub\/(?:tokens\.json|hook-secret)$|\/peer\.token$/
  const others = found.filter((file) => !needs.test(file) && !opens.test(file))
  assert.deepEqual(others, [])
  assert.equal(found.filter((file) => needs.test(file)).length, 4)
  for (const file of found) assert.equal(statSync(file).mode & 0o777, 0o600, file)
})
