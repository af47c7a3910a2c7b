// The schema for editors: completion, words and descriptions from the definitions that parse specs.
import { Spec } from './schema.ts'

/** JSON Schema 2020-12 as text with a final newline; spec/schema.json is this text. */
export function jsonSchema(): string {
  const { $id: _ours, ...rest } = Spec
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...rest }
  return `${JSON.stringify(schema, null, 2)}\n`
}
