// The certificate that the hub shows stays good: its own is renewed, files are read again, what is broken is said and not used.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesShown, ownShown } from '../../../site/tls/shown.ts'
import type { Name } from '../../../spec/tls/x509.ts'
import { authorityHere, DAY_MS } from './kit.ts'

const NAME: Name = { type: 'dns', value: 'hub.example.org' }
const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo)

test("the hub's own certificate is kept over a restart and renewed a month before its end", async (t) => {
  const here = await authorityHere(t)
  const logs: string[] = []
  const open = () => ownShown({ ...here, names: () => [NAME], log: (line) => void logs.push(line) })
  const shown = await open()
  const first = shown.pair().cert
  assert.equal(statSync(join(here.state, 'hub.pem')).mode & 0o777, 0o600)
  assert.equal(await shown.look(), false)
  assert.equal((await open()).pair().cert, first)
  here.clock.ms += 59 * DAY_MS
  assert.equal(await shown.look(), false)
  here.clock.ms += 2 * DAY_MS
  assert.equal(await shown.look(), true)
  assert.ok(endOf(shown.pair().cert) - here.clock.ms > 89 * DAY_MS)
  assert.equal((await open()).pair().cert, shown.pair().cert)
  assert.match(logs.join('\n'), /there was none\n.*the last one ends on/)
  // Off for a year: the next start makes one before it listens.
  here.clock.ms += 365 * DAY_MS
  assert.ok(endOf((await open()).pair().cert) > here.clock.ms)
})

test('an address that comes is in the next certificate; one that goes makes none', async (t) => {
  const here = await authorityHere(t)
  let names: readonly Name[] = [NAME]
  const shown = await ownShown({ ...here, names: () => names, log: () => undefined })
  names = [NAME, { type: 'ip', value: '192.0.2.7' }]
  assert.equal(await shown.look(), true)
  assert.ok(new X509Certificate(shown.pair().cert).checkIP('192.0.2.7'))
  names = [NAME]
  assert.equal(await shown.look(), false)
})

test('a cut while a certificate is written, or a damaged one, costs nothing: it is made again', async (t) => {
  const here = await authorityHere(t)
  const path = join(here.state, 'hub.pem')
  for (const bad of [
    '',
    '-----BEGIN CERTIFICATE-----\nMIIB',
    readFileSync(join(here.state, 'ca.pem'), 'utf8'),
  ]) {
    writeFileSync(path, bad)
    writeFileSync(`${path}.new`, bad)
    const shown = await ownShown({ ...here, names: () => [NAME], log: () => undefined })
    assert.ok(new X509Certificate(shown.pair().cert).checkHost('hub.example.org'))
  }
})

test('files are read again when they change; a broken pair is said once and the old one stays', async (t) => {
  const here = await authorityHere(t)
  const logs: string[] = []
  const cert = join(here.state, 'given.crt')
  const key = join(here.state, 'given.key')
  const put = (pair: { cert: string; key: string }) => {
    writeFileSync(cert, pair.cert)
    writeFileSync(key, pair.key)
  }
  const first = await here.authority.forHub([NAME])
  const second = await here.authority.forHub([NAME])
  put({ cert: first.cert, key: second.key })
  const open = () => filesShown({ cert, key, now: here.now, log: (line) => void logs.push(line) })
  assert.throws(open, /cannot use .*given\.crt with .*: certificate and key do not belong together/)
  put(first)
  const shown = open()
  assert.equal(shown.fingerprint(), here.authority.fingerprint)
  assert.equal(await shown.look(), false)
  // The moment between the two files: nothing is said.
  put({ cert: second.cert, key: first.key })
  assert.equal(await shown.look(), false)
  assert.deepEqual(logs, [])
  for (let n = 0; n < 3; n++) assert.equal(await shown.look(), false)
  assert.equal(logs.length, 1)
  assert.match(logs[0] ?? '', /do not belong together; the last good one stays$/)
  assert.equal(shown.pair().cert, first.cert)
  put(second)
  assert.equal(await shown.look(), true)
  assert.equal(shown.pair().cert, second.cert)
  here.clock.ms += 91 * DAY_MS
  const third = await here.authority.forHub([NAME])
  put(third)
  assert.equal(await shown.look(), true)
})

test('a chain without its CA has no fingerprint: agents then believe what the machine believes', async (t) => {
  const here = await authorityHere(t)
  const { cert, key } = await here.authority.forHub([NAME])
  const files = { cert: join(here.state, 'leaf.crt'), key: join(here.state, 'leaf.key') }
  writeFileSync(files.cert, new X509Certificate(cert).toString())
  writeFileSync(files.key, key)
  assert.equal(
    filesShown({ ...files, now: here.now, log: () => undefined }).fingerprint(),
    undefined,
  )
})
