// One measured number beside its target and its peer's number, and the table of them.
export type Figure = {
  readonly figure: string
  readonly ours: string
  /** What it is measured beside (the tutorial's own configuration, a bare server) in the same run; '-' where it has no such thing. */
  readonly peer: string
  /** Ours to the peer's, as the target is worded; '-' without a peer. */
  readonly ratio: string
  readonly target: string
  readonly met: boolean
}

/** `peer` names what ours is measured beside. */
export function tableOf(figures: readonly Figure[], peer: string): string {
  const head = ['figure', 'hactl', peer, 'ratio', 'target', 'met']
  const rows = figures.map((f) => [
    ...[f.figure, f.ours, f.peer, f.ratio, f.target],
    f.met ? 'met' : 'MISSED',
  ])
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)))
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0))
  return all.map((row) => line(row).join('  ').trimEnd()).join('\n')
}

/** NaN of nothing: it misses every target instead of meeting one by accident. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
