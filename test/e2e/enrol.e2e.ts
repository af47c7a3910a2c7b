// Real agents get tokens and certificates of their own by join tokens, while traffic flows.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
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
import { diskOf } from '../../cli/lab/namespace.ts'
import { clusterOf } from '../site/kit.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-enrol-e2e-'))
const root = join(scratch, 'lab')
const specText = readFileSync('spec/examples/wordpress.json', 'utf8')
const hactl = [resolve('dist/hactl')]
let lab: Lab

before(async () => {
  lab = await labUp({ specText, hactl, root, log: () => undefined })
})
after(async () => {
  await labDown({ root, log: () => undefined })
  rmSync(scratch, { recursive: true, force: true })
})

const cli = (...argv: string[]) =>
  execa(
    hactl[0] ?? '',
    [...argv, '--hub', `unix:${root}/hub.sock`, '--token', lab.operatorToken ?? ''],
    // status exits with 1 while not all is well.
    { reject: false, timeout: 60_000 },
  )

async function until(what: string, check: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await new Promise((done) => setTimeout(done, 200))
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}
const connected = async (node: string): Promise<boolean> => {
  const { stdout } = await cli('status', '--json')
  const nodes: { node: string; connected: boolean }[] = JSON.parse(stdout).nodes
  return nodes.some((one) => one.node === node && one.connected)
}

test('lb1 enrols, is heard by its own token alone, and is cut when that is revoked', async () => {
  const { stdout: token } = await cli('hub', 'join-token', '--node', 'lb1')
  await labFail({ root, node: 'lb1', how: 'agent' })
  await until('lb1 is gone', async () => !(await connected('lb1')))
  const etc = join(diskOf(root, 'lb1'), 'etc-hactl')
  const config = JSON.parse(readFileSync(join(etc, 'agent.json'), 'utf8'))
  config.hub = { url: config.hub.url, join: token.trim() }
  writeFileSync(join(etc, 'joined.json'), JSON.stringify(config), { mode: 0o600 })
  const start = `setsid ${hactl[0]} agent --config /etc/hactl/joined.json >/dev/null 2>&1 & echo $!`
  const { stdout: pid } = await labExec({ root, node: 'lb1', argv: ['sh', '-c', start] })
  await until('lb1 speaks by its own token', () => connected('lb1'))
  const state = join(diskOf(root, 'lb1'), 'var-lib-hactl')
  const files = readdirSync(state).filter((name) => /^hub-.*\.token$/.test(name))
  assert.equal(files.length, 1)
  assert.equal(statSync(join(state, files[0] ?? '')).mode & 0o777, 0o600)
  assert.match((await cli('token', 'list')).stdout, /node-lb1 +node +lb1/)

  await cli('token', 'revoke', 'node-lb1')
  await until('lb1 is cut', async () => !(await connected('lb1')))
  const probe = await labProbe({ root, seconds: 2 })
  assert.equal(probe.failed, 0)
  await labExec({ root, node: 'lb1', argv: ['kill', pid.trim()] })
  await labHeal({ root, node: 'lb1' })
  // The shared token speaks for it again: it has none of its own any more.
  await until('lb1 is back as before', () => connected('lb1'))
})

/** The hub in its place, with other flags than the lab gives it. */
async function hubWith(url: string, ...flags: readonly string[]): Promise<string> {
  const { host } = new URL(url)
  const listen = `--listen ${host} --listen unix:${root}/hub.sock`
  const start = `setsid ${hactl[0]} hub --state ${root}/hub ${listen} ${flags.join(' ')} >${root}/hub-tls.log 2>&1 & echo $!`
  const { stdout } = await labExec({ root, node: 'hub', argv: ['sh', '-c', start] })
  return stdout.trim()
}
const stateOf = (node: string) => join(diskOf(root, node), 'var-lib-hactl')
const addressOf = (node: string): string => {
  const { net } = clusterOf(specText).nodes.find((one) => one.name === node) ?? assert.fail(node)
  return net.address
}

/** As a peer, by the certificate of a node; who it speaks to is not judged here. */
async function knocks(from: string, to: string): Promise<string> {
  const certificate = '/var/lib/hactl/node.pem'
  const { stdout } = await labExec({
    ...{ root, node: from },
    argv: [
      ...['curl', '-s', '-k', '-m', '2', '-o', '/dev/null', '-w', '%{http_code}'],
      ...['--cert', certificate, '--key', certificate, `https://${addressOf(to)}:9440/v1/peer`],
    ],
  })
  return stdout
}

const etc = (node: string) => join(diskOf(root, node), 'etc-hactl')

/** In the place of its agent of before; the pid. */
async function joins(node: string, url: string): Promise<string> {
  const { stdout: token } = await cli('hub', 'join-token', '--node', node)
  await labFail({ root, node, how: 'agent' })
  const config = JSON.parse(readFileSync(join(etc(node), 'agent.json'), 'utf8'))
  config.hub = { url, join: token.trim() }
  // No token in common: what peers hear of each other, they hear by certificate.
  config.peer.token = `peer-token-of-${node}`
  writeFileSync(join(etc(node), 'joined.json'), JSON.stringify(config), { mode: 0o600 })
  const start = `setsid ${hactl[0]} agent --config /etc/hactl/joined.json >/dev/null 2>&1 & echo $!`
  const { stdout: pid } = await labExec({ root, node, argv: ['sh', '-c', start] })
  return pid.trim()
}

/** Nothing is sent to a hub of another CA than the token names. */
async function refusesAnotherCa(url: string): Promise<void> {
  const { stdout: token } = await cli('hub', 'join-token', '--node', 'lb1')
  const config = {
    ...{ node: 'lb1', state: '/tmp/wrong', run: '/tmp/wrong-run', peer: { port: 9441 } },
    ...{ source: { hub: true }, hub: { url, join: token.replace(/\..*/s, `.${'A'.repeat(43)}`) } },
  }
  writeFileSync(join(etc('lb1'), 'wrong.json'), JSON.stringify(config))
  const start = `timeout 2 ${hactl[0]} agent --config /etc/hactl/wrong.json 2>&1 || true`
  const { stdout } = await labExec({ root, node: 'lb1', argv: ['sh', '-c', start] })
  assert.match(stdout, /its CA is another; nothing was sent to it/)
}

test('over TLS: nodes join by a token that names the CA, and know each other by certificate alone', async () => {
  const plain = JSON.parse(readFileSync(join(etc('lb1'), 'agent.json'), 'utf8')).hub.url
  const url = plain.replace('http:', 'https:')
  await labFail({ root, node: 'hub', how: 'hub' })
  const pids: { node: string; pid: string }[] = []
  pids.push({ node: 'hub', pid: await hubWith(plain, '--tls auto --tls-name hub.example.org') })
  await until('the hub speaks TLS', async () => (await cli('hub', 'join-token')).exitCode === 0)

  // openssl agrees with what the hub shows, by its address and by the name it was given.
  const ca = '/etc/hactl/hub-ca.pem'
  writeFileSync(
    join(etc('lb1'), 'hub-ca.pem'),
    (await execa(hactl[0] ?? '', ['hub', 'ca', '--state', `${root}/hub`])).stdout,
  )
  const { host, hostname } = new URL(url)
  for (const named of [`-verify_ip ${hostname}`, '-verify_hostname hub.example.org']) {
    const ask = `openssl s_client -connect ${host} -CAfile ${ca} -verify_return_error ${named} </dev/null`
    const { stdout, stderr } = await labExec({ root, node: 'lb1', argv: ['sh', '-c', ask] })
    assert.match(`${stdout}${stderr}`, /Verify return code: 0 \(ok\)/)
  }

  for (const node of ['lb1', 'lb2']) pids.push({ node, pid: await joins(node, url) })
  for (const [node, other] of [
    ['lb1', 'lb2'],
    ['lb2', 'lb1'],
  ] as const) {
    await until(`${node} speaks over TLS`, () => connected(node))
    await until(`${node} knows ${other} by certificate`, async () =>
      (await readFile(join(stateOf(node), 'peers.json'), 'utf8').catch(() => '')).includes(other),
    )
    assert.equal(statSync(join(stateOf(node), 'node.pem')).mode & 0o777, 0o600)
  }
  assert.equal(await knocks('lb2', 'lb1'), '200')

  // A change goes through both in turn, which rests on what peers say of themselves, while traffic flows.
  const next = join(scratch, 'next.json')
  writeFileSync(next, specText.replace('"port": 10086', '"port": 10087'))
  const [pushed, probe] = await Promise.all([
    cli('push', next, '--allow-removals'),
    labProbe({ root, seconds: 4 }),
  ])
  assert.equal(pushed.exitCode, 0, pushed.stdout + pushed.stderr)
  assert.equal(probe.failed, 0)

  await refusesAnotherCa(url)

  await cli('token', 'revoke', 'node-lb2')
  await until('lb1 refuses lb2', async () => (await knocks('lb2', 'lb1')) === '403', 40)
  assert.equal(await knocks('lb1', 'lb2'), '200')
  assert.equal((await labProbe({ root, seconds: 1 })).failed, 0)
  for (const { node, pid } of pids) await labExec({ root, node, argv: ['kill', pid] })
})
