import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChannel, createReader, type Message } from '../../../../cli/lab/vm/channel.ts'

const read = (chunks: readonly string[]): readonly Message[] => {
  const seen: Message[] = []
  const feed = createReader((message) => seen.push(message))
  for (const chunk of chunks) feed(Buffer.from(chunk, 'latin1'))
  return seen
}

test('messages come whole however the bytes are cut, with any byte in the output', () => {
  const text = 'HELLO\nK c1\nA c1 3 5 4\na\nA c\xff\n2 noise\nA c2 0 0 0\n'
  const whole = read([text])
  assert.deepEqual(
    whole.map((m) => m.kind),
    ['hello', 'receipt', 'answer', 'answer'],
  )
  const [, , first] = whole
  assert(first?.kind === 'answer')
  assert.equal(first.code, 3)
  assert.equal(first.stdout.toString('latin1'), 'a\nA c')
  assert.equal(first.stderr.toString('latin1'), '\xff\n2 ')
  for (let at = 1; at < text.length; at++)
    assert.deepEqual(read([text.slice(0, at), text.slice(at)]), whole, `cut at ${at}`)
  assert.deepEqual(read([...text]), whole)
})

test('the next request is sent only after the receipt of the one before', async () => {
  const sent: string[] = []
  const channel = createChannel((line) => sent.push(line))
  const first = channel.ask('a', 50)
  const second = channel.ask('b', 50)
  await Promise.resolve()
  assert.deepEqual(sent, ['Q a 50\n'])
  channel.feed(Buffer.from('K a\n'))
  await new Promise(setImmediate)
  assert.deepEqual(sent, ['Q a 50\n', 'Q b 50\n'])
  channel.feed(Buffer.from('K b\nA b 0 2 0\nokA a 1 0 2\nno'))
  assert.equal((await second).stdout.toString(), 'ok')
  assert.equal((await first).stderr.toString(), 'no')
})

test('when the VM is gone everything that waits is told why', async () => {
  const channel = createChannel(() => undefined)
  const asked = assert.rejects(channel.ask('a', 50), /lb1 is off/)
  const hello = assert.rejects(channel.hello(), /lb1 is off/)
  channel.fail('lb1 is off (SIGKILL)')
  await Promise.all([asked, hello])
})
