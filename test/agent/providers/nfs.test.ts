// What the spec says of exports and mounts beyond its members stands in the files, and is not looked for elsewhere.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { offlineFacts } from '../../../agent/plan/offline.ts'
import { nfsClient } from '../../../agent/providers/nfs-client/index.ts'
import { nfsServer } from '../../../agent/providers/nfs-server/index.ts'
import { checkSpec } from '../../../spec/check.ts'

const { cluster } = checkSpec(readFileSync('test/cases/lint/good-nfs-options/spec.json', 'utf8'))

test('options and names of an export are written, and only its members compared with the table', () => {
  assert.ok(cluster !== undefined)
  const { wants } = nfsServer.compile(cluster, offlineFacts(cluster, 'nfs1'))
  const [want] = wants.flatMap((one) => (one.kind === 'exports' ? [one] : []))
  assert.match(
    want?.file.body ?? '',
    /^\/srv\/www \*\.example\.org\(ro,.*,insecure,sec=krb5:sys\)$/m,
  )
  assert.match(want?.file.body ?? '', /^\/srv\/www @web\(/m)
  assert.equal(
    want?.rows.some(({ options }) => options.includes('insecure')),
    false,
  )
})

test('options of a mount are in its unit', () => {
  assert.ok(cluster !== undefined)
  const { wants } = nfsClient.compile(cluster, offlineFacts(cluster, 'web1'))
  const [want] = wants.flatMap((one) => (one.kind === 'mount' ? [one] : []))
  assert.match(
    want?.units?.mount.file.body ?? '',
    /^Options=ro,hard,vers=4\.2,_netdev,nofail,noatime,rsize=65536$/m,
  )
})
