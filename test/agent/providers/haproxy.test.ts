// The haproxy provider: golden files per version, the digest, the impact words, the engine's verdicts, the real check.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Version } from '../../../agent/engine.ts'
import type { WantDaemon } from '../../../agent/plan/types.ts'
import { digestIn, digestOf } from '../../../agent/providers/haproxy/digest.ts'
import { haproxyEngine } from '../../../agent/providers/haproxy/engine.ts'
import { haproxyImpact } from '../../../agent/providers/haproxy/impact.ts'
import { haproxy } from '../../../agent/providers/haproxy/index.ts'
import { maxconn } from '../../../agent/providers/haproxy/global.ts'
import { has } from '../../../agent/providers/haproxy/profiles.ts'
import { compareVersions } from '../../../agent/providers/versions.ts'
import { renderHaproxy } from '../../../agent/providers/haproxy/render.ts'
import { statusRegex } from '../../../agent/providers/haproxy/check.ts'
import { duration, word } from '../../../agent/providers/haproxy/words.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import {
  cluster,
  everything,
  facts,
  pool,
  proxy,
  server,
  VERSIONS,
  wordpress,
} from './haproxy-cases.ts'

const CASES = 'test/cases/haproxy'
const CERTIFICATE = '/etc/haproxy/certs/web.pem'
const NOW: Version = [2, 6, 12]
const goldens: Readonly<Record<string, Cluster>> = {
  wordpress: wordpress(),
  everything: everything(CERTIFICATE),
}

for (const [name, wanted] of Object.entries(goldens))
  for (const version of VERSIONS)
    test(`golden ${version.join('.')}-${name}`, () => {
      const folder = join(CASES, `${version.join('.')}-${name}`)
      const { text, notes } = renderHaproxy(wanted, facts(version), version)
      const got = { 'haproxy.cfg': text, 'notes.txt': notes.map((note) => `${note}\n`).join('') }
      for (const [file, body] of Object.entries(got)) {
        if (process.env['UPDATE']) {
          mkdirSync(folder, { recursive: true })
          writeFileSync(join(folder, file), body)
        }
        assert.equal(body, readFileSync(join(folder, file), 'utf8'))
      }
    })

const daemonIn = (wanted: Cluster, more = {}): WantDaemon => {
  const { wants } = haproxy.compile(wanted, facts(NOW, more))
  const found = wants.find((want) => want.kind === 'daemon')
  assert.ok(found)
  return found
}
const textOf = (wanted: Cluster, version: Version = NOW) =>
  renderHaproxy(wanted, facts(version), version).text
const withServer = (more: object, balance = 'roundrobin') =>
  cluster({ pools: [pool('app', { balance, servers: [server('s1', more), server('s2')] })] })

test('the digest is in the text and survives reading it back', () => {
  const { text, digest } = renderHaproxy(cluster(), facts(NOW), NOW)
  assert.match(digest, /^[0-9a-f]{16}$/)
  assert.equal(digestIn(text), digest)
  assert.equal(digestOf(text), digest)
  assert.equal(
    haproxyEngine.digestIn(`Name: HAProxy\ndescription: hactl:${digest}\nPid: 1\n`),
    digest,
  )
  assert.equal(haproxyEngine.digestIn('Name: HAProxy\ndescription: web\n'), '')
})

test('weight and state keep the digest, anything else changes it', () => {
  const plain = digestIn(textOf(withServer({})))
  for (const more of [{ weight: 7 }, { state: 'maint' }, { state: 'drain' }]) {
    assert.equal(digestIn(textOf(withServer(more))), plain)
    assert.notEqual(textOf(withServer(more)), textOf(withServer({})))
  }
  assert.notEqual(digestIn(textOf(withServer({ port: 81 }))), plain)
  assert.notEqual(digestIn(textOf(withServer({ backup: true }))), plain)
})

test('weights that only a reload can change are in the digest: static-rr, haproxy 1.5, extra lines', () => {
  const digests = (one: Cluster, two: Cluster, version: Version = NOW) =>
    [one, two].map((wanted) => digestIn(textOf(wanted, version)))
  const [a, b] = digests(withServer({}, 'static-rr'), withServer({ weight: 7 }, 'static-rr'))
  assert.notEqual(a, b)
  const [c, d] = digests(withServer({}), withServer({ weight: 7 }), [1, 5, 18])
  assert.notEqual(c, d)
  const extra = (weight: number) =>
    cluster({ pools: [pool('app', { extra: [`server x 127.0.0.1:1 weight ${weight}`] })] })
  const [e, f] = digests(extra(1), extra(2))
  assert.notEqual(e, f)
})

test('live settings are wanted only where the running process takes them', () => {
  const liveOf = (more: object) => daemonIn(withServer(more)).live?.servers['app/s1']
  assert.deepEqual(liveOf({ weight: 7 }), { weight: 7, state: 'ready' })
  assert.deepEqual(liveOf({ weight: 7, state: 'maint' }), { weight: 7, state: 'maint' })
  assert.deepEqual(liveOf({ weight: 7, state: 'drain' }), { weight: 0, state: 'ready' })
  assert.deepEqual(daemonIn(withServer({}, 'static-rr')).live?.servers, {})
  const old = haproxy.compile(cluster(), facts([1, 5, 18])).wants.find((w) => w.kind === 'daemon')
  assert.equal(old?.live, undefined)
})

test('impact: each class in its words', () => {
  const want = textOf(cluster())
  const of = (have: string | undefined, version: Version = NOW) =>
    haproxyImpact(have, want, 'lb1', version)
  assert.equal(of(undefined).impact, 'reload')
  assert.match(of(undefined).says, /starts on lb1; nothing was served/)
  assert.equal(of(want).impact, 'quiet')
  assert.equal(of(want.replace('weight 100', 'weight 3')).impact, 'live')
  assert.equal(of(want.replace('weight 100', 'weight 3 disabled')).impact, 'live')
  const other = of(want.replace('retries 3', 'retries 4'))
  assert.equal(other.impact, 'reload')
  assert.match(other.says, /handed over, no connection is refused/)
  assert.match(of(`${want}#`, [1, 5, 18]).says, /may be lost/)
  const gone = of('listen web\n\tbind :80\n\tbind 10.0.0.1:8443 ssl crt x\n')
  assert.equal(gone.impact, 'destroys')
  assert.match(gone.says, /stops serving 10\.0\.0\.1:8443:/)
})

test('one want per package, sysctl and daemon; nothing on a node without a proxy', () => {
  assert.deepEqual(haproxy.compile(cluster(), facts(NOW, { node: 'web1' })).wants, [])
  const absent = haproxy.compile(cluster(), facts(NOW, { engines: {} }))
  assert.deepEqual(
    absent.wants.map((want) => want.kind),
    ['package'],
  )
  assert.equal(absent.notes.length, 1)
  const { wants } = haproxy.compile(everything(CERTIFICATE), facts(NOW))
  const keys = wants.flatMap((want) => (want.kind === 'sysctl' ? [want.key] : []))
  assert.deepEqual(keys, ['net.ipv4.ip_nonlocal_bind', 'net.ipv6.ip_nonlocal_bind'])
  const own = cluster({ proxies: [proxy('web', { addresses: ['172.18.67.13', '127.0.0.1'] })] })
  assert.ok(haproxy.compile(own, facts(NOW)).wants.every((want) => want.kind !== 'sysctl'))
})

test('the daemon: mode, binds, vips and command line follow spec and version', () => {
  const want = daemonIn(everything(CERTIFICATE))
  assert.equal(want.files[0]?.mode, 0o600, 'the file holds password hashes')
  assert.equal(daemonIn(cluster()).files[0]?.mode, 0o644)
  assert.deepEqual(daemonIn(cluster()).binds, [{ address: '0.0.0.0', port: 80 }])
  assert.ok(want.binds.some((bind) => bind.address === '::' && bind.port === 443))
  assert.deepEqual(want.vips, ['db'])
  assert.ok(want.daemon.argv.includes('-W') && want.daemon.argv.includes('-S'))
  const argv = (version: Version) =>
    haproxy.compile(cluster(), facts(version)).wants.find((w) => w.kind === 'daemon')?.daemon.argv
  assert.ok(!argv([1, 8, 27])?.includes('-S'))
  assert.equal(argv([1, 5, 18])?.[0], 'haproxy-systemd-wrapper')
})

test('facts that do not matter do not change the text', () => {
  const base = daemonIn(cluster()).digest
  const address = { interface: 'eth0', address: 'fe80::1', prefix: 64 }
  assert.equal(daemonIn(cluster(), { addresses: [address], filesMax: 1_000_000 }).digest, base)
  assert.equal(daemonIn(cluster(), { supervisor: 'systemd', packager: 'dnf' }).digest, base)
  assert.notEqual(daemonIn(cluster(), { users: ['root'] }).digest, base)
})

test('routes of one name stay apart: the same ACL name would make them alternatives', () => {
  const route = (pathPrefix: string) => ({
    name: 'static',
    ignoreCase: false,
    pool: 'app',
    when: { pathPrefix: [pathPrefix] },
  })
  const text = textOf(cluster({ proxies: [proxy('web', { routes: [route('/a'), route('/b')] })] }))
  assert.match(text, /acl static\.prefix path_beg \/a\n/)
  assert.match(text, /acl static\.2\.prefix path_beg \/b\n/)
})

test('maxconn is bounded by the open files, and that is said', () => {
  assert.deepEqual(maxconn([], 524_288), { value: 20_000, notes: [] })
  const { value, notes } = maxconn([proxy('web', { maxconn: 30_000 })], 20_000)
  assert.equal(value, 9000)
  assert.match(notes[0] ?? '', /9000 connections at most instead of 30000/)
  assert.equal(maxconn([], 64).value, 100)
})

test('words: what haproxy would read otherwise is escaped', () => {
  assert.equal(word('^/a#b c\\.php$'), '^/a\\#b\\ c\\\\.php$')
  assert.equal(word(`"'`), '\\x22\\x27')
  assert.equal(word('/plain-$%{}'), '/plain-$%{}')
  assert.deepEqual([0, 1500, 1000, 60_000, 90_000, 3_600_000].map(duration), [
    '0ms',
    '1500ms',
    '1s',
    '1m',
    '90s',
    '1h',
  ])
})

test('status ranges as a regular expression match exactly the range', () => {
  for (const range of ['200', '200-399', '200-301', '404-410', '100-599']) {
    const [from = 0, to = from] = range.split('-').map(Number)
    const pattern = new RegExp(statusRegex(range))
    for (let code = 100; code <= 599; code++)
      assert.equal(pattern.test(String(code)), code >= from && code <= to, `${range} ${code}`)
  }
})

test('versions compare by number; a range ends before its last version', () => {
  assert.ok(compareVersions([2, 10], [2, 9, 9]) > 0)
  assert.equal(compareVersions([2, 4], [2, 4, 0]), 0)
  assert.ok(has([2, 1, 9], 'httpchk header hack'))
  assert.ok(!has([2, 2, 0], 'httpchk header hack'))
})

const exec = (more: object) => ({ code: 1, signal: null, stdout: '', stderr: '', ...more })

test('engine: old and new messages lose time, pid and path', () => {
  const old = `[ALERT] 325/144428 (7) : parsing [/x.candidate:3] : unknown keyword 'foo' in 'global' section\n[ALERT] 325/144428 (7) : Error(s) found in configuration file : /x.candidate\n`
  const now = `[NOTICE]   (7) : haproxy version is 2.6.12\n[ALERT]    (7) : config : parsing [/x.candidate:3] : unknown keyword 'foo' in 'global' section\n[ALERT]    (7) : config : Fatal errors found in configuration.\n`
  const expected = { ok: false, errors: ["line 3: unknown keyword 'foo' in 'global' section"] }
  assert.deepEqual(haproxyEngine.classify(exec({ stderr: old })), expected)
  assert.deepEqual(haproxyEngine.classify(exec({ stderr: now })), expected)
})

test('engine: exit 0 is the only success; a signal, a missing program and silence are failures', () => {
  const warned = '[WARNING]  (7) : config : parsing [/x:8] : odd\n'
  assert.deepEqual(haproxyEngine.classify(exec({ code: 0, stderr: warned })), {
    ok: true,
    warnings: ['line 8: odd'],
  })
  assert.deepEqual(haproxyEngine.classify(exec({ code: null, signal: 'SIGSEGV' })), {
    ok: false,
    errors: ['haproxy ended with SIGSEGV while it checked this configuration'],
  })
  assert.equal(haproxyEngine.classify(exec({ code: 127 })).ok, false)
  assert.deepEqual(haproxyEngine.classify(exec({ code: 2 })), {
    ok: false,
    errors: ['haproxy refused it with exit code 2'],
  })
})

test('the check runs in the mode of the service', () => {
  assert.deepEqual(haproxyEngine.checkArgv('/c', NOW), ['haproxy', '-W', '-c', '-f', '/c'])
  assert.deepEqual(haproxyEngine.checkArgv('/c', [1, 5, 18]), ['haproxy', '-c', '-f', '/c'])
})

/** Version of the haproxy on this machine, undefined when there is none. */
function installed(): Version | undefined {
  const out = spawnSync('haproxy', ['-v'], { encoding: 'utf8' }).stdout ?? ''
  return /version (\d+(?:\.\d+)+)/i.exec(out)?.[1]?.split('.').map(Number)
}
const here = installed()

test('the installed haproxy takes every rendering without a warning', {
  skip: here === undefined ? 'haproxy is not installed' : false,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hactl-haproxy-'))
  try {
    const pem = join(folder, 'web.pem')
    const made = spawnSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-subj',
        '/CN=test',
        '-keyout',
        pem,
        '-out',
        join(folder, 'crt'),
      ],
      { encoding: 'utf8' },
    )
    assert.equal(made.status, 0, made.stderr)
    writeFileSync(pem, readFileSync(join(folder, 'crt'), 'utf8') + readFileSync(pem, 'utf8'))
    const version = here ?? NOW
    for (const wanted of [wordpress(), everything(pem)]) {
      const path = join(folder, 'haproxy.cfg')
      writeFileSync(path, renderHaproxy(wanted, facts(version), version).text)
      const [program = '', ...argv] = haproxyEngine.checkArgv(path, version)
      const result = spawnSync(program, argv, { encoding: 'utf8' })
      const verdict = haproxyEngine.classify({ ...result, code: result.status })
      assert.ok(verdict.ok, JSON.stringify(verdict))
      // Without a network the name servers of this machine cannot be reached, which is none of the text's business.
      assert.deepEqual(
        verdict.warnings.filter((one) => !one.includes('nameserver')),
        [],
      )
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
