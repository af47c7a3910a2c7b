// Answers of haproxy's runtime API: parsed. Texts are from haproxy 2.6.12.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServersState, parseStat } from '../../../agent/providers/haproxy/live.ts'

const STATE = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
6 api 1 a1 172.18.67.11 0 8 33 100 1 8 2 0 6 0 0 0 - 8080 - 0 81 - - 81
6 api 2 a2 172.18.67.11 0 5 100 100 2 1 0 0 14 0 0 0 - 8080 - 0 81 - - 81
6 api 3 a3 172.18.67.11 0 4 100 100 1 8 2 0 6 0 0 0 - 8080 - 0 81 - - 81
9 names 1 n1 127.0.0.1 2 32 20 100 3 1 0 2 0 0 0 0 localhost 8080 - 0 0 - - 0

`

test('servers state: forced maintenance and drain count, origins of the file and of DNS do not', () => {
  assert.deepEqual(
    [...parseServersState(STATE)],
    [
      ['api/a1', { weight: 33, state: 'drain' }],
      ['api/a2', { weight: 100, state: 'maint' }],
      ['api/a3', { weight: 100, state: 'ready' }],
      ['names/n1', { weight: 20, state: 'ready' }],
    ],
  )
  assert.equal(parseServersState('').size, 0)
  assert.equal(parseServersState("Unknown command: 'show servers state'\n").size, 0)
})

test('stat: one line per server, quoted cells, none of the totals or of our own pages', () => {
  const csv = `# pxname,svname,scur,status,weight,check_status,check_code,last_chk,
hactl-health,FRONTEND,0,OPEN,,,,,
web,FRONTEND,3,OPEN,,,,,
app,s1,2,UP,100,L7OK,200,"OK, said ""yes""",
app,s2,0,DOWN,50,L4CON,,Connection refused,
app,BACKEND,2,UP,150,,,,

`
  assert.deepEqual(parseStat(csv), [
    {
      pool: 'app',
      server: 's1',
      status: 'UP',
      why: 'L7OK 200 OK, said "yes"',
      weight: 100,
      sessions: 2,
    },
    {
      pool: 'app',
      server: 's2',
      status: 'DOWN',
      why: 'L4CON Connection refused',
      weight: 50,
      sessions: 0,
    },
  ])
  assert.deepEqual(parseStat('nonsense'), [])
})
