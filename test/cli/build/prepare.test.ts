import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Machine, NEEDS, prepare, programExists } from '../../../cli/build/prepare.ts'
import { packagesOf } from '../../../cli/lab/tools.ts'

/** A machine with some programs; installing a package brings the programs that NEEDS says it has. */
function machine(here: readonly string[], { root = true, broken = '' } = {}) {
  const programs = new Set(here)
  const log: string[] = []
  const fake: Machine = {
    exists: (program) => programs.has(program),
    root,
    run: async (argv, signal) => {
      log.push(argv.join(' '))
      signal?.throwIfAborted()
      if (argv.includes('--download-only') || !argv.includes('install')) return
      for (const { program, apt, dnf } of NEEDS)
        if ((argv.includes(apt) || argv.includes(dnf)) && program !== broken) programs.add(program)
    },
    holdServices: () => {
      log.push('hold')
      return () => void log.push('release')
    },
  }
  const said: string[] = []
  const go = (signal?: AbortSignal) =>
    prepare({
      say: (text) => void said.push(text),
      machine: fake,
      ...(signal === undefined ? {} : { signal }),
    })
  return { go, log, said }
}
const ALL = NEEDS.map((need) => need.program)
const without = (...missing: string[]) => ALL.filter((program) => !missing.includes(program))

test('only what is missing is named, once, under the name of the package manager', () => {
  const exists = (program: string) => !['nginx', 'ip', 'bridge', 'ps'].includes(program)
  assert.deepEqual(packagesOf(NEEDS, 'apt', exists), ['nginx-light', 'iproute2', 'procps'])
  assert.deepEqual(packagesOf(NEEDS, 'dnf', exists), ['nginx', 'iproute', 'procps-ng'])
})

test('where all is there nothing is run and nothing said', async () => {
  const { go, log, said } = machine([...ALL, 'apt-get'])
  await go()
  assert.deepEqual([log, said], [[], []])
})

test('Debian: announced, downloaded, then installed while services are held back', async () => {
  const { go, log, said } = machine([...without('haproxy', 'mount'), 'apt-get'])
  await go()
  const install = 'apt-get install -y -q --no-install-recommends'
  assert.deepEqual(said, ['installing haproxy mount (apt-get); their services are not started'])
  assert.deepEqual(log, [
    'apt-get update -q',
    `${install} --download-only haproxy mount`,
    'hold',
    `${install} haproxy mount`,
    'release',
  ])
})

test('EL: dnf, under its names', async () => {
  const { go, log } = machine([...without('nginx', 'unshare', 'ps'), 'dnf'])
  await go()
  assert.deepEqual(log, ['dnf install -y -q nginx util-linux procps-ng'])
})

test('Ctrl-C ends it before the installation', async () => {
  const { go, log } = machine([...without('haproxy'), 'apt-get'])
  await assert.rejects(go(AbortSignal.abort()))
  assert.deepEqual(log, ['apt-get update -q'])
})

for (const [what, setup, says] of [
  [
    'a user',
    machine([...without('haproxy'), 'apt-get'], { root: false }),
    /sudo apt-get install haproxy/,
  ],
  ['no package manager', machine(without('haproxy')), /neither apt-get nor dnf/],
  [
    'a package without its program',
    machine([...without('nft'), 'dnf'], { broken: 'nft' }),
    /nftables installed, but/,
  ],
] as const)
  test(`${what}: says what to do`, async () => {
    await assert.rejects(setup.go(), says)
  })

test('an empty PATH entry and a missing program are not found', () => {
  assert.equal(programExists('no-such-program-of-hactl', '::/bin'), false)
  assert.equal(programExists('sh', '/nowhere:/bin'), true)
})
