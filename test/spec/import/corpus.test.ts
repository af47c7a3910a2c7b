// The importer on configurations that others wrote; they stand beside the repository and are never part of it.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { importFiles } from '../../../spec/import/index.ts'
import { countsOf } from '../../../spec/import/ledger.ts'
import { FATES, KINDS, type Fate } from '../../../spec/import/types.ts'

const CORPUS = ['../shared/corpus', '../../shared/corpus']
  .map((path) => resolve(path))
  .find((path) => existsSync(path))
const skip = CORPUS === undefined ? 'no ../shared/corpus beside the repository' : false

/** Lines that say something, counted without the importer's own reader. */
const linesOf = (text: string): number =>
  text.split(/\r?\n/).filter((line) => !/^\s*(?:#|$)/.test(line)).length

/** Modelled or kept, in percent, measured; a change may raise them. */
const TAKEN: Readonly<Record<(typeof KINDS)[number], number>> = {
  haproxy: 90,
  keepalived: 93,
  nginx: 90,
  exports: 100,
  fstab: 100,
}

for (const kind of KINDS)
  test(`corpus: ${kind}`, { skip }, (t) => {
    const folder = join(CORPUS ?? '', kind)
    const sum: Record<Fate, number> = { modelled: 0, kept: 0, replaced: 0, 'not-taken': 0 }
    let all = 0
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8')
      const addresses = { lb1: '192.0.2.11/24' }
      const done = importFiles([{ name, node: 'lb1', text }], { cluster: 'corpus', addresses })
      const counts = countsOf(done.report)
      for (const fate of FATES) sum[fate] += counts[fate]
      all += done.report.length
      const line = (entry: { readonly line: number }) => entry.line
      if (kind === 'haproxy') assert.equal(done.report.length, linesOf(text), name)
      assert.deepEqual(
        done.report.map(line),
        done.report.map(line).toSorted((a, b) => a - b),
      )
      const errors = done.diagnostics.filter(({ severity }) => severity === 'error')
      for (const { message, hint } of errors) assert.ok(message !== '' && hint !== '', name)
      // What is lost is either a trifle with a reason, or a question.
      for (const { fate, why } of done.report)
        if (fate === 'replaced' || fate === 'not-taken') assert.notEqual(why, '', name)
    }
    assert.equal(
      FATES.reduce((total, fate) => total + sum[fate], 0),
      all,
    )
    const percent = (100 * (sum.modelled + sum.kept)) / all
    t.diagnostic(
      `${kind}: ${all} directives, ${JSON.stringify(sum)}, ${percent.toFixed(1)} % taken`,
    )
    assert.ok(percent >= TAKEN[kind], `${kind}: ${percent} % modelled or kept`)
  })

test('corpus: mangled files crash nothing and lose no line', { skip }, () => {
  const words = ['{', '}', '"', '$X=$X', '@a', '~SEQ(A,1,9) ', 'acl x', ';', '\\\\', '#']
  for (const kind of KINDS)
    for (const [seed, name] of readdirSync(join(CORPUS ?? '', kind)).entries()) {
      const lines = readFileSync(join(CORPUS ?? '', kind, name), 'utf8').split('\n')
      // A small fixed sequence is enough: every run tries other lines of other files.
      for (let round = 1; round <= 4; round++) {
        const at = (seed * 7_919 + round * 104_729) % lines.length
        const cut = lines[at]?.slice(0, round * 3) ?? ''
        const word = words[(seed + round) % words.length] ?? ''
        lines[at] = round % 2 === 0 ? `${cut}${word}` : `${word}${lines[at]}`
        const text = lines.join('\n')
        const { report } = importFiles([{ name, node: 'lb1', text, kind }], {
          cluster: 'corpus',
          addresses: {},
        })
        const counts = countsOf(report)
        assert.equal(
          FATES.reduce((total, fate) => total + counts[fate], 0),
          report.length,
        )
        for (const { fate, why } of report)
          if (fate === 'replaced' || fate === 'not-taken') assert.notEqual(why, '', name)
      }
    }
})
