// The command line as a whole: help that fits a screen, refusals with a code, nothing that looks like a crash.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { muteIo } from '../../cli/io.ts'
import { leaves, makeProgram } from '../../cli/program.ts'
import { run } from './fake.ts'

const LINES_MAX = 24
/** The list of all verbs: one line each. */
const VERBS_LINES_MAX = 40
const COLUMNS_MAX = 80

const program = makeProgram(muteIo)
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)]
const pathOf = (command: Command): string[] =>
  command.parent === null ? [] : [...pathOf(command.parent), command.name()]

for (const command of all(program))
  test(`help of '${['hactl', ...pathOf(command)].join(' ')}' fits a screen`, async () => {
    const { exit, out, err } = await run([...pathOf(command), '--help'])
    assert.equal(exit, 0)
    assert.equal(err, '')
    const lines = out.trimEnd().split('\n')
    assert.ok(lines.length > 3)
    const most = command.parent === null ? VERBS_LINES_MAX : LINES_MAX
    assert.ok(lines.length <= most, `${lines.length} lines`)
    assert.deepEqual(
      lines.filter((line) => line.length > COLUMNS_MAX),
      [],
    )
  })

test('every verb takes --json, once', () => {
  for (const leaf of leaves(program))
    assert.equal(leaf.options.filter((o) => o.long === '--json').length, 1, leaf.name())
})

for (const [argv, says] of [
  [[], /^Usage: hactl/],
  [['nope'], /unknown command 'nope'/],
  [['pusj'], /did you mean push/i],
  [['push'], /missing required argument 'file'/],
  [['validate', 'a', 'b'], /too many arguments/],
  [['push', 'x', '--timeout', '5 days'], /500ms, 30s or 5m/],
  [['push', 'x', '--timeout', '0s'], /500ms, 30s or 5m/],
  [['events', '--limit', '-3'], /whole number from 1 to 1000/],
  [['render', 'x'], /--node/],
  [['render', 'x', '--node', 'lb1', '--haproxy-version', 'new'], /2\.6\.12/],
  [['status', '--frob'], /unknown option '--frob'/],
  [['status', '--token', 'a', '--token-file', 'b'], /cannot be used with/],
  [['rollback', 'x'], /whole number/],
] as const)
  test(`usage: hactl ${argv.join(' ')}`, async () => {
    const { exit, out, err } = await run(argv)
    assert.equal(exit, 2)
    assert.equal(out, '')
    assert.match(err, says)
    assert.doesNotMatch(err, /^\s+at /m)
  })

test('with --json a refusal is JSON on standard output', async () => {
  const { exit, out, err } = await run(['events', '--limit', '0', '--json'])
  assert.equal(exit, 2)
  assert.equal(err, '')
  const said: unknown = JSON.parse(out)
  assert.deepEqual(said, {
    ok: false,
    exit: 2,
    error: "option '--limit <n>' argument '0' is invalid. Expected a whole number from 1 to 1000.",
    hint: '--help shows how',
  })
})

test('a stack is shown only with HACTL_DEBUG=1', async () => {
  const argv = ['status', '--hub', 'nonsense']
  assert.doesNotMatch((await run(argv)).err, /^\s+at /m)
  assert.match((await run(argv, { env: { HACTL_DEBUG: '1' } })).err, /^\s+at /m)
})

test('colours only where they are wanted', async () => {
  const argv = ['status', '--hub', 'nonsense']
  assert.ok(!(await run(argv)).err.includes('\u001b'))
  assert.ok((await run(argv, { color: true })).err.includes('\u001b['))
})

test('version', async () => {
  const { exit, out } = await run(['version', '--json'])
  assert.equal(exit, 0)
  const said: unknown = JSON.parse(out)
  assert.deepEqual(said, { version: '0.1.0', spec: 1, protocol: 1 })
})
