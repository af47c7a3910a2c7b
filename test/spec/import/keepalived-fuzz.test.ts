// keepalived.conf as it comes from an editor in a hurry.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkSpec } from '../../../spec/check.ts'
import { importFiles } from '../../../spec/import/index.ts'
import { SAMPLE } from './keepalived-sample.ts'

const ADDRESSES = { lb1: '192.0.2.11/24' }
const read = (text: string) =>
  importFiles([{ name: 'f', node: 'lb1', text, kind: 'keepalived' }], {
    cluster: 'test',
    addresses: ADDRESSES,
  })

/** Every word of a file that is no comment, as the file has them, without braces. */
function said(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/"[^"]*"|[#!].*$/g, (all) => (all.startsWith('"') ? all : '')))
  return lines
    .map((line) => line.trim().replace(/\\$/, ''))
    .filter((line) => !/^[{}\s]*$/.test(line))
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim()
}

test('cut, doubled, swapped and mangled lines: no word vanishes, nothing throws, valid or asked', () => {
  const lines = SAMPLE.split('\n')
  const at = fc.nat({ max: lines.length - 1 })
  const junk = fc.constantFrom(
    '{',
    '}',
    'virtual_ipaddress {',
    '$ID=$ID',
    `~SEQ(A,1,999999) x \${A}`,
    '@one',
    'real_server',
    'priority $',
  )
  const change = fc.tuple(fc.constantFrom('cut', 'double', 'swap', 'junk', 'half'), at, at, junk)
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const now = [...lines]
      for (const [kind, a, b, word] of changes) {
        const line = now[a] ?? ''
        if (kind === 'cut') now.splice(a, 1)
        else if (kind === 'double') now.splice(b, 0, line)
        else if (kind === 'junk') now.splice(a, 0, word)
        else if (kind === 'half' && !/["#!]/.test(line)) now[a] = line.slice(0, line.length / 2)
        else if (kind === 'swap') [now[a], now[b]] = [now[b] ?? '', line]
      }
      const text = now.join('\n')
      const { report, text: spec, decisions } = read(text)
      const masked = (one: string) => one.replace(/auth_pass \S+/g, 'auth_pass ***')
      assert.equal(
        masked(
          report
            .map((entry) => entry.text)
            .join(' ')
            .replace(/\s+/g, ' '),
        ),
        masked(said(text)),
      )
      const { cluster, diagnostics } = checkSpec(spec)
      assert.ok(cluster !== undefined || diagnostics.length + decisions.length > 0)
      // What is kept is fit to be kept: no line breaks its place, no program is without a user.
      const unfit = diagnostics.filter(
        ({ code, severity }) => severity === 'error' && /^HA11[013]$/.test(code),
      )
      assert.deepEqual(unfit, [])
    }),
    { numRuns: 60, seed: 7 },
  )
})
