// keepalived's verdicts: one vector per row of FIELD 4.3, as 2.2.7 says it, and the proof by dump.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Version } from '../../../agent/engine.ts'
import type { WantDaemon } from '../../../agent/plan/types.ts'
import { keepalivedEngine } from '../../../agent/providers/keepalived/engine.ts'
import { CHECK_ID, checkable } from '../../../agent/providers/keepalived/extra.ts'
import { keepalived } from '../../../agent/providers/keepalived/index.ts'
import type { Exec } from '../../../agent/world.ts'
import { CASES, cluster, facts } from './keepalived-cases.ts'

const says = (stderr: string, code = 5): Exec => ({ code, signal: null, stdout: '', stderr })
const ok = (exec: Exec) => keepalivedEngine.classify(exec).ok

const FATAL: readonly string[] = [
  "There are 1 missing '}'s or extra '{'s",
  "(/tmp/v.conf: Line 13) Unknown keyword 'foo'",
  "(/tmp/v.conf: Line 10) (web): VRID '0' not valid - must be between 1 & 255",
  '(web) the virtual router id must be set',
  '(/tmp/v.conf: Line 11) (web) Priority not valid! must be between 1 & 255. Using default 100',
  "(/tmp/v.conf: Line 11) number '256' outside range [1, 255]",
  '(b) web and b both use VRID 51 with IPv4 on interface eth0',
  "(/tmp/v.conf: Line 9) WARNING - interface eth9 for vrrp_instance web doesn't exist",
  'Non-existent interface specified in configuration',
  '(web) VRRPv2 advertisement interval 0.100000s must be an integer. rounding',
  '(Line 18) (web) A unicast keyword has been specified without any unicast peers. Defaulting to multicast.',
  '(/tmp/v.conf: Line 14) (web) track script nosuch not found, ignoring...',
  '(/tmp/v.conf: Line 14) (web) track file nosuch not found, ignoring...',
  'Disabling track script a since not found/accessible',
  'Disabling track script chk due to insecure',
  'Unable to set default user for vrrp script chk - removing',
  '(web) Unicast peers are not supported in strict mode',
  '(/tmp/v.conf: Line 20) (web): address family must match VRRP instance [fd09::33/64] - ignoring',
  "Sync group g has only 1 virtual router(s) - this probably isn't what you want",
  "Virtual router nope specified in sync group g doesn't exist - ignoring",
  "WARNING - virtual server [10.9.0.33]:tcp:80 and real server [10.9.0.3]:tcp:8080 ports don't match - resetting",
  "(/tmp/v.conf: Line 23) Invalid lvs_scheduler 'nosuch' - ignoring",
  '(Line 3) Invalid smtp server no.such.host 25',
  '(web) No VIP specified; at least one is required',
  "(Line 22) Config files missing '/nosuch.conf'.",
  "(/etc/x.cfg: Line 19) Extra '}' found",
  "(/etc/x.cfg: Line 19) Unexpected '{' - ignoring",
  '(web) duplicate VRID conflict with b VRID 51',
  '(/etc/x.cfg: Line 19) vrrp instance web already defined',
  "(/etc/x.cfg: Line 26) Unable to set uid/gid for script '/usr/sbin/nginx'",
  '(/etc/x.cfg: Line 22) PARSER : unknown [NOSUCH] routing method for virtual server.',
  'Virtual server [10.0.0.33]:tcp:80: no forwarding method set, setting default NAT',
  '(/etc/x.cfg: Line 8) realpath() error 2 (No such file or directory) for hactl_web',
  "(/etc/x.cfg: Line 28) Invalid retry connection value 'x'",
]
for (const line of FATAL)
  for (const code of [0, 5])
    test(`refused with exit ${code}: ${line}`, () => {
      const verdict = keepalivedEngine.classify(says(`${line}\n`, code))
      assert.ok(!verdict.ok)
      assert.doesNotMatch(verdict.errors.join(), /unknown message/)
    })

for (const line of [
  '(web) Warning - nopreempt will not work with initial state MASTER - clearing',
  '(/tmp/v.conf: Line 15) Truncating auth_pass to 8 characters',
  '(web) VRRP version 3 does not support authentication. Ignoring.',
  '"vrrp_track_file" is deprecated, please use "track_file"',
])
  test(`accepted with a warning: ${line}`, () => {
    const verdict = keepalivedEngine.classify(says(`Sat Nov 21 14:52:20 2026: ${line}\n`))
    assert.ok(verdict.ok && verdict.warnings.length === 1)
  })

test('clean is accepted; start lines are no news', () => {
  assert.deepEqual(keepalivedEngine.classify(says('', 0)), { ok: true, warnings: [] })
  const lines = 'Sat Nov 21 14:52:20 2026: Starting Keepalived v2.2.7 (01/16,2022)\n'
  assert.deepEqual(keepalivedEngine.classify(says(lines, 0)), { ok: true, warnings: [] })
})

test('unknown text, a signal, a bad exit without a reason, no program: refused', () => {
  assert.ok(!ok(says('something nobody has seen', 0)))
  assert.ok(!ok({ code: null, signal: 'SIGSEGV', stdout: '', stderr: '' }))
  assert.ok(!ok(says('', 5)))
  assert.ok(!ok(says('', 127)))
})

test('one fatal line among warnings refuses, each message once', () => {
  const verdict = keepalivedEngine.classify(says(`Truncating auth_pass\n${FATAL[0]}\n${FATAL[0]}`))
  assert.ok(!verdict.ok && verdict.errors.length === 1)
})

test('no check before 2.0.4', () => {
  assert.equal(keepalivedEngine.checkArgv('/x', [1, 3, 5]), undefined)
  assert.deepEqual(keepalivedEngine.checkArgv('/x', [2, 0, 4]), ['keepalived', '-t', '-f', '/x'])
})

test('the digest is read from a dump, and from nothing else', () => {
  const dump = '------< Global definitions >------\n Router ID = hactl_0123456789abcdef\n'
  assert.equal(keepalivedEngine.digestIn(dump), '0123456789abcdef')
  assert.equal(keepalivedEngine.digestIn('   Virtual Router ID = 51\n Router ID = lb1\n'), '')
  assert.equal(keepalivedEngine.digestIn(''), '')
})

const NAMESPACE = ['unshare', '-n', '--'] as const
const usable =
  spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'keepalived', '--version']).status === 0
for (const name of usable ? CASES : [])
  test(`the installed keepalived accepts ${name}`, () => {
    const of = cluster(name)
    const { wants } = keepalived.compile(of, facts(of, [2, 2, 7], ['PROC_EVENTS']))
    const daemon = wants.find((w): w is WantDaemon => w.kind === 'daemon')
    const folder = mkdtempSync(join(tmpdir(), 'hactl-keepalived-'))
    try {
      const file = join(folder, 'keepalived.conf')
      writeFileSync(file, daemon?.files[0]?.body ?? '', { mode: 0o600 })
      const command = 'ip link add eth0 type veth peer name eth1 && exec "$0" "$@"'
      const argv = keepalivedEngine.checkArgv(file, [2, 2, 7]) ?? []
      const run = spawnSync('unshare', ['-n', '--', 'sh', '-c', command, ...argv], {
        encoding: 'utf8',
      })
      const exec = { code: run.status, signal: run.signal, stdout: run.stdout, stderr: run.stderr }
      assert.deepEqual(keepalivedEngine.classify(exec), { ok: true, warnings: [] })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
test('2.2.7 falls over programs that do not run as root, so its check reads root for the user', () => {
  const argv = (version: Version) => keepalivedEngine.checkArgv('/x', version)
  assert.deepEqual(argv([2, 2, 7]), ['keepalived', '-t', '-i', CHECK_ID, '-f', '/x'])
  for (const version of [
    [2, 1, 5],
    [2, 2, 8],
  ])
    assert.deepEqual(argv(version), ['keepalived', '-t', '-f', '/x'])
  const body = 'user nobody\n    notify "/a b" web www\n    user root\nscript "/c" \n'
  assert.equal(
    checkable(body, [2, 2, 7]),
    `@^${CHECK_ID} user nobody\n@${CHECK_ID} user root\n    @^${CHECK_ID} notify "/a b" web www\n    @${CHECK_ID} notify "/a b" root\n    user root\nscript "/c" \n`,
  )
  assert.equal(checkable(body, [2, 2, 8]), body)
})
test('what a file with a password holds is never told, whatever keepalived says of it', () => {
  const line = "(/etc/keepalived/auth-web.conf: Line 1) Unknown keyword 'canary'"
  const verdict = keepalivedEngine.classify(
    says(`${line}\n(web) Authentication specified but no password given. Ignoring`),
  )
  assert.equal(verdict.ok, false)
  assert.doesNotMatch(JSON.stringify(verdict), /canary/)
  assert.match(JSON.stringify(verdict), /line 1 of .*auth-web\.conf: it has to be auth_pass/)
})
test('the installed keepalived is asked', {
  skip: usable ? false : 'no keepalived or no namespaces',
}, () => {
  assert.ok(usable)
})
