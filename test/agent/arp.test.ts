// A second holder by ARP: what both programs named arping print, and what the agent makes of it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answerers, isProbe } from '../../agent/doctor/arp.ts'
import { type ArpDeps, arpTurn, SEEN_NOTHING } from '../../agent/arp-watch.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Exec } from '../../agent/world.ts'
import { fakeClock } from '../fakes/clock.ts'

const IPUTILS = `ARPING 10.9.0.100 from 0.0.0.0 va
Unicast reply from 10.9.0.100 [CA:59:41:B1:00:3B]  0.524ms
Sent 1 probes (1 broadcast(s))
Received 1 response(s)
`
const SILENT = `ARPING 10.9.0.77 from 0.0.0.0 va
Sent 1 probes (1 broadcast(s))
Received 0 response(s)
`
const HABETS = `ARPING 10.9.0.100
42 bytes from ca:59:41:b1:00:3b (10.9.0.100): index=0 time=8.623 usec

--- 10.9.0.100 statistics ---
1 packets transmitted, 1 packets received,   0% unanswered (0 extra)
`
const MAC = 'ca:59:41:b1:00:3b'

test('both programs are read, and each is known to refuse the words of the other', () => {
  assert.deepEqual([answerers(IPUTILS), isProbe(IPUTILS)], [[MAC], true])
  assert.deepEqual([answerers(SILENT), isProbe(SILENT)], [[], true])
  assert.deepEqual([answerers(HABETS), isProbe(HABETS)], [[MAC], true])
  assert.equal(isProbe('!\t  0% packet loss (0 extra)\n'), false)
  assert.equal(isProbe("arping: invalid option -- '0'\n\nUsage:\n"), false)
})

const { cluster } = checkSpec(readFileSync('spec/examples/wordpress.json', 'utf8'))
const VIP = '172.18.67.33'
const done = (stdout: string): Exec => ({ code: 0, signal: null, stdout, stderr: '' })

function watched() {
  const events: string[] = []
  const told: (readonly string[])[] = []
  const asked: string[] = []
  const now = { holds: true, answer: SILENT, habets: false, code: 0 }
  const deps: ArpDeps = {
    ...{ node: 'lb1', clock: fakeClock(), cluster: () => cluster },
    status: {
      event: (_, text) => events.push(text),
      details: ({ strangers = [] }) => told.push(strangers.map(({ what }) => what)),
    },
    host: {
      addresses: async () => (now.holds ? [{ interface: 'eth0', address: VIP, prefix: 24 }] : []),
      interfaces: async () => [{ name: 'eth0', up: true, mac: '02:00:00:00:00:01' }],
      run: async (argv) => {
        asked.push(argv[1] ?? '')
        if (now.code !== 0) return { ...done(''), code: now.code }
        return done(now.habets === (argv[1] === '-0') ? now.answer : '!\t  0% packet loss\n')
      },
    },
  }
  let seen = SEEN_NOTHING
  const turn = async () => {
    seen = await arpTurn(deps, seen)
  }
  return { events, told, asked, now, turn }
}
const WHAT = `vip web (${VIP}) is held here, and ${MAC} answers ARP for it too`

test('who answers twice is told once, and its end', async () => {
  const w = watched()
  await w.turn()
  w.now.answer = IPUTILS
  await w.turn()
  assert.deepEqual(w.events, [])
  await w.turn()
  await w.turn()
  assert.deepEqual(w.events, [`split brain: ${WHAT}`])
  assert.deepEqual(w.told, [[WHAT]])
  w.now.answer = SILENT
  await w.turn()
  assert.equal(w.events[1], `split brain over: vip web (${VIP}): nobody else answers ARP for it`)
  assert.deepEqual(w.told[1], [])
})

test('a holder on its way out is none, nor is another interface of this node', async () => {
  const w = watched()
  for (const answer of [IPUTILS, SILENT, IPUTILS, SILENT]) {
    w.now.answer = answer
    await w.turn()
  }
  w.now.answer = IPUTILS.replace('CA:59:41:B1:00:3B', '02:00:00:00:00:01')
  for (let n = 0; n < 3; n++) await w.turn()
  assert.deepEqual(w.events, [])
})

test('what is given up is no longer a split here, and nothing is asked for it', async () => {
  const w = watched()
  w.now.answer = IPUTILS
  for (let n = 0; n < 3; n++) await w.turn()
  w.now.holds = false
  const asked = w.asked.length
  await w.turn()
  assert.equal(w.asked.length, asked)
  assert.equal(w.events[1], `split brain over: vip web (${VIP}): it is no longer held here`)
})

test("the other program's words are tried after the first's; without any nothing is claimed", async () => {
  const w = watched()
  Object.assign(w.now, { habets: true, answer: HABETS })
  for (let n = 0; n < 2; n++) await w.turn()
  assert.deepEqual(w.asked.slice(0, 2), ['-D', '-0'])
  assert.deepEqual(w.events, [`split brain: ${WHAT}`])
  const none = watched()
  none.now.code = 127
  for (let n = 0; n < 3; n++) await none.turn()
  assert.deepEqual([none.events, none.asked], [[], ['-D', '-D', '-D']])
})
