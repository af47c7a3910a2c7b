import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { guard } from '../../../agent/plan/guard.ts'
import type { Impact } from '../../../agent/plan/types.ts'
import { checkSpec } from '../../../spec/check.ts'
import { cluster, plan, step } from './fixtures.ts'

const spec = cluster()
const drained = cluster((text) => text.replaceAll(/("stcsrvs[12]": \{)/g, '$1 "state": "maint",'))

const ask = (impact: Impact, allow: readonly string[] = [], node = 'lb1') =>
  guard({
    plan: plan(node, spec.digest, [step(impact)]),
    cluster: spec,
    before: spec,
    allow,
  })

const codeOf = (verdict: ReturnType<typeof guard>) => (verdict.ok ? 'ok' : verdict.code)

test('ordinary changes pass', () => {
  for (const impact of ['quiet', 'live', 'reload', 'moves'] as const)
    assert.equal(codeOf(ask(impact)), 'ok', impact)
})

test('a change of the VRRP wire is refused, and the override is named', () => {
  for (const impact of ['needs-barrier', 'blinks'] as const) {
    const verdict = ask(impact)
    assert.equal(codeOf(verdict), 'GUARD_VRRP')
    assert.match(verdict.ok ? '' : verdict.hint, /--allow-blink/)
    assert.equal(codeOf(ask(impact, ['blink'])), 'ok')
    assert.equal(codeOf(ask(impact, ['removals'])), 'GUARD_VRRP', 'another override does not count')
  }
})

test('a restart of a service is refused in its own words: no vip is in danger', () => {
  const restart = { ...step('blinks'), id: 'unit:mariadb.service' }
  const input = { plan: plan('lb1', 'd', [restart]), cluster: spec, before: spec }
  const verdict = guard({ ...input, allow: [] })
  assert.equal(codeOf(verdict), 'GUARD_RESTART')
  assert.doesNotMatch(verdict.ok ? '' : verdict.hint, /vip/)
  assert.equal(codeOf(guard({ ...input, allow: ['blink'] })), 'ok')
})

test('what destroys is refused unless removals or empty are allowed', () => {
  assert.equal(codeOf(ask('destroys')), 'GUARD_DESTROYS')
  assert.equal(codeOf(ask('destroys', ['removals'])), 'ok')
})

test('a node that the spec does not know is left as it is, with or without steps', () => {
  assert.equal(codeOf(ask('quiet', ['removals', 'empty', 'blink'], 'lb9')), 'GUARD_NODE')
  const idle = guard({ plan: plan('lb9', 'd', []), cluster: spec, before: spec, allow: [] })
  assert.equal(codeOf(idle), 'GUARD_NODE')
})

test('a virtual service that loses or drains its last server is refused', () => {
  const read = (edit: (text: string) => string) => {
    const checked = checkSpec(edit(readFileSync('spec/examples/lvs-apache.json', 'utf8')))
    return checked.cluster ?? assert.fail(JSON.stringify(checked.diagnostics))
  }
  const balanced = read((text) => text)
  const none = read((text) => text.replaceAll(/("node": "web[12]")/g, '$1, "weight": 0'))
  const input = { plan: plan('lvs1', none.digest, [step('reload')]), cluster: none }
  const verdict = guard({ ...input, before: balanced, allow: [] })
  assert.equal(codeOf(verdict), 'GUARD_EMPTY')
  assert.match(verdict.ok ? '' : verdict.message, /virtual service apache/)
  assert.equal(codeOf(guard({ ...input, before: balanced, allow: ['empty'] })), 'ok')
  assert.equal(codeOf(guard({ ...input, before: none, allow: [] })), 'ok')
})

test('a pool that loses its last ready server is refused, unless it had none before', () => {
  const input = { plan: plan('lb1', drained.digest, [step('live')]), cluster: drained }
  assert.equal(codeOf(guard({ ...input, before: spec, allow: [] })), 'GUARD_EMPTY')
  assert.equal(codeOf(guard({ ...input, before: spec, allow: ['empty'] })), 'ok')
  assert.equal(codeOf(guard({ ...input, before: drained, allow: [] })), 'ok')
})

test('more removals than the limit are refused', () => {
  const many = { ...step('reload'), removes: spec.rollout.removalsMax + 1 }
  const input = { plan: plan('lb1', 'd', [many]), cluster: spec, before: spec }
  assert.equal(codeOf(guard({ ...input, allow: [] })), 'GUARD_REMOVALS')
  assert.equal(codeOf(guard({ ...input, allow: ['removals'] })), 'ok')
})
