// The age key of a machine: made once, 0600, rotated without losing what was encrypted for it; and the real age agrees.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { encryptFor, openIdentity, readIdentity, rotateIdentity } from '../../../agent/host/age.ts'
import { readSecret } from '../../../agent/host/secret-file.ts'
import { Secret } from '../../../spec/secret.ts'
import { temporaryDirectory } from './temporary.ts'

const VALUE = 'canary-7712\nwith a second line'
const there = spawnSync('age', ['--version']).error === undefined
const real = { skip: there ? false : 'age is not installed' }

test('a key is made once, for root alone; rotated, it still reads what was encrypted before', async (context) => {
  const path = `${await temporaryDirectory(context)}/age.key`
  assert.equal(await readIdentity(path), undefined)
  const { recipient } = await openIdentity(path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal((await openIdentity(path)).recipient, recipient)
  const before = await encryptFor([recipient], new Secret(VALUE))
  const next = await rotateIdentity(path)
  assert.notEqual(next.recipient, recipient)
  assert.equal((await next.decrypt(before)).reveal(), VALUE)
  const after = await encryptFor([next.recipient], new Secret('new'))
  assert.equal((await (await openIdentity(path)).decrypt(after)).reveal(), 'new')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  chmodSync(path, 0o640)
  await assert.rejects(openIdentity(path), /others may read it; chmod 600/)
})

test('what is for another machine, damaged or huge is refused in words without content', async (context) => {
  const directory = await temporaryDirectory(context)
  const mine = await openIdentity(`${directory}/mine`)
  const other = await openIdentity(`${directory}/other`)
  const text = await encryptFor([other.recipient], new Secret(VALUE))
  const read = (from: string) => readSecret(`age:${from}`, { identity: async () => mine })
  await assert.rejects(
    read(text),
    /^Error: cannot decrypt it: it is not encrypted for this machine$/,
  )
  const own = await encryptFor([mine.recipient, other.recipient], new Secret(VALUE))
  assert.equal((await read(own)).reveal(), VALUE)
  assert.equal((await other.decrypt(own)).reveal(), VALUE)
  for (const broken of [own.slice(0, -40), `${own.slice(0, 200)}AAAA${own.slice(204)}`, 'AAAA'])
    await assert.rejects(read(broken), /^Error: cannot decrypt it: it is damaged$/)
  const huge = await encryptFor([mine.recipient], new Secret('x'.repeat(65_537)))
  await assert.rejects(read(huge), /longer than 65536 bytes/)
  await assert.rejects(readSecret(`age:${own}`), /this machine has no age key/)
})

test(
  'age reads what we encrypt, with our key file; we read what age encrypts',
  real,
  async (context) => {
    const directory = await temporaryDirectory(context)
    const path = `${directory}/age.key`
    await openIdentity(path)
    const identity = await rotateIdentity(path)
    const ours = Buffer.from(await encryptFor([identity.recipient], new Secret(VALUE)), 'base64')
    writeFileSync(`${directory}/ours.age`, ours)
    const opened = spawnSync('age', ['-d', '-i', path, `${directory}/ours.age`], {
      encoding: 'utf8',
    })
    assert.equal(opened.stdout, VALUE, opened.stderr)
    const made = spawnSync('age', ['-r', identity.recipient], { input: VALUE })
    const theirs = await identity.decrypt(made.stdout.toString('base64'))
    assert.equal(theirs.reveal(), VALUE)
    // A key of age-keygen is a key for us.
    spawnSync('age-keygen', ['-o', `${directory}/person`])
    const person = await readIdentity(`${directory}/person`)
    const line = /# public key: (age1\S+)/.exec(readFileSync(`${directory}/person`, 'utf8'))
    assert.equal(person?.recipient, line?.[1])
  },
)
