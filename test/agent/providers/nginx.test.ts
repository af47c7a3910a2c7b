// The nginx provider: golden files per version, the digest, what it wants, the impact words, the engine's verdicts, the real check.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Version } from '../../../agent/engine.ts'
import { healthTargets } from '../../../agent/health-targets.ts'
import type { Facts, WantDaemon } from '../../../agent/plan/types.ts'
import { nginxEngine } from '../../../agent/providers/nginx/engine.ts'
import { listensIn, nginxImpact } from '../../../agent/providers/nginx/impact.ts'
import { nginx } from '../../../agent/providers/nginx/index.ts'
import { renderNginx } from '../../../agent/providers/nginx/render.ts'
import { haproxy } from '../../../agent/providers/haproxy/index.ts'
import type { Cluster } from '../../../spec/cluster.ts'
import { fakeFacts } from '../../fakes/facts.ts'
import { cluster, pool, server } from './haproxy-cases.ts'
import { dualMaster, everything, facts, FEATURES, proxy } from './nginx-cases.ts'

const CASES = 'test/cases/nginx'
const CERTIFICATE = '/etc/nginx/certs/web.pem'
const NOW: Version = [1, 22, 1]
/** EL7 with EPEL, EL8, Debian 11, EL9, Debian 12, EL10 and Debian 13, nginx.org. */
const VERSIONS: readonly Version[] = [
  [1, 14, 1],
  [1, 18, 0],
  [1, 20, 1],
  NOW,
  [1, 26, 3],
  [1, 30, 0],
]
const onNginx1 = (version: Version): Facts =>
  fakeFacts('nginx1', '192.168.153.11', {
    engines: { nginx: { version, features: FEATURES } },
    users: ['root', 'nginx'],
  })
const goldens: Readonly<Record<string, (version: Version) => readonly [Cluster, Facts]>> = {
  'dual-master': (version) => [dualMaster(), onNginx1(version)],
  everything: (version) => [everything(CERTIFICATE), facts(version)],
}

for (const [name, of] of Object.entries(goldens))
  for (const version of VERSIONS)
    test(`golden ${version.join('.')}-${name}`, () => {
      const folder = join(CASES, `${version.join('.')}-${name}`)
      const { text, notes } = renderNginx(...of(version), version)
      const got = { 'nginx.conf': text, 'notes.txt': notes.map((note) => `${note}\n`).join('') }
      for (const [file, body] of Object.entries(got)) {
        if (process.env['UPDATE']) {
          mkdirSync(folder, { recursive: true })
          writeFileSync(join(folder, file), body)
        }
        assert.equal(body, readFileSync(join(folder, file), 'utf8'))
      }
    })

const daemonIn = (wanted: Cluster, at: Facts = facts(NOW)): WantDaemon => {
  const found = nginx.compile(wanted, at).wants.find((want) => want.kind === 'daemon')
  assert.ok(found)
  return found
}
const web = (more = {}, pools = [pool('app')]) => cluster({ proxies: [proxy('web', more)], pools })

test('the digest is in the text, in the answer of what runs, and changes with the text', () => {
  const { text, digest } = renderNginx(web(), facts(NOW), NOW)
  assert.match(digest, /^[0-9a-f]{16}$/)
  assert.equal(nginxEngine.digestIn(text), digest)
  assert.equal(nginxEngine.digestIn(`hactl:${digest}\n`), digest)
  assert.equal(nginxEngine.digestIn('hactl:\n'), '')
  assert.equal(nginxEngine.digestIn('<html>hactl:0123456789abcdef</html>'), '')
  assert.notEqual(renderNginx(web({ port: 81 }), facts(NOW), NOW).digest, digest)
})

test('each proxy has one engine: neither renders the other one, and a sysctl has one owner', () => {
  const both = cluster({
    proxies: [
      proxy('n', { addresses: ['172.18.67.33'] }),
      { ...proxy('h'), engine: 'haproxy', port: 81, addresses: ['172.18.67.34'] },
    ],
  })
  const at = fakeFacts('lb1', '172.18.67.13')
  const wants = [haproxy, nginx].map((one) => one.compile(both, at).wants)
  const bodies = wants.map((of) => of.flatMap((w) => (w.kind === 'daemon' ? w.files : [])))
  assert.deepEqual(
    bodies.map((of) => of.map((file) => file.path)),
    [['/etc/haproxy/haproxy.cfg'], ['/etc/nginx/nginx.conf']],
  )
  assert.doesNotMatch(bodies[0]?.[0]?.body ?? '', /172\.18\.67\.33/)
  assert.doesNotMatch(bodies[1]?.[0]?.body ?? '', /172\.18\.67\.34/)
  const keys = wants.flat().flatMap((want) => (want.kind === 'sysctl' ? [want.key] : []))
  assert.deepEqual(keys, ['net.ipv4.ip_nonlocal_bind'])
  const alone = nginx.compile(web({ addresses: ['172.18.67.33'] }), at).wants
  assert.ok(alone.some((want) => want.kind === 'sysctl'))
})

test('without nginx its package alone is wanted; without a proxy of its own nothing is', () => {
  const absent = nginx.compile(web(), facts(NOW, [], { engines: {} }))
  assert.deepEqual(
    absent.wants.map((want) => want.kind),
    ['package'],
  )
  assert.deepEqual(nginx.compile(web(), facts(NOW, [], { node: 'web1' })).wants, [])
  assert.deepEqual(nginx.compile(cluster(), facts(NOW)).wants, [])
})

test('mode tcp: built in, loaded where the module lies, else asked of the packager and left out', () => {
  const tcp = web({ mode: 'tcp', port: 3306 }, [pool('app', { mode: 'tcp' })])
  const textWith = (features: readonly string[]) => renderNginx(tcp, facts(NOW, features), NOW).text
  assert.match(textWith(['stream']), /\nstream \{/)
  assert.doesNotMatch(textWith(['stream']), /load_module/)
  assert.match(
    textWith(FEATURES),
    /\nload_module \/usr\/lib\/nginx\/modules\/ngx_stream_module\.so;\n/,
  )
  const { wants, notes } = nginx.compile(tcp, facts(NOW, ['stream=dynamic']))
  assert.ok(wants.some((w) => w.kind === 'packages' && w.names.includes('libnginx-mod-stream')))
  assert.match(notes.join('\n'), /proxy web is left out: mode tcp needs/)
  assert.deepEqual(daemonIn(tcp, facts(NOW, ['stream=dynamic'])).binds, [])
  const dnf = nginx.compile(tcp, facts(NOW, [], { packager: 'dnf' })).wants
  assert.ok(dnf.some((w) => w.kind === 'packages' && w.names.includes('nginx-mod-stream')))
})

test('a socket that a killed nginx left is named, so that the next one can start', () => {
  const { daemon } = daemonIn(web())
  assert.deepEqual(daemon.leftovers, ['/run/hactl/nginx.sock'])
  assert.deepEqual(daemon.argv, ['nginx', '-c', '/etc/nginx/nginx.conf', '-g', 'daemon off;'])
})

test('health: through the port where that is plain HTTP, else through its own socket', () => {
  const targets = (more: object) =>
    healthTargets(web({ vip: 'v', ...more }), 'lb1').map((t) => t.url)
  assert.deepEqual(targets({}), ['http://127.0.0.1:80/.hactl/health'])
  assert.deepEqual(targets({ addresses: ['10.0.0.1'] }), ['unix:/run/hactl/nginx.sock:/health'])
})

test('servers: weights by their common part, no backups where nginx has none, backups alone serve', () => {
  const linesOf = (more: object) =>
    renderNginx(web({}, [pool('app', more)]), facts(NOW), NOW)
      .text.split('\n')
      .filter((line) => line.includes('# s'))
      .map((line) => line.trim())
  const servers = [server('s1', { weight: 100 }), server('s2', { weight: 150, backup: true })]
  const tail = 'max_fails=3 fail_timeout=6s'
  const at = 'server 172.18.67.11:8080'
  assert.deepEqual(linesOf({ servers }), [
    `${at} weight=2 ${tail}; # s1`,
    `${at} weight=3 ${tail} backup; # s2`,
  ])
  assert.deepEqual(linesOf({ servers, balance: 'source' }), [`${at} ${tail}; # s1`])
  assert.deepEqual(linesOf({ servers: servers.slice(1) }), [`${at} ${tail}; # s2`])
})

test('impact: each class in its words', () => {
  const want = renderNginx(web(), facts(NOW), NOW).text
  const of = (have: string | undefined) => nginxImpact(have, want, 'lb1')
  assert.match(of(undefined).says, /starts on lb1; nothing was served/)
  assert.equal(of(want).impact, 'quiet')
  const other = of(want.replace('send_timeout 1m', 'send_timeout 2m'))
  assert.equal(other.impact, 'reload')
  assert.match(other.says, /no connection is refused/)
  const gone = of('server {\n\tlisten 80;\n\tlisten [::]:443 ssl;\n}\n')
  assert.equal(gone.impact, 'destroys')
  assert.match(gone.says, /stops serving \[::\]:443:/)
  assert.deepEqual([...listensIn(want)], ['*:80'])
})

test('verdicts: exit code and messages together, an ignored server name is an error', () => {
  const verdict = (stderr: string, code: number | null = 0, signal: string | null = null) =>
    nginxEngine.classify({ code, signal, stdout: '', stderr })
  const fine = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful\n`
  assert.deepEqual(verdict(fine), { ok: true, warnings: [] })
  const deprecated = 'nginx: [warn] the "listen ... http2" directive is deprecated in /x:9\n'
  assert.deepEqual(verdict(deprecated + fine), {
    ok: true,
    warnings: ['the "listen ... http2" directive is deprecated in line 9'],
  })
  const conflict = 'nginx: [warn] conflicting server name "a" on 0.0.0.0:80, ignored\n'
  assert.equal(verdict(conflict + fine).ok, false)
  const own =
    'nginx: [alert] could not open error log file: open() "/var/log/nginx/error.log" failed\n'
  assert.equal(verdict(own + fine).ok, true)
  const refused = verdict(
    'nginx: [emerg] unknown directive "x" in /etc/nginx/nginx.conf.hactl-candidate:3\nnginx: configuration file /etc/nginx/nginx.conf.hactl-candidate test failed\n',
    1,
  )
  assert.deepEqual(refused, { ok: false, errors: ['unknown directive "x" in line 3'] })
  assert.equal(verdict('nginx: [emerg] something\n').ok, false, 'exit 0 with an error')
  assert.equal(verdict('Segmentation fault\n', 0).ok, false, 'unknown text')
  assert.equal(verdict('', null, 'SIGSEGV').ok, false)
  assert.equal(verdict('', 127).ok, false)
  assert.equal(verdict('', 1).ok, false)
})

const installed = spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr
const here = /nginx\/(\d+\.\d+\.\d+)/
  .exec(installed ?? '')?.[1]
  ?.split('.')
  .map(Number)

test(`nginx ${here?.join('.')} takes what is rendered for it`, { skip: here === undefined }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hactl-nginx-'))
  try {
    const pem = join(folder, 'web.pem')
    const made = spawnSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
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
    const built = ['http_v2_module']
    const cases: readonly (readonly [Cluster, Facts])[] = [
      [everything(pem), facts(version, built)],
      [
        dualMaster(),
        { ...onNginx1(version), engines: { nginx: { version, features: built } }, users: [] },
      ],
    ]
    for (const [wanted, at] of cases) {
      // Nothing but the parse is asked here: no vip is local, and ports below 1024 may be held by others.
      const text = renderNginx(wanted, at, version)
        .text.replaceAll(
          /listen [0-9.]+\.(\d+):(\d+)/g,
          (_, host, port) => `listen 127.0.1.${host}:${20_000 + Number(port)}`,
        )
        .replaceAll('/run/', `${folder}/`)
      const path = join(folder, 'nginx.conf')
      mkdirSync(join(folder, 'hactl'), { recursive: true })
      writeFileSync(path, text)
      const [program = '', ...argv] = nginxEngine.checkArgv(path)
      const result = spawnSync(program, argv, { encoding: 'utf8' })
      const verdict = nginxEngine.classify({ ...result, code: result.status })
      assert.deepEqual(verdict, { ok: true, warnings: [] }, result.stderr)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
