import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMAND_OUTPUT_BYTES_MAX } from '../../../spec/limits.ts'
import { runCommand } from '../../../agent/host/exec.ts'

const TIMEOUT_MS = 5_000

test('exit, both outputs and no shell', async () => {
  const argv = ['sh', '-c', 'echo "out $1"; echo err >&2; exit 3', 'sh', '$(id); x']
  const result = await runCommand(argv, TIMEOUT_MS)
  assert.deepEqual(result, { code: 3, signal: null, stdout: 'out $(id); x\n', stderr: 'err\n' })
})

test('a program that is not there gives 127', async () => {
  assert.equal((await runCommand(['hactl-no-such-program'], TIMEOUT_MS)).code, 127)
  assert.equal((await runCommand([], TIMEOUT_MS)).code, 127)
})

test('a command that hangs is killed and says so', async () => {
  const result = await runCommand(['sleep', '60'], 50)
  assert.equal(result.code, null)
  assert.equal(result.signal, 'SIGKILL')
  assert.match(result.stderr, /timed out \(50 ms\)/)
})

test('endless output ends it; what it printed is bounded', async () => {
  const result = await runCommand(['yes'], TIMEOUT_MS)
  assert.equal(result.code, null)
  assert.ok(result.stdout.length <= COMMAND_OUTPUT_BYTES_MAX)
  assert.match(result.stderr, /too much output/)
})

test('nothing of our environment reaches a command', async (context) => {
  process.env['HACTL_TEST_SECRET'] = 'sesame'
  context.after(() => delete process.env['HACTL_TEST_SECRET'])
  const { stdout } = await runCommand(['env'], TIMEOUT_MS)
  assert.doesNotMatch(stdout, /sesame/)
  assert.match(stdout, /^LANG=C$/m)
})
