// What `hactl validate` and `hactl lint` do.
import { renderDiagnostics } from '../spec/caret.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import { jsonOut, plural } from './print.ts'
import { type Checked, invalid, nameOf, readSpec } from './spec-text.ts'

export async function validate(io: Io, file: string): Promise<void> {
  const { text, cluster, diagnostics } = await readSpec(io, file)
  const errors = diagnostics.filter((d) => d.severity === 'error')
  if (cluster === undefined) throw invalid(io, file, text, errors)
  if (io.json) return jsonOut(io, { ok: true, file, digest: cluster.digest, diagnostics: [] })
  const unwise =
    diagnostics.length === 0 ? '' : `; ${plural(diagnostics.length, 'remark')}, see hactl lint`
  io.out(`${nameOf(file)}: valid, cluster ${cluster.name}, ${contents(cluster)}${unwise}\n`)
}

export async function lint(io: Io, file: string, strict: boolean): Promise<void> {
  const { text, cluster, diagnostics } = await readSpec(io, file)
  if (cluster === undefined) throw invalid(io, file, text, diagnostics)
  const warnings = diagnostics.filter((d) => d.severity === 'warning').length
  const exit = strict && warnings > 0 ? EXIT.no : EXIT.ok
  if (io.json)
    jsonOut(io, { ok: exit === EXIT.ok, exit, file, digest: cluster.digest, diagnostics })
  else {
    if (diagnostics.length > 0) io.out(renderDiagnostics(text, diagnostics, nameOf(file), io.color))
    io.out(`${nameOf(file)}: no error, ${plural(warnings, 'warning')}\n`)
  }
  if (exit !== EXIT.ok) throw new Exit(exit)
}

const contents = (cluster: NonNullable<Checked['cluster']>): string =>
  [
    plural(cluster.nodes.length, 'node'),
    plural(cluster.vips.length, 'vip'),
    `${cluster.proxies.length} ${cluster.proxies.length === 1 ? 'proxy' : 'proxies'}`,
    plural(cluster.pools.length, 'pool'),
  ].join(', ')
