// /etc/exports and /etc/fstab.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importFiles } from '../../../spec/import/index.ts'
import type { Kind } from '../../../spec/import/types.ts'

const read = (kind: Kind, text: string) =>
  importFiles([{ name: 'file', node: 'lb1', text, kind }], { cluster: 'test', addresses: {} })
const specOf = (text: string) => JSON.parse(text)

test('exports and fstab', () => {
  const exported = specOf(
    read('exports', '/srv/a 192.0.2.0/255.255.255.0(rw,async,no_root_squash) # x\n').text,
  )
  assert.deepEqual(exported.exports, {
    'srv-a': {
      nodes: ['lb1'],
      path: '/srv/a',
      write: true,
      sync: false,
      squash: 'none',
      clients: { networks: ['192.0.2.0/24'] },
    },
  })
  const { text, report } = read(
    'fstab',
    'db:/srv/a /mnt nfs ro,soft,vers=4.1,noatime 0 0\n/dev/sda1 / ext4 defaults 0 1\n',
  )
  assert.deepEqual(specOf(text).mounts, {
    mnt: {
      nodes: ['lb1'],
      server: 'db',
      source: '/srv/a',
      path: '/mnt',
      version: '4.1',
      write: false,
      hard: false,
      options: ['noatime'],
    },
  })
  assert.deepEqual(
    report.map(({ fate }) => fate),
    ['modelled', 'kept'],
  )
})

test('names, netgroups and options of exports(5); what hactl decides otherwise is asked', () => {
  const { text, report, decisions } = read(
    'exports',
    '/srv/b -sync,insecure *.example.org(rw,crossmnt) @trusted(rw,crossmnt)\n/srv/c 192.0.2.1(rw,subtree_check)\n',
  )
  const { exports } = specOf(text)
  assert.deepEqual(exports['srv-b'], {
    nodes: ['lb1'],
    path: '/srv/b',
    write: true,
    options: ['insecure', 'crossmnt'],
    clients: { hosts: ['*.example.org', '@trusted'] },
  })
  assert.deepEqual(
    report.map(({ fate }) => fate),
    ['modelled', 'not-taken'],
  )
  assert.match(
    decisions.map(({ what }) => what).join(),
    /srv\/c is exported, but without subtree_check/,
  )
})
