// What an agent says of its node in numbers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsText } from '../../agent/metrics.ts'
import { METRICS } from '../../spec/metric.ts'
import { reportOf, summaryOf } from '../site/kit.ts'

test('every metric of the agent, from one report', async () => {
  const text = await metricsText({
    ...reportOf(summaryOf('lb1', ['web/172.18.67.33', 'web/2001:db8::33'])),
    daemons: [
      { name: 'haproxy', version: '2.8', running: true, pid: 7, digest: 'd', restarts: 3 },
      { name: 'keepalived', version: '2.2', running: false, pid: 0, digest: 'd', restarts: 0 },
    ],
    drift: ['file:/etc/x: content differs'],
    mounts: [{ name: 'www', path: '/a\n"b"', source: 's:/x', state: 'hung', why: 'w', since: 1 }],
    certificates: [{ path: '/c.pem', subject: 'CN=a', notAfter: 1_700_000_000_000, why: '' }],
    passMs: 21,
  })
  const lines = text.split('\n')
  for (const line of [
    'hactl_agent_info{node="lb1",version="test"} 1',
    'hactl_agent_condition{condition="Ready"} 1',
    'hactl_agent_vip_held{vip="web",address="2001:db8::33"} 1',
    'hactl_agent_pass_seconds 0.021',
    'hactl_agent_drifts 1',
    'hactl_agent_daemon_up{daemon="keepalived"} 0',
    'hactl_agent_daemon_restarts_total{daemon="haproxy"} 3',
    'hactl_agent_server_up{pool="appsrvs",server="wp1"} 1',
    'hactl_agent_mount_up{mount="www"} 0',
    'hactl_agent_certificate_expiry_timestamp_seconds{path="/c.pem"} 1700000000',
  ])
    assert.ok(lines.includes(line), `${line} is not in\n${text}`)
  for (const name of Object.keys(METRICS))
    assert.equal(text.includes(`# TYPE ${name} `), name.startsWith('hactl_agent_'), name)
})
