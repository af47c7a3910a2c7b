// hactl doctor on nodes of a lab that are broken on purpose: it names the cause, and its own command mends it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import type { Finding } from '../../spec/report.ts'
import {
  labDown,
  labExec,
  labFail,
  labHeal,
  labStatus,
  labUp,
  leftOf,
} from '../../cli/lab/index.ts'

const root = join('/run/hactl-lab', `e2e-doctor-${process.pid}`)
const hactl = join(process.cwd(), 'dist/hactl')
const spec = readFileSync('spec/examples/wordpress.json', 'utf8')
const log = () => undefined
const TCPDUMP_S = 30
let token = ''

before(async () => {
  token = (await labUp({ specText: spec, hactl: [hactl], root, log })).operatorToken ?? ''
})
after(async () => {
  await labDown({ root, log })
  assert.deepEqual(await leftOf(root), { processes: [], mounts: [] })
})

const on = (node: string, ...argv: readonly string[]) =>
  labExec({ root, node, argv, timeoutMs: 120_000 })

type Seen = { readonly exit: number; readonly findings: readonly Finding[] }
async function doctor(node: string): Promise<Seen> {
  const { code, stdout, stderr } = await on(node, hactl, 'doctor', '--json')
  assert.ok(stdout.startsWith('{'), stderr)
  const { findings } = JSON.parse(stdout)
  return { exit: code ?? -1, findings }
}
const bad = ({ findings }: Seen): readonly string[] =>
  findings.filter((f) => f.severity !== 'info').map((f) => `${f.severity} ${f.check}: ${f.what}`)

/** Polls with a bound: elections and agents need their time. */
async function well(node: string): Promise<void> {
  let seen: readonly string[] = []
  for (let tries = 0; tries < TCPDUMP_S / 3; tries++) {
    const found = await doctor(node)
    seen = bad(found)
    if (found.exit === 0) return
  }
  assert.fail(`${node} is not well: ${seen.join('; ')}`)
}
/** Does what the doctor says, as an operator would: line by line in a shell. */
async function mend(node: string, { findings }: Seen, check: string): Promise<string> {
  const fix = findings.find((f) => f.check === check && f.fix !== '')?.fix ?? ''
  assert.notEqual(fix, '', `no command for ${check}`)
  const { code, stderr } = await on(node, 'bash', '-ec', fix)
  assert.equal(code, 0, stderr)
  return fix
}

async function until(what: string, check: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (let tries = 0; tries < seconds * 5; tries++) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}
const holders = async () => (await labStatus({ root })).vips[0]?.holders ?? []

/** What the hub has of the doctor of a node; undefined before its agent has looked for the first time. */
async function reported(node: string): Promise<readonly Finding[] | undefined> {
  const argv = ['status', '--json', '--hub', `unix:${root}/hub.sock`, '--token', token]
  const { stdout } = await execa(hactl, argv, { reject: false, timeout: 20_000 })
  const { nodes } = JSON.parse(stdout)
  return nodes.find((n: { node: string }) => n.node === node)?.report?.findings
}

test('both balancers of a lab that was just built are well, and their agents report it', async () => {
  await until('one holder', async () => (await holders()).length === 1)
  await well('lb1')
  await well('lb2')
  // An agent looks half a minute after its start at the latest.
  await until(
    'the hub has what the doctor of lb1 found',
    async () => (await reported('lb1')) !== undefined,
    60,
  )
  const told = (await reported('lb1')) ?? []
  assert.deepEqual(
    told.filter((f) => f.severity === 'error'),
    [],
  )
  assert.ok(told.some((f) => f.check === 'agent' && f.severity === 'info'))
})

test('nft drops VRRP: two masters and the rule are named, the command heals it', async () => {
  const rules =
    'add table inet guard; add chain inet guard in { type filter hook input priority 0; policy accept; }; add rule inet guard in ip protocol 112 drop'
  await on('lb2', 'nft', rules)
  await until('both hold the vip', async () => (await holders()).length === 2)
  const [lb1, lb2] = await Promise.all([doctor('lb1'), doctor('lb2')])
  assert.equal(lb2.exit, 7)
  assert.match(bad(lb2).join('\n'), /firewall: VRRP adverts from lb1 .* dropped by rule handle \d+/)
  assert.match(bad(lb2).join('\n'), /adverts: lb1 .* announces vip web .* while this node holds it/)
  assert.match(bad(lb1).join('\n'), /adverts: lb2 .* announces vip web .* while this node holds it/)
  assert.match(await mend('lb2', lb2, 'firewall'), /^nft insert rule inet guard in /)
  await until('one holder again', async () => (await holders()).length === 1)
  await well('lb2')
  await well('lb1')
})

test('nft drops the port of the agents: each side names it', async () => {
  const rules =
    'add table ip ports; add chain ip ports in { type filter hook input priority 0; policy accept; }; add rule ip ports in tcp dport 9440 reject with tcp reset'
  await on('lb2', 'nft', rules)
  const lb1 = await doctor('lb1')
  assert.match(bad(lb1).join('\n'), /reach: the agent of lb2 does not answer/)
  const lb2 = await doctor('lb2')
  assert.match(bad(lb2).join('\n'), /firewall: TCP port 9440 .* is dropped for lb1/)
  await mend('lb2', lb2, 'firewall')
  await well('lb1')
  await well('lb2')
})

test('a stranger with our vrid on the segment is named by address, number and priority', async () => {
  const vrid = /virtual_router_id (\d+)/.exec(
    (await on('lb1', 'cat', '/etc/keepalived/keepalived.conf')).stdout,
  )?.[1]
  const config = [
    'vrrp_instance stranger {',
    `  interface eth0\n  virtual_router_id ${vrid}\n  priority 77\n  advert_int 1`,
    '  virtual_ipaddress {\n    172.18.67.99/24\n  }',
    '}\n',
  ].join('\n')
  const script =
    'printf %s "$1" > /tmp/k.conf; keepalived -l -P -f /tmp/k.conf -p /tmp/k.pid -r /tmp/kv.pid'
  await on('lab-client', 'bash', '-ec', script, 'stranger', config)
  try {
    await until('the stranger is master', async () =>
      (await on('lab-client', 'ip', '-o', 'addr')).stdout.includes('172.18.67.99'),
    )
    const seen = await doctor('lb1')
    assert.equal(seen.exit, 1)
    assert.match(
      bad(seen).join('\n'),
      new RegExp(`speaks VRRP on eth0 with vrid ${vrid} and priority 77`),
    )
  } finally {
    await on('lab-client', 'bash', '-c', 'kill $(cat /tmp/k.pid)')
  }
  await until(
    'the stranger is gone',
    async () => !(await on('lab-client', 'ip', '-o', 'addr')).stdout.includes('172.18.67.99'),
  )
  await well('lb1')
})

test('another machine has the address of the vip: told by its hardware address, by agent, hub and doctor', async () => {
  const mac = (await on('lab-client', 'cat', '/sys/class/net/eth0/address')).stdout.trim()
  const argv = ['alerts', '--json', '--hub', `unix:${root}/hub.sock`, '--token', token]
  const alerts = async (): Promise<string> => {
    const { stdout } = await execa(hactl, argv, { reject: false, timeout: 20_000 })
    return JSON.stringify(JSON.parse(stdout).open)
  }
  await on('lab-client', 'ip', 'addr', 'add', '172.18.67.33/32', 'dev', 'eth0')
  await until('the alert names it', async () =>
    new RegExp(`split brain, says lb1: .*${mac} answers ARP`).test(await alerts()),
  )
  assert.match(bad(await doctor('lb1')).join('\n'), new RegExp(`held here, and also.*by ${mac}`))
  await on('lab-client', 'ip', 'addr', 'del', '172.18.67.33/32', 'dev', 'eth0')
  await until('the alert is over', async () => !(await alerts()).includes('answers ARP'))
  await well('lb1')
})

test('haproxy is not there: the command that installs it is given, and works', async () => {
  // From the cache: a node of the lab reaches nobody outside. Its /usr is a copy on write, so that the host keeps its haproxy.
  await execa('apt-get', ['install', '-y', '--reinstall', '--download-only', 'haproxy'])
  const own =
    'mkdir -p /mnt/u; mount -t tmpfs t /mnt/u; mkdir /mnt/u/up /mnt/u/w; mount -t overlay -o lowerdir=/usr,upperdir=/mnt/u/up,workdir=/mnt/u/w o /usr'
  // The agent would install it again at once: the doctor is asked while there is none.
  await labFail({ root, node: 'lb2', how: 'agent' })
  assert.equal((await on('lb2', 'bash', '-ec', own)).code, 0)
  await on('lb2', 'dpkg', '--remove', '--force-depends', '--no-triggers', 'haproxy')
  const seen = await doctor('lb2')
  assert.equal(seen.exit, 7)
  assert.match(bad(seen).join('\n'), /engines: haproxy is not installed/)
  assert.equal(await mend('lb2', seen, 'engines'), 'apt-get install -y haproxy')
  const mended = await doctor('lb2')
  assert.doesNotMatch(bad(mended).join('\n'), /engines/)
  assert.match(bad(mended).join('\n'), /agent: the agent of this node does not answer/)
  await labHeal({ root })
  await well('lb2')
})

test('loose modes of files with secrets are found and mended', async () => {
  await on('lb1', 'chmod', '644', '/etc/hactl/agent.json')
  const seen = await doctor('lb1')
  assert.match(bad(seen).join('\n'), /permissions: \/etc\/hactl\/agent.json \(mode 644\)/)
  await mend('lb1', seen, 'permissions')
  await well('lb1')
})
