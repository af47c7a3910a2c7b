// The schema for editors is up to date and says what completion needs.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { jsonSchema } from '../../spec/json-schema.ts'

test('spec/schema.json is what the definitions say; `hactl schema` writes it', () => {
  assert.equal(readFileSync('spec/schema.json', 'utf8'), jsonSchema())
})

test('an editor finds words, descriptions and nothing of TypeBox', () => {
  const text = jsonSchema()
  const schema = JSON.parse(text)
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
  assert.deepEqual(schema.required, ['version', 'cluster', 'nodes'])
  assert.equal(schema.additionalProperties, false)
  const [vip] = Object.values<typeof schema>(schema.properties.vips.patternProperties)
  assert.deepEqual(vip.properties.mode.enum, ['unicast', 'multicast'])
  assert.match(vip.properties.mode.description, /default unicast/)
  assert.doesNotMatch(text, /"(?:anyOf|oneOf|\$ref|\$id)"/)
})

test('every pattern of it compiles in the dialect editors use', () => {
  const patterns = [...jsonSchema().matchAll(/"pattern": ("(?:[^"\\]|\\.)*")/g)]
  assert.ok(patterns.length > 30)
  for (const [, pattern = '""'] of patterns) assert.ok(new RegExp(JSON.parse(pattern), 'u'))
})
