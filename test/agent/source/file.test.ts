// The file source on a host that knows one call.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileSource } from '../../../agent/source/file.ts'
import { SPEC_BYTES_MAX } from '../../../spec/limits.ts'

test('a file is read when it changes; absent or too large is an error', async () => {
  let body: string | undefined = 'one'
  const read = async (path: string) => {
    assert.equal(path, '/etc/hactl/spec.json')
    return body === undefined ? undefined : { body, mode: 0o644 }
  }
  const from = fileSource('/etc/hactl/spec.json', { read })
  const fetch = () => from.fetch(new AbortController().signal)
  assert.deepEqual(await fetch(), { body: 'one', revision: 0, allow: [] })
  assert.equal(await fetch(), undefined)
  body = 'two'
  assert.equal((await fetch())?.body, 'two')
  body = undefined
  await assert.rejects(fetch(), /cannot fetch .*does not exist/)
  body = ' '.repeat(SPEC_BYTES_MAX + 1)
  await assert.rejects(fetch(), /larger than/)
})
