// Files of nodes in the hub's memory: the newest of each, bounded together.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFiles } from '../../site/files.ts'
import { join, SPEC, testHub } from './kit.ts'

const file = (path: string, body: string) => ({ path, digest: 'd', bytes: body.length, body })

test('bodies beyond the bound are left out, and what went gives room', () => {
  const files = createFiles(10)
  files.set('lb1', [file('/a', '123456')])
  files.set('lb2', [file('/a', '12345')])
  assert.equal(files.of('lb1')?.[0]?.body, '123456')
  assert.deepEqual(files.of('lb2'), [{ path: '/a', digest: 'd', bytes: 5 }])
  files.set('lb1', [file('/a', '1')])
  files.set('lb2', [file('/a', '12345')])
  assert.equal(files.of('lb2')?.[0]?.body, '12345')
  assert.equal(files.of('lb3'), undefined)
})
test('an agent shows its files, and only its own: they stand on its page as text', async () => {
  const { hub, push, get } = testHub()
  await push(SPEC, 0)
  const lb1 = join(hub, 'lb1')
  lb1.say({ type: 'files', files: [file('/etc/haproxy/haproxy.cfg', '<b>global</b>')] })
  const page = await (await get('/nodes/lb1')).text()
  assert.match(page, /haproxy\.cfg<\/code>/)
  assert.match(page, /&lt;b&gt;global/)
  assert.doesNotMatch(await (await get('/nodes/lb2')).text(), /haproxy\.cfg/)
  // An agent of tomorrow says more of a file; what this hub knows of it is taken.
  const more = { ...file('/etc/new', 'x'), owner: 'root' }
  lb1.say({ type: 'files', files: [more] })
  assert.match(await (await get('/nodes/lb1')).text(), /\/etc\/new/)
  assert.deepEqual(lb1.closes, [])
  const nobody = join(hub)
  nobody.say({ type: 'files', files: [] })
  const bad = join(hub, 'lb2')
  bad.say({ type: 'files', files: [{ path: 7 }] })
  assert.deepEqual(
    [...nobody.closes, ...bad.closes].map(({ code }) => code),
    [1008, 1008],
  )
  hub.close()
})
