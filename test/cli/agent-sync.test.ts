// hactl agent sync --force: a word for the agent of this node, and no other way to say it.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from './fake.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
async function sync(source: unknown, commit = COMMIT) {
  const state = mkdtempSync(join(tmpdir(), 'hactl-sync-'))
  const config = join(state, 'agent.json')
  writeFileSync(config, JSON.stringify({ node: 'lb1', state, source }))
  try {
    const ran = await run(['agent', 'sync', '--force', commit, '--config', config])
    const path = join(state, 'git-force')
    const said = existsSync(path)
      ? { body: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777 }
      : undefined
    return { ...ran, said }
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}
const git = { url: 'https://git.example.org/ha' }

test('the commit stands where the agent looks for it, for root alone', async () => {
  const { exit, said } = await sync({ git })
  assert.deepEqual([exit, said], [0, { body: `${COMMIT}\n`, mode: 0o600 }])
})

const BAD: Readonly<Record<string, readonly [unknown, string, RegExp]>> = {
  'an id that is cut': [{ git }, COMMIT.slice(0, 12), /no full id of a commit/],
  'a branch': [{ git }, 'main', /no full id of a commit/],
  'a node that follows no repository': [{ path: '/s.json' }, COMMIT, /is no repository/],
  'another one in the configuration': [
    { git: { ...git, force: COMMIT.replace('0', 'f') } },
    COMMIT,
    /names another commit/,
  ],
}
for (const [what, [source, commit, says]] of Object.entries(BAD))
  test(`${what} is refused, and nothing is written`, async () => {
    const { exit, err, said } = await sync(source, commit)
    assert.notEqual(exit, 0)
    assert.match(err, says)
    assert.equal(said, undefined)
  })
