import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MountHealth, nextMount, probed } from '../../../agent/kinds/mount-health.ts'
import { parseMountinfo } from '../../../agent/kinds/mount-table.ts'

const [autofs, nfs, blank] = parseMountinfo(
  [
    '36 35 0:42 / /srv/www rw,relatime shared:1 - autofs systemd-1 rw,fd=29',
    '40 36 0:43 / /srv/www rw,relatime shared:2 master:1 - nfs4 192.0.2.5:/www rw,vers=4.2,hard,proto=tcp',
    '41 36 0:44 / /srv/two\\040words rw - ext4 /dev/sda1 rw',
  ].join('\n'),
)

test('the mount table is read with its optional fields and escapes', () => {
  assert.equal(nfs?.source, '192.0.2.5:/www')
  assert(nfs.options.includes('hard') && nfs.options.includes('relatime'))
  assert.equal(blank?.path, '/srv/two words')
})

const word = (code: number | undefined, stderr: string, top = nfs) =>
  probed({ code, stdout: '', stderr }, top).state

test('what a probe means', () => {
  assert.equal(word(0, ''), 'ok')
  assert.equal(word(undefined, ''), 'hung')
  assert.equal(word(undefined, '', autofs), 'absent')
  assert.equal(
    word(1, 'stat: cannot read file system information: No such device', autofs),
    'absent',
  )
  assert.equal(
    word(1, "stat: cannot read file system information for '/x': Stale file handle"),
    'stale',
  )
  assert.equal(word(1, 'stat: Input/output error'), 'hung')
  assert.equal(probed({ code: 0, stdout: '', stderr: '' }, undefined).state, 'absent')
})

test('one missed probe of a mount that was well changes nothing, two do; good news are at once', () => {
  const good = probed({ code: 0, stdout: '', stderr: '' }, nfs)
  const bad = probed({ code: undefined, stdout: '', stderr: '' }, nfs)
  const words = (probes: readonly (typeof good)[]) => {
    let health: MountHealth | undefined
    return probes.map((one) => {
      health = nextMount(health, one)
      return health.state
    })
  }
  assert.deepEqual(words([good, bad, good, bad, bad, bad, good]), [
    'ok',
    'ok',
    'ok',
    'ok',
    'hung',
    'hung',
    'ok',
  ])
  assert.deepEqual(words([bad]), ['hung'])
})
