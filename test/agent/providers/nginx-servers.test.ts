// What stands behind nginx, for the report and for keepalived: servers nobody can speak for, and the process that is watched.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepalived } from '../../../agent/providers/keepalived/index.ts'
import { nginxServers } from '../../../agent/providers/nginx/servers.ts'
import { fakeFacts } from '../../fakes/facts.ts'
import { cluster, pool, proxy as haproxyProxy, server } from './haproxy-cases.ts'
import { dualMaster, proxy } from './nginx-cases.ts'

test('servers behind nginx are UNKNOWN, those that the spec takes out are MAINT, of haproxy none', () => {
  const servers = [
    server('a'),
    server('b', { state: 'maint' }),
    server('c', { weight: 0 }),
    server('d', { state: 'drain' }),
  ]
  const both = cluster({
    proxies: [proxy('n'), haproxyProxy('h', { port: 81, pool: 'other' })],
    pools: [pool('app', { servers }), pool('other')],
  })
  const seen = nginxServers(both, 'lb1').map(
    (one) => `${one.pool}/${one.server} ${one.status} ${one.weight}`,
  )
  assert.deepEqual(seen, ['app/a UNKNOWN 100', 'app/b MAINT 0', 'app/c MAINT 0', 'app/d MAINT 0'])
  assert.deepEqual(nginxServers(both, 'lb2'), [])
})

test('keepalived tracks the processes of the engines behind each vip, and no other', () => {
  const facts = fakeFacts('nginx1', '192.168.153.11', {
    engines: { keepalived: { version: [2, 2, 7], features: ['PROC_EVENTS'] } },
  })
  const textOf = (wanted: ReturnType<typeof dualMaster>) => {
    const daemon = keepalived.compile(wanted, facts).wants.find((want) => want.kind === 'daemon')
    return daemon?.files[0]?.body ?? ''
  }
  const tracked = (text: string) => text.match(/(?<=track_process \{\n\s+)\S+(?:\n\s+hactl_\S+)*/g)
  const all = dualMaster()
  assert.match(textOf(all), /vrrp_track_process hactl_nginx \{\n\s+process nginx\n/)
  assert.doesNotMatch(textOf(all), /haproxy/)
  assert.deepEqual(tracked(textOf(all)), ['hactl_nginx', 'hactl_nginx'])
  const [first, second] = all.proxies
  assert.ok(first && second)
  const mixed = { ...all, proxies: [{ ...first, engine: 'haproxy' as const }, second] }
  assert.deepEqual(tracked(textOf(mixed)), ['hactl_haproxy', 'hactl_nginx'])
  assert.match(textOf(mixed), /vrrp_track_process hactl_haproxy \{\n\s+process haproxy\n/)
})
