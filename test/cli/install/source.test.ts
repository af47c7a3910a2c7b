// What --source of agent install means, and that the agent's own parser takes it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAgentConfig } from '../../../agent/config.ts'
import { remoteSource } from '../../../cli/install/source.ts'

for (const [text, source] of [
  ['https://www.example.org/spec.json', { url: 'https://www.example.org/spec.json' }],
  ['git+https://git.example.org/ha', { git: { url: 'https://git.example.org/ha' } }],
  [
    'git+ssh://git@git.example.org/ha#live:eu/web.json',
    { git: { url: 'ssh://git@git.example.org/ha', branch: 'live', path: 'eu/web.json' } },
  ],
  ['git@git.example.org:ops/ha.git', { git: { url: 'git@git.example.org:ops/ha.git' } }],
  ['git+file:///srv/ha.git#:web.json', { git: { url: 'file:///srv/ha.git', path: 'web.json' } }],
] as const)
  test(`--source ${text}`, () => {
    assert.deepEqual(remoteSource(text), source)
    const parsed = parseAgentConfig(JSON.stringify({ node: 'lb1', source }))
    assert.deepEqual(parsed.ok ? [] : parsed.diagnostics, [])
  })

test('a file stays a file, and what no agent takes is refused by its parser', () => {
  for (const file of ['spec.json', '/etc/hactl/spec.json', './a@b/c.json', 'git+spec.json'])
    assert.equal(remoteSource(file), undefined, file)
  const bad = remoteSource('git+https://kim:secret@git.example.org/ha')
  assert.equal(parseAgentConfig(JSON.stringify({ node: 'lb1', source: bad })).ok, false)
})
