// spec/examples/haproxy-failover.json on real daemons: watched, restarted, failed over; the tutorial's way beside it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { labExec, labFail, labHeal } from '../../cli/lab/index.ts'
import type { Finding } from '../../spec/report.ts'
import {
  compare,
  type Example,
  exampleLab,
  gapText,
  seenDuring,
  tutorialLab,
  until,
} from './example.ts'
import { failoverTutorial } from './tutorial-failover.ts'

const NAME = 'haproxy-failover'
const BALANCERS = ['master', 'backup'] as const
const SERVER = 'srv-10-30-0-121'
const KILL_KEEPALIVED = 'kill -9 $(pgrep -x keepalived)'
/** Longer than the tutorial's loop needs: 5 s asleep, 5 s waiting, then the vip moves. */
const TAKEN_S = 14
/**
 * A program of somebody else: kills haproxy where asked to, and has the port before it can come back. Perl, because a
 * node of the lab has a /tmp of its own: a Node of a clone below /tmp is not there.
 */
const TAKE_PORT = `
use strict; use IO::Socket::INET;
my ($port, $victim) = @ARGV;
my $socket;
until ($socket) {
  for my $process (glob '/proc/[0-9]*') {
    open my $comm, '<', "$process/comm" or next;
    my $name = <$comm> // '';
    chomp $name;
    kill 'KILL', substr($process, 6) if $name eq $victim;
  }
  $socket = IO::Socket::INET->new(Listen => 128, LocalAddr => '0.0.0.0', LocalPort => $port, ReuseAddr => 1);
}
open my $pid, '>', '/tmp/taken.pid' or die; print $pid $$; close $pid;
alarm 60;
while (my $client = $socket->accept) { close $client }`
const TAKE = `rm -f /tmp/taken.pid
perl -e "$1" "$2" "$3" < /dev/null > /dev/null 2>&1 &
for i in {1..100}; do if [ -s /tmp/taken.pid ]; then exit 0; fi; sleep 0.1; done; exit 1`

/** What a client saw with the tutorial's configuration, by fault. */
const tutorial = new Map<string, string>()
let lab: Example

type At = Pick<Example, 'root'>
const takePort = async ({ root }: At, node: string, port: number, victim: string) => {
  const argv = ['bash', '-c', TAKE, 'take', TAKE_PORT, String(port), victim]
  const { code } = await labExec({ root, node, argv, timeoutMs: 20_000 })
  assert.equal(code, 0, `port ${port} of ${node} was not taken`)
}
const freePort = (at: Pick<Example, 'must'>, node: string) =>
  at.must(node, 'kill $(cat /tmp/taken.pid)')

before(async () => {
  const specText = readFileSync(`spec/examples/${NAME}.json`, 'utf8')
  const theirs = await tutorialLab(NAME, specText, failoverTutorial)
  const { root } = theirs
  const seen = async (fault: string, seconds: number, work: () => Promise<unknown>) =>
    tutorial.set(fault, gapText(await seenDuring(root, seconds, work), seconds))
  try {
    await theirs.heldBy('master')
    await theirs.served()
    await seen('backend', 4, () => labFail({ root, node: SERVER, how: 'power' }))
    await labHeal({ root })
    await seen('power', 6, () => labFail({ root, node: 'master', how: 'power' }))
    await labHeal({ root })
    await theirs.heldBy('master')
    await theirs.served()
    await seen('eth1', 4, () => theirs.must('master', 'ip link set eth1 down'))
    await theirs.must('master', 'ip link set eth1 up')
    await theirs.served()
    await seen('taken', TAKEN_S, () => takePort(theirs, 'master', 5000, 'haproxy'))
  } finally {
    await theirs.down()
  }
  lab = await exampleLab(NAME)
  await lab.must('client', `printf %s '${ROUTER}' > /tmp/k.conf; ${STRANGER}`)
})
after(() => lab?.down())

/** A router of somebody else with the number that every tutorial uses. */
const ROUTER = `vrrp_instance stranger {
  interface eth0
  virtual_router_id 51
  priority 77
  advert_int 1
  virtual_ipaddress {
    192.168.30.99/24
  }
}
`
const STRANGER = 'keepalived -l -P -f /tmp/k.conf -p /tmp/k.pid -r /tmp/kv.pid'

const ours = async (
  fault: string,
  words: string,
  seconds: number,
  work: () => Promise<unknown>,
) => {
  await lab.heldBy('master')
  await lab.served()
  const seen = await seenDuring(lab.root, seconds, work)
  compare(words, tutorial.get(fault), gapText(seen, seconds))
  return seen
}

test('every node proves the spec, and the next passes change nothing', async () => {
  await lab.ready()
  await lab.heldBy('master')
  await lab.stays(BALANCERS)
})

test('there and back again: the same bytes', async () => {
  const was = await Promise.all(BALANCERS.map(lab.sums))
  const there = await lab.push((spec) => {
    spec.pools.app.check.fall = 4
  })
  assert.equal(there.exitCode, 0, there.stderr)
  assert.notDeepEqual(await Promise.all(BALANCERS.map(lab.sums)), was)
  const back = await lab.push(() => undefined)
  assert.equal(back.exitCode, 0, back.stderr)
  assert.deepEqual(await Promise.all(BALANCERS.map(lab.sums)), was)
})

test('a listener on a port that httpd has is refused with its reason; nothing changes', async () => {
  for (const node of BALANCERS) await takePort(lab, node, 80, 'nobody')
  try {
    const was = await Promise.all(BALANCERS.map(lab.sums))
    const seen = await seenDuring(lab.root, 6, async () => {
      const done = await lab.push((spec) => {
        spec.proxies.http = { vip: 'main', port: 80, pool: 'app' }
      })
      assert.equal(done.exitCode, 1, done.stdout)
      assert.match(done.stderr, /port 80|:80\b/)
    })
    assert.equal(seen.failed, 0)
    assert.deepEqual(await Promise.all(BALANCERS.map(lab.sums)), was)
    await lab.heldBy('master')
  } finally {
    for (const node of BALANCERS) await freePort(lab, node)
  }
  assert.equal((await lab.push(() => undefined)).exitCode, 0)
})

test('backend: its death is found, the other serves', async () => {
  const seen = await ours('backend', 'a server without power', 4, () =>
    labFail({ root: lab.root, node: SERVER, how: 'power' }),
  )
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await labHeal({ root: lab.root })
})

test('daemon: a killed haproxy and a killed keepalived come back where they were', async () => {
  const haproxy = await ours('', 'haproxy killed', 4, () =>
    labFail({ root: lab.root, node: 'master', how: 'proxy' }),
  )
  assert.ok(haproxy.longestGapMs < 2_500, `${haproxy.longestGapMs} ms`)
  const keepalived = await ours('', 'keepalived killed', 5, () =>
    lab.must('master', KILL_KEEPALIVED),
  )
  assert.ok(keepalived.longestGapMs < 2_500, `${keepalived.longestGapMs} ms`)
})

test('haproxy cannot start, its port is taken: the vip moves, and comes back with the port', async () => {
  const seen = await ours('taken', 'port taken by another program', 6, () =>
    takePort(lab, 'master', 5000, 'haproxy'),
  )
  assert.ok(seen.longestGapMs < 4_000, `${seen.longestGapMs} ms`)
  await lab.heldBy('backup')
  await freePort(lab, 'master')
  await lab.heldBy('master')
})

test('a tracked interface goes down: the vip moves, and comes back with it', async () => {
  const seen = await ours('eth1', 'link to the servers down', 4, () =>
    lab.must('master', 'ip link set eth1 down'),
  )
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await lab.heldBy('backup')
  await lab.must('master', 'ip link set eth1 up')
  await lab.heldBy('master')
})

test('balancer: without power the backup takes over, and gives the vip back', async () => {
  const seen = await ours('power', 'the master without power', 4, () =>
    labFail({ root: lab.root, node: 'master', how: 'power' }),
  )
  assert.ok(seen.longestGapMs < 2_500, `${seen.longestGapMs} ms`)
  await lab.heldBy('backup')
  await labHeal({ root: lab.root })
  await lab.heldBy('master')
})

test('a foreign router with our number is named by the agents in their reports, and by doctor', async () => {
  const said = (found: readonly Finding[] | undefined) =>
    (found ?? []).some(
      (f) =>
        f.check === 'foreign-vrid' && /vrid 51 and priority 77: the number of our vip/.test(f.what),
    )
  // An agent looks half a minute after its start at the latest.
  await until(
    'the agent of backup reports the stranger',
    async () => said((await lab.nodes()).find((n) => n.node === 'backup')?.report?.findings),
    60,
  )
  const { stdout } = await lab.on('backup', join(process.cwd(), 'dist/hactl'), 'doctor', '--json')
  assert.ok(said(JSON.parse(stdout).findings), stdout)
  await lab.must('client', 'kill $(cat /tmp/k.pid)')
})
