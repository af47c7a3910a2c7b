// The files of each node as its agent last showed them, in memory: agents show them anew when they connect.
import type { NodeFile } from '../spec/report.ts'

/** Characters of all bodies of all nodes; beyond it only paths and digests are kept. */
const CHARS_MAX = 32 * 1024 * 1024

export type Files = {
  set(node: string, files: readonly NodeFile[]): void
  /** undefined: its agent showed none, or does not know how to. */
  of(node: string): readonly NodeFile[] | undefined
}

const charsOf = (files: readonly NodeFile[] | undefined): number =>
  (files ?? []).reduce((sum, { body = '' }) => sum + body.length, 0)

export function createFiles(charsMax = CHARS_MAX): Files {
  const byNode = new Map<string, readonly NodeFile[]>()
  let chars = 0
  return {
    set(node, files) {
      chars -= charsOf(byNode.get(node))
      const fits = chars + charsOf(files) <= charsMax
      const kept = fits ? files : files.map(({ body: _, ...rest }) => rest)
      byNode.set(node, kept)
      chars += charsOf(kept)
    },
    of: (node) => byNode.get(node),
  }
}
