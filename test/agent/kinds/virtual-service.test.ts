// The kernel's table against the checkers' word: what is mended, and what is left alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffVirtualService } from '../../../agent/kinds/virtual-service.ts'
import { emptyObserved, offlineFacts } from '../../../agent/plan/offline.ts'
import type { Observed, WantVirtualService } from '../../../agent/plan/types.ts'
import { keepalived } from '../../../agent/providers/keepalived/index.ts'
import { parseIpvs } from '../../../agent/providers/lvs/table.ts'
import { clusterOf, type Edit } from '../providers/lvs-cases.ts'

function want(edit?: Edit): WantVirtualService {
  const cluster = clusterOf(edit)
  const { wants } = keepalived.compile(cluster, offlineFacts(cluster, 'lb1'))
  const found = wants.find((w) => w.kind === 'virtual-service')
  return found ?? assert.fail('keepalived wants no virtual service')
}
const word = (up: readonly string[], quorum = true): Observed['checked'] =>
  new Map([
    [
      'tcp 10.0.0.33:80',
      {
        rows: new Map(['10.0.0.21:80', '10.0.0.22:80'].map((row) => [row, up.includes(row)])),
        quorum,
      },
    ],
  ])
const rows = (...lines: readonly string[]): Observed['ipvs'] =>
  parseIpvs(`TCP  0A000021:0050 rr\n${lines.map((l) => `  -> ${l} 0 0`).join('\n')}\n`)
const ROW1 = '0A000015:0050 Route 1'
const ROW2 = '0A000016:0050 Route 2'
const BOTH = ['10.0.0.21:80', '10.0.0.22:80']
const at = ['-t', '10.0.0.33:80']

const CASES: readonly [string, Partial<Observed>, readonly (readonly string[])[]][] = [
  ['all is as keepalived says', { checked: word(BOTH), ipvs: rows(ROW1, ROW2) }, []],
  [
    'a row was lost',
    { checked: word(BOTH), ipvs: rows(ROW1) },
    [['-a', ...at, '-r', '10.0.0.22:80', '-g', '-w', '2']],
  ],
  [
    'a row that a check took out stays out',
    { checked: word(['10.0.0.21:80']), ipvs: rows(ROW1) },
    [],
  ],
  [
    'a dead server was put back by hand',
    { checked: word(['10.0.0.21:80']), ipvs: rows(ROW1, ROW2) },
    [['-d', ...at, '-r', '10.0.0.22:80']],
  ],
  [
    'a weight was changed by hand',
    { checked: word(BOTH), ipvs: rows(ROW1, '0A000016:0050 Route 9') },
    [['-e', ...at, '-r', '10.0.0.22:80', '-g', '-w', '2']],
  ],
  [
    'the table was cleared',
    { checked: word(['10.0.0.21:80']), ipvs: [] },
    [
      ['-A', ...at, '-s', 'rr'],
      ['-a', ...at, '-r', '10.0.0.21:80', '-g', '-w', '1'],
    ],
  ],
  [
    'another scheduler by hand',
    { checked: word(BOTH), ipvs: rows(ROW1, ROW2).map((s) => ({ ...s, scheduler: 'wlc' })) },
    [['-E', ...at, '-s', 'rr']],
  ],
  ['keepalived does not say', { checked: new Map(), ipvs: [] }, []],
  [
    'keepalived does not know every server yet',
    {
      checked: new Map([
        ['tcp 10.0.0.33:80', { rows: new Map([['10.0.0.21:80', true]]), quorum: true }],
      ]),
      ipvs: rows(ROW1, ROW2),
    },
    [],
  ],
]

for (const [name, seen, argvs] of CASES)
  test(`table: ${name}`, () => {
    const { step, kept } = diffVirtualService(want(), { ...emptyObserved(), ...seen })
    const got = step?.commit.map((a) => (a.do === 'run' ? a.argv.slice(1) : [a.do])) ?? []
    assert.deepEqual(got, argvs)
    if (argvs.length === 0) assert.ok(kept)
    else assert.equal(step?.impact, 'live')
  })

test('persistence is compared whatever HZ the kernel has', () => {
  const edit: Edit = (spec) => Object.assign(spec.lvs.web, { persistenceMs: 60_000 })
  const fixes = (ticks: number, mask = 'FFFFFFFF') => {
    const text = `TCP  0A000021:0050 rr persistent ${ticks} ${mask}\n  -> ${ROW1} 0 0\n  -> ${ROW2} 0 0\n`
    const seen = { ...emptyObserved(), checked: word(BOTH), ipvs: parseIpvs(text) }
    return diffVirtualService(want(edit), seen).step?.commit.map((a) =>
      a.do === 'run' ? a.argv.slice(1).join(' ') : '',
    )
  }
  for (const hz of [100, 250, 300, 1000]) assert.equal(fixes(60 * hz), undefined)
  const mended = ['-E -t 10.0.0.33:80 -s rr -p 60']
  assert.deepEqual(fixes(61 * 100), mended)
  assert.deepEqual(fixes(60 * 100, 'FFFFFF00'), mended)
})

test('the sorry server stands in while the quorum is lost, and only then', () => {
  const sorry: Edit = (spec) => Object.assign(spec.lvs.web, { sorry: { address: '10.0.0.30' } })
  const SORRY = '0A00001E:0050 Route 1'
  const fix = (checked: Observed['checked'], ipvs: Observed['ipvs']) =>
    diffVirtualService(want(sorry), { ...emptyObserved(), checked, ipvs }).step?.commit.map((a) =>
      a.do === 'run' ? a.argv[1] : '',
    ) ?? []
  assert.deepEqual(fix(word([], false), rows(SORRY)), [])
  assert.deepEqual(fix(word([], false), rows()), ['-a'])
  assert.deepEqual(fix(word(BOTH), rows(ROW1, ROW2, SORRY)), ['-d'])
})

test('an old keepalived says nothing of its checks: nothing is touched', () => {
  const old = { ...want(), tells: false }
  const { kept } = diffVirtualService(old, { ...emptyObserved(), checked: word(BOTH), ipvs: [] })
  assert.match(kept?.why ?? '', /does not tell/)
})
