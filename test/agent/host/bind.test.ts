import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { cannotBind, hexAddress } from '../../../agent/host/bind.ts'

const nobody = async (): Promise<ReadonlySet<number>> => new Set()

async function listen(context: TestContext, host: string): Promise<number> {
  const server = createServer()
  context.after(() => server.close())
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

test('a port held by a stranger is refused and the stranger named', async (context) => {
  const port = await listen(context, '127.0.0.1')
  const says = new RegExp(`^port ${port} is held by .+ \\(pid ${process.pid}\\)$`)
  for (const address of ['127.0.0.1', '*', '0.0.0.0']) {
    assert.match((await cannotBind({ address, port }, nobody)) ?? 'could be bound', says, address)
  }
})

test('a port held by our own daemon is no obstacle', async (context) => {
  const port = await listen(context, '127.0.0.1')
  const ours = async (): Promise<ReadonlySet<number>> => new Set([process.pid])
  assert.equal(await cannotBind({ address: '127.0.0.1', port }, ours), undefined)
  const parent = async (): Promise<ReadonlySet<number>> => new Set([process.ppid])
  assert.equal(await cannotBind({ address: '127.0.0.1', port }, parent), undefined, 'a worker')
})

test('a port on another address of the host is free, and stays free after the try', async (context) => {
  const port = await listen(context, '127.0.0.1')
  for (let tries = 0; tries < 2; tries++) {
    assert.equal(await cannotBind({ address: '127.0.0.2', port }, nobody), undefined)
  }
})

test('an address that is not here is refused in words', async () => {
  const says = await cannotBind({ address: '192.0.2.200', port: 9 }, nobody)
  // A machine that allows it by net.ipv4.ip_nonlocal_bind may bind it.
  if (says !== undefined) assert.match(says, /192\.0\.2\.200 is not an address of this host/)
})

test('addresses in the spelling of /proc/net/tcp', () => {
  assert.equal(hexAddress('*'), '')
  assert.equal(hexAddress('127.0.0.1'), '7f000001')
  assert.equal(hexAddress('2001:db8::1'), '20010db8000000000000000000000001')
  assert.equal(hexAddress('::1'), '00000000000000000000000000000001')
})
