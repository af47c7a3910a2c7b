// A spec named on the command line: read, checked, and its faults shown with carets.
import { renderDiagnostics } from '../spec/caret.ts'
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { Diagnostic } from '../spec/diagnostic.ts'
import { EXIT, Exit } from './exit.ts'
import { readText } from './files.ts'
import type { Io } from './io.ts'
import { plural } from './print.ts'

export type Checked = {
  readonly text: string
  readonly cluster: Cluster | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export async function readSpec(io: Io, file: string): Promise<Checked> {
  const text = await readText(io, file)
  const { cluster, diagnostics } = checkSpec(text)
  return { text, cluster, diagnostics }
}

/** For commands that need a good spec: shows warnings and errors, throws Exit(invalid) on errors. */
export async function needSpec(
  io: Io,
  file: string,
): Promise<{ readonly text: string; readonly cluster: Cluster }> {
  const { text, cluster, diagnostics } = await readSpec(io, file)
  if (cluster === undefined) throw invalid(io, file, text, diagnostics)
  const shown = diagnostics.filter((d) => d.severity !== 'info')
  if (shown.length > 0 && !io.json) io.err(renderDiagnostics(text, shown, nameOf(file), io.color))
  return { text, cluster }
}

export function invalid(
  io: Io,
  file: string,
  text: string,
  diagnostics: readonly Diagnostic[],
): Exit {
  const errors = diagnostics.filter((d) => d.severity === 'error').length
  if (io.json) io.out(`${JSON.stringify({ ok: false, exit: EXIT.invalid, file, diagnostics })}\n`)
  else {
    io.err(renderDiagnostics(text, diagnostics, nameOf(file), io.color))
    io.err(`\n${nameOf(file)}: ${plural(errors, 'error')}, nothing was changed\n`)
  }
  return new Exit(EXIT.invalid)
}

export const nameOf = (file: string): string => (file === '-' ? 'standard input' : file)
