// validate, lint, schema, plan, render, agent --check: pure work on files.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from './fake.ts'

const FILE = 'spec/examples/wordpress.json'

test('a valid spec, from a file and from standard input', async () => {
  const file = await run(['validate', FILE])
  assert.equal(file.exit, 0)
  assert.match(file.out, /valid, cluster wordpress, 4 nodes, 1 vip, 1 proxy, 2 pools/)
  const piped = await run(['validate', '-', '--json'], { stdin: readFileSync(FILE, 'utf8') })
  assert.equal(piped.exit, 0)
  assert.match(piped.out, /^\{"ok":true,"file":"-","digest":"[0-9a-f]{64}","diagnostics":\[\]\}\n$/)
})

for (const verb of ['validate', 'lint', 'plan', 'push'] as const)
  test(`${verb} shows all faults of a broken spec`, async () => {
    const { exit, err } = await run([verb, '-'], { stdin: '{"version": 1,\n "x": 2}' })
    assert.equal(exit, 3)
    assert.match(err, /standard input:2:\d+: error HA004/)
    assert.match(err, /3 errors, nothing was changed/)
  })

test('a file that cannot be read', async () => {
  const missing = await run(['validate', '/nonexistent/spec.json'])
  assert.equal(missing.exit, 2)
  assert.match(missing.err, /cannot read \/nonexistent\/spec\.json: there is no such file/)
  assert.match((await run(['validate', '/tmp'])).err, /it is a directory/)
})

test('lint --strict fails for warnings only when there are some', async () => {
  assert.equal((await run(['lint', FILE, '--strict'])).exit, 0)
})

test('schema is JSON', async () => {
  const { exit, out } = await run(['schema'])
  assert.equal(exit, 0)
  const schema: unknown = JSON.parse(out)
  assert.ok(typeof schema === 'object' && schema !== null && 'properties' in schema)
})

test('plan of one node, of all, of one that is not there', async () => {
  const one = await run(['plan', FILE, '--node', 'lb1'])
  assert.equal(one.exit, 0)
  assert.match(one.out, /^node lb1: \d+ step/)
  assert.ok(!one.out.includes('\u001b'))
  const all = await run(['plan', FILE])
  for (const node of ['lb1', 'lb2', 'web1', 'web2']) assert.ok(all.out.includes(`node ${node}:`))
  const unknown = await run(['plan', FILE, '--node', 'lb9'])
  assert.equal(unknown.exit, 2)
  assert.match(unknown.err, /cannot find node 'lb9'.*\n.*it has lb1, lb2, web1, web2/)
  assert.equal((await run(['plan', FILE, '--node', 'lb1', '--all'])).exit, 2)
})

test('plan from a recorded observation; a wrong record is refused', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hactl-plan-'))
  const observed = join(directory, 'observed.json')
  writeFileSync(observed, '{"files":{"/etc/haproxy/haproxy.cfg":{"body":"by hand\\n","mode":420}}}')
  const { exit, out } = await run(['plan', FILE, '--node', 'lb1', '--observed', observed])
  assert.equal(exit, 0)
  assert.match(out, /keep the original of \/etc\/haproxy\/haproxy\.cfg/)
  writeFileSync(observed, '{"files":7}')
  const bad = await run(['plan', FILE, '--node', 'lb1', '--observed', observed])
  assert.equal(bad.exit, 2)
  assert.match(bad.err, /\/files expected object/)
  rmSync(directory, { recursive: true })
})

test('render prints files, or writes them below a directory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hactl-render-'))
  const printed = await run(['render', FILE, '--node', 'lb1'])
  assert.equal(printed.exit, 0)
  assert.match(printed.out, /### \/etc\/haproxy\/haproxy\.cfg\n/)
  const written = await run(['render', FILE, '--node', 'lb1', '--out', directory])
  assert.equal(written.exit, 0)
  const body = readFileSync(join(directory, 'etc/haproxy/haproxy.cfg'), 'utf8')
  assert.ok(printed.out.includes(body))
  rmSync(directory, { recursive: true })
})

test('agent --check says what is wrong with a configuration', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hactl-agent-'))
  const config = join(directory, 'agent.json')
  writeFileSync(config, '{"node":"lb1","source":{"hub":true}}')
  const bad = await run(['agent', '--check', '--config', config])
  assert.equal(bad.exit, 3)
  assert.match(bad.err, /agent\.json:1:\d+: error HA902: cannot use the hub as source/)
  writeFileSync(
    config,
    '{"node":"lb1","source":{"hub":true},"hub":{"url":"http://h","token":"12345678"}}',
  )
  const good = await run(['agent', '--check', '--config', config, '--json'])
  assert.equal(good.exit, 0)
  assert.ok(!good.out.includes('12345678'))
  rmSync(directory, { recursive: true })
})
