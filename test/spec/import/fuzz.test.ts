// Random text in every grammar.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { importFiles } from '../../../spec/import/index.ts'
import { countsOf } from '../../../spec/import/ledger.ts'
import { KINDS } from '../../../spec/import/types.ts'

const ADDRESSES = { lb1: '192.0.2.11/24', lb2: '192.0.2.12/24' }
const WORDS =
  `global defaults mode http tcp frontend backend listen bind *:80 server a 192.0.2.1:80 check acl use_backend if { }
  path_beg -i /x hdr(host) default_backend stats enable vrrp_instance virtual_ipaddress 192.0.2.9/24 priority state track_script
  virtual_server real_server upstream location / proxy_pass http://a; ; # " ' \\ $X $X=1 @id constructor __proto__ nfs 0 (rw)`.split(
    /\s+/,
  )
const soup = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(' ', '\n', '\t', '\r\n', '')), {
    maxLength: 80,
  })
  .map((parts) => parts.flat().join(''))

test('any text: no crash, and every directive has one fate', () => {
  const text = fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 300 }))
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), text, text, (kind, one, two) => {
      const files = [one, two].map((body, at) => ({
        name: `f${at}`,
        node: `lb${at + 1}`,
        text: body,
        kind,
      }))
      const { report, diagnostics } = importFiles(files, { cluster: 'x', addresses: ADDRESSES })
      const sum = Object.values(countsOf(report)).reduce((a, b) => a + b, 0)
      assert.equal(sum, report.length)
      for (const { fate, why } of report)
        if (fate === 'replaced' || fate === 'not-taken') assert.notEqual(why, '')
      assert.ok(Array.isArray(diagnostics))
    }),
    { numRuns: 2_000, seed: 4 },
  )
})
