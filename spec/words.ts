// "Did you mean": the nearest of some words.

/** The word of `words` within two edits of `word` (one for short words), undefined when none is. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const most = word.length < 4 ? 1 : 2
  return words
    .map((candidate) => ({ candidate, edits: edits(word.slice(0, 64), candidate) }))
    .filter(({ edits: count }) => count <= most)
    .sort((a, b) => a.edits - b.edits)[0]?.candidate
}

/** Levenshtein distance, case folded. */
function edits(a: string, b: string): number {
  const from = [...a.toLowerCase()]
  const to = [...b.toLowerCase()]
  let row = to.map((_, index) => index + 1)
  for (const [line, letter] of from.entries()) {
    let corner = line
    let left = line + 1
    row = to.map((other, index) => {
      const above = row[index] ?? 0
      left = Math.min(above + 1, left + 1, corner + (letter === other ? 0 : 1))
      corner = above
      return left
    })
  }
  return row.at(-1) ?? from.length
}
