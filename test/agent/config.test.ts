// The agent's own configuration: defaults, every fault with its place, nothing accepted by accident.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseAgentConfig } from '../../agent/config.ts'

const faults = (text: string) => {
  const parsed = parseAgentConfig(text)
  assert.equal(parsed.ok, false)
  return parsed.diagnostics
}

test('defaults are filled in', () => {
  const parsed = parseAgentConfig('{"node":"lb1","source":{"path":"/etc/hactl/spec.json"}}')
  assert.ok(parsed.ok)
  assert.deepEqual(parsed.value, {
    node: 'lb1',
    source: { path: '/etc/hactl/spec.json' },
    state: '/var/lib/hactl',
    run: '/run/hactl',
    supervisor: 'auto',
    intervalMs: 5_000,
    peer: { port: 9440 },
  })
})

test('what is given wins over the defaults', () => {
  const parsed = parseAgentConfig(
    '{"node":"lb1","source":{"hub":true},"hub":{"url":"unix:/run/hub.sock"},"peer":{"port":1234},"state":"/s","supervisor":"builtin","intervalMs":1000}',
  )
  assert.ok(parsed.ok)
  assert.equal(parsed.value.peer.port, 1234)
  assert.equal(parsed.value.state, '/s')
  assert.equal(parsed.value.supervisor, 'builtin')
  assert.equal(parsed.value.intervalMs, 1000)
})

test('faults in syntax carry line and column', () => {
  const [fault] = faults('{\n  "node": "lb1"\n  "source": {}\n}')
  assert.equal(fault?.code, 'HA900')
  assert.equal(fault?.at?.line, 3)
  assert.match(fault?.message ?? '', /^cannot read .*comma expected/)
  assert.match(faults('')[0]?.message ?? '', /^cannot read/)
})

test('all faults of shape are reported at once, each at its place', () => {
  const found = faults('{\n  "node": "LB 1",\n  "source": {"path": "spec.json"},\n  "extra": 1\n}')
  assert.deepEqual(found.map(({ path, at }) => [path, at?.line]).sort(), [
    ['/extra', 4],
    ['/node', 2],
    ['/source/path', 3],
  ])
  for (const { message } of found) assert.match(message, /^cannot /)
})

for (const [name, text, path] of [
  [
    'a command to fence with that is no path',
    '{"node":"lb1","source":{"path":"/a"},"fence":{"command":["fence_ipmilan"]}}',
    '/fence/command/0',
  ],
  [
    'a word that nothing is put in for',
    '{"node":"lb1","source":{"path":"/a"},"fence":{"command":["/f","{host}"]}}',
    '/fence/command',
  ],
  ['no source', '{"node":"lb1","source":{}}', '/source'],
  ['two sources', '{"node":"lb1","source":{"path":"/a","url":"http://x"}}', '/source'],
  [
    'how to ask a url that is not there',
    '{"node":"lb1","source":{"path":"/a","http":{"waitS":5}}}',
    '/source/http',
  ],
  [
    'a secret header over plain HTTP',
    '{"node":"lb1","source":{"url":"http://x","http":{"headers":{"authorization":"env:A"}}}}',
    '/source/http/headers',
  ],
  [
    'a CA without TLS',
    '{"node":"lb1","source":{"url":"http://x","http":{"ca":"/ca.pem"}}}',
    '/source/http/ca',
  ],
  [
    'a header that the agent sets',
    '{"node":"lb1","source":{"url":"https://x","http":{"headers":{"Prefer":"env:A"}}}}',
    '/source/http/headers/Prefer',
  ],
  ['a hub nobody named', '{"node":"lb1","source":{"hub":true}}', '/source/hub'],
  [
    'two tokens',
    '{"node":"lb1","source":{"hub":true},"hub":{"url":"http://x","token":"12345678","tokenFile":"/t"}}',
    '/hub/token',
  ],
] as const)
  test(`${name} is refused`, () => {
    assert.deepEqual(
      faults(text).map((d) => [d.code, d.path]),
      [['HA902', path]],
    )
  })

test('the example that packages bring is good as it stands, comments and all', () => {
  const parsed = parseAgentConfig(
    readFileSync(new URL('../../cli/build/package/agent.json.example', import.meta.url), 'utf8'),
  )
  assert.ok(parsed.ok)
  assert.deepEqual(parsed.value.source, { path: '/etc/hactl/spec.json' })
  assert.equal(parsed.value.hub, undefined)
})

const git = (more: object) =>
  parseAgentConfig(
    JSON.stringify({ node: 'lb1', source: { git: { url: 'https://h/r', ...more } } }),
  )

for (const url of [
  'https://git.example.org/ops/spec.git',
  'https://[2001:db8::1]:8443/r',
  'ssh://git@git.example.org:2222/ops/spec.git',
  'git@git.example.org:ops/spec.git',
  'file:///srv/spec.git',
])
  test(`git over ${url}`, () => assert.ok(git({ url }).ok))

for (const [what, more, path] of [
  ['a password in the URL', { url: 'https://me:secret@h/r' }, '/source/git/url'],
  ['a protocol that runs programs', { url: 'ext::sh -c id' }, '/source/git/url'],
  ['a host that ssh reads as an option', { url: 'ssh://-oProxyCommand=id/r' }, '/source/git/url'],
  ['a remote that git reads as an option', { url: '--upload-pack=id' }, '/source/git/url'],
  ['a branch that git reads as an option', { branch: '--all' }, '/source/git/branch'],
  ['a branch and a tag', { branch: 'main', tag: 'live' }, '/source/git/tag'],
  ['a path out of the repository', { path: 'a/../../b' }, '/source/git/path'],
  ['a file name that a shell reads', { knownHosts: '/a;id' }, '/source/git/knownHosts'],
  ['a short commit', { force: 'abc123' }, '/source/git/force'],
  ['a token in plain text', { url: 'http://h/r', tokenFile: '/t' }, '/source/git/tokenFile'],
] as const)
  test(`git: ${what} is refused`, () => {
    const parsed = git(more)
    assert.deepEqual(parsed.ok ? [] : parsed.diagnostics.map((d) => d.path), [path])
  })
