import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unmount } from '../../agent/mounting.ts'
import { escapePath } from '../../agent/providers/nfs-client/units.ts'
import { fakeClock } from '../fakes/clock.ts'
import { createFakeHost } from '../fakes/host.ts'
import { fakeRandom } from '../fakes/random.ts'

function machine(type = 'nfs4') {
  const fake = createFakeHost()
  const world = { host: fake.host, clock: fakeClock(), random: fakeRandom(1) }
  fake.nfs.mounts.push({ path: '/srv/www', type, source: '192.0.2.5:/www', options: 'rw' })
  const off = () => unmount({ world }, { do: 'unmount', path: '/srv/www', units: [] })
  return { fake, off }
}

test('a mount that programs use stays, and the step says so', async () => {
  const { fake, off } = machine()
  fake.nfs.busy.add('/srv/www')
  await assert.rejects(off(), { next: 'retry', message: /target is busy/ })
  assert.equal(fake.nfs.mounts.length, 1)
})

test('a mount of a dead server is taken out of the table', async () => {
  const { fake, off } = machine()
  fake.nfs.dead.add('/srv/www')
  await off()
  assert.equal(fake.nfs.mounts.length, 0)
})

test("somebody's disk at the mount point is never unmounted", async () => {
  const { fake, off } = machine('ext4')
  await assert.rejects(off(), {
    next: 'wait',
    message: /cannot use \/srv\/www: .* is mounted there/,
  })
  assert.equal(fake.nfs.mounts.length, 1)
})

test('names of units are escaped as systemd-escape --path does', () => {
  assert.equal(escapePath('/var/www/shared-data'), 'var-www-shared\\x2ddata')
  assert.equal(escapePath('/.hidden/a@b+c_d.e'), '\\x2ehidden-a\\x40b\\x2bc_d.e')
})
