// Everything that can be said of a spec without a host: parse, lint, resolve.
import type { Cluster } from './cluster.ts'
import type { Diagnostic } from './diagnostic.ts'
import { lint } from './lint.ts'
import { parseSpec, placed, sorted } from './parse.ts'
import { resolve } from './resolve.ts'
import type { Spec } from './schema.ts'
import { readJson } from './text.ts'

export type Checked = {
  readonly spec?: Spec
  /** Only when no diagnostic is an error. */
  readonly cluster?: Cluster
  readonly diagnostics: readonly Diagnostic[]
}

/** Never throws. Every diagnostic has its position, in the order of the text. */
export function checkSpec(text: string): Checked {
  const parsed = parseSpec(text)
  if (!parsed.ok) return { diagnostics: parsed.diagnostics }
  const spec = parsed.value
  const diagnostics = sorted(placed(lint(spec), text, readJson(text)))
  if (diagnostics.some((one) => one.severity === 'error')) return { spec, diagnostics }
  return { spec, cluster: resolve(spec), diagnostics }
}
