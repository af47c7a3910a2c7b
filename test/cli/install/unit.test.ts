import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentUnit } from '../../../cli/install/unit.ts'

const lines = agentUnit('/usr/local/bin/hactl').split('\n')

test('the unit starts the program with its configuration, and only where there is one', () => {
  assert.ok(lines.includes('ExecStart=/usr/local/bin/hactl agent --config /etc/hactl/agent.json'))
  assert.ok(lines.includes('ConditionPathExists=/etc/hactl/agent.json'))
})

test('stopping the agent ends the agent only', () => {
  assert.ok(lines.includes('KillMode=process'))
})

test('nothing gives the agent a view of the file system of its own', () => {
  const namespaced = /^(?:Protect|Private|ReadOnly|ReadWrite|Inaccessible|TemporaryFileSystem|Root)/
  assert.deepEqual(
    lines.filter((line) => namespaced.test(line)),
    [],
  )
})
