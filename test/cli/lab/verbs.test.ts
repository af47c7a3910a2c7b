// hactl lab: what is refused before anything is touched.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from '../fake.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hactl-verbs-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

for (const argv of [[], ['a', '--all'], ['a', '--lab', 'b'], ['--root', '/tmp/x', '--all']])
  test(`lab down ${argv.join(' ')}: exactly one way to say which`, async () => {
    const { exit, err } = await run(['lab', 'down', ...argv])
    assert.equal(exit, 2)
    assert.match(err, /cannot choose what to take down/)
    assert.match(err, /hactl lab down --all/)
  })

test('lab down of what is no lab says so', async () => {
  const { exit, err } = await run(['lab', 'down', '--root', scratch])
  assert.equal(exit, 1)
  assert.match(err, /cannot find a lab/)
})

test('lab up shows the faults of a spec as validate does', async () => {
  const stdin = '{ "version": 1, "cluster": "x", "nodes": { "lb1": { "adress": "192.0.2.1" } } }'
  const up = await run(['lab', 'up', '-', '--root', join(scratch, 'lab')], { stdin })
  const validate = await run(['validate', '-'], { stdin })
  assert.equal(up.exit, 3)
  assert.equal(up.err, validate.err)
  assert.match(up.err, /\^/)
})

for (const verb of ['status', 'fail', 'probe'])
  test(`lab ${verb} of a lab that is not there`, async () => {
    const { exit, err } = await run([
      ...['lab', verb, ...(verb === 'fail' ? ['lb1', '--power'] : [])],
      ...['--root', join(scratch, 'none')],
    ])
    assert.equal(exit, 1)
    assert.match(err, /cannot find a lab in .*none/)
  })

test('a lab as the target of the other verbs', async () => {
  const gone = await run(['status', '--lab', join(scratch, 'none')])
  assert.equal(gone.exit, 2)
  assert.match(gone.err, /cannot find a lab/)
  const both = await run(['status', '--lab', 'a', '--hub', 'http://127.0.0.1:1'])
  assert.match(both.err, /cannot be used with/)
  const name = await run(['status', '--lab', '..'])
  assert.match(name.err, /cannot use '\.\.' as the name of a lab/)
})
