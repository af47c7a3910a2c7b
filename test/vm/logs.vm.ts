// haproxy's lines on a machine with systemd: rsyslog, configured by the example's spec, writes them to their file; journald has them too.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type VmCluster, vmCluster } from './cluster.ts'

const URL = 'http://192.168.13.144'
let lab: VmCluster

before(async () => {
  const spec = JSON.parse(readFileSync('spec/examples/haproxy-regex.json', 'utf8'))
  // The backup is a plain namespace without an agent: nobody to wait for.
  spec.rollout = { peerWaitMs: 0 }
  lab = await vmCluster({ spec, vms: ['master'] })
})
after(() => lab?.close())

const has = async (script: string, words: RegExp) =>
  words.test((await lab.node('master').sh(script, 10_000)).stdout)

test('a request is a line in the file of rsyslog and in the journal', async () => {
  await lab.heldBy('192.168.13.144', 'master', 60_000)
  assert.match(await lab.get(`${URL}/journey.html`), /^real-server\d /)
  const line = /haproxy\[\d+\]: .* web pages\/html\d .*"GET \/journey\.html HTTP\/1\.1"/
  await lab.until('the line is in /var/log/haproxy.log', () =>
    has('cat /var/log/haproxy.log', line),
  )
  await lab.until('the line is in the journal', () =>
    has('journalctl -t haproxy --no-pager -n 100', line),
  )
})

test('only haproxy writes there: its facility is not in the general log as well', async () => {
  assert.equal(await has('cat /var/log/syslog /var/log/messages', /journey\.html/), false)
})

test('without rsyslog requests are answered and stand in the journal', async () => {
  await lab.node('master').must('systemctl kill -s KILL rsyslog')
  assert.match(await lab.get(`${URL}/alone.php`), /^real-server\d /)
  await lab.until('the line is in the journal', () =>
    has('journalctl -t haproxy --no-pager -n 100', /httpservers\/http\d .*alone\.php/),
  )
})
