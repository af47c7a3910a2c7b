// What the report says of the servers of virtual services, read from the kernel's table.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lvsHealth } from '../../../agent/providers/lvs/health.ts'
import { parseIpvs } from '../../../agent/providers/lvs/table.ts'
import { clusterOf, type Edit } from './lvs-cases.ts'

const ROWS = `TCP  0A000021:0050 rr
  -> 0A000015:0050 Route 1 7 2
  -> 0A000016:0050 Route 2 1 0
`
const health = (text: string, edit?: Edit, node = 'lb1') =>
  lvsHealth(clusterOf(edit), node, parseIpvs(text)).map((s) =>
    `${s.pool}/${s.server} ${s.status} ${s.weight} ${s.sessions} ${s.why}`.trimEnd(),
  )

test('servers in the table are up, with their weight and connections', () => {
  assert.deepEqual(health(ROWS), ['web/a UP 1 7', 'web/b UP 2 1'])
  assert.deepEqual(health(ROWS, undefined, 'rs1'), [], 'only directors see the table')
})

test('a server that is not in the table is down, and where it is missing', () => {
  assert.deepEqual(health(ROWS.replace(/.*0A000016.*\n/, '')), [
    'web/a UP 1 7',
    'web/b DOWN 2 0 not in the table of tcp 10.0.0.33:80',
  ])
})

test('drained, unchecked, and the sorry server while it stands in', () => {
  const drain: Edit = (spec) => Object.assign(spec.lvs.web.servers.a, { state: 'drain' })
  assert.deepEqual(health(ROWS, drain), ['web/a DRAIN 0 7', 'web/b UP 2 1'])
  const blind: Edit = (spec) => Object.assign(spec.lvs.web, { check: { type: 'none' } })
  assert.deepEqual(health(ROWS, blind), ['web/a no check 1 7', 'web/b no check 2 1'])
  const sorry: Edit = (spec) => Object.assign(spec.lvs.web, { sorry: { address: '10.0.0.30' } })
  assert.equal(health(ROWS, sorry).length, 2)
  const alone = 'TCP  0A000021:0050 rr\n  -> 0A00001E:0050 Route 1 3 0\n'
  assert.equal(health(alone, sorry).at(-1), 'web/sorry UP 1 3 stands in, no real server is left')
})
