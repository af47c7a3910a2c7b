// Whose a service's file is: of the group that the spec names, as soon as there is one; a secret in it is for nobody else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGroups } from '../../../agent/host/facts/users.ts'
import { diffUnit } from '../../../agent/kinds/unit.ts'
import { compile } from '../../../agent/plan/index.ts'
import { emptyObserved } from '../../../agent/plan/offline.ts'
import { clusterOf } from '../../site/kit.ts'
import { fakeFacts } from '../../fakes/facts.ts'

const PATH = '/etc/wordpress/config.php'
const cluster = clusterOf(
  JSON.stringify({
    ...{ version: 1, cluster: 'c', nodes: { web: { address: '192.0.2.11/24' } } },
    secrets: { db: { from: 'credential:db' } },
    services: {
      php: {
        unit: 'apache2.service',
        files: {
          [PATH]: { group: 'www-data', lines: [`password = '\${secret:db}'`] },
          '/etc/php/plain.ini': { lines: ['a = b'] },
        },
      },
    },
  }),
)
const groups = parseGroups('root:x:0:\nwww-data:x:33:kim\nbroken\nodd:x:no:\n')
const compiled = (more = {}) =>
  compile(cluster, fakeFacts('web', '192.0.2.11', { supervisor: 'systemd', ...more }))
const unitIn = ({ wants }: ReturnType<typeof compile>) => {
  const unit = wants.find((want) => want.kind === 'unit')
  assert.ok(unit?.kind === 'unit')
  return unit
}

test('a file is of the group of the spec, with mode 0640 where a secret stands in it', () => {
  const [plain, secret] = unitIn(compiled({ groups })).files
  assert.deepEqual([secret?.path, secret?.mode, secret?.gid], [PATH, 0o640, 33])
  assert.deepEqual([plain?.mode, plain?.gid], [0o644, undefined])
})

test('a group that is not there yet: for root alone until the package brings it, and said', () => {
  const early = compiled()
  assert.equal(unitIn(early).files[1]?.gid, 0)
  assert.ok(
    early.notes.some((note) => /config.php is for root alone, .* no group www-data/.test(note)),
  )
  assert.deepEqual(compiled({ groups }).notes, [])
})

test('another group on disk is a difference, and is put right with the file', () => {
  const unit = unitIn(compiled({ groups }))
  const units = new Map([[unit.unit, { loaded: true, active: 'active', boot: 'enabled' }]])
  const asOn = (gid: number) => ({
    ...emptyObserved(),
    units,
    files: new Map(
      unit.files.map((file) => [file.path, { ...file, gid: file.gid === undefined ? 0 : gid }]),
    ),
  })
  assert.equal(diffUnit(unit, asOn(33)).step, undefined)
  const { step } = diffUnit(unit, asOn(0))
  const written = step?.commit.flatMap((a) => (a.do === 'write' ? [[a.path, a.gid]] : []))
  assert.deepEqual(written, [[PATH, 33]])
})
