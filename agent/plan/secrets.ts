// Secrets in what a node plans: each reference carries a fingerprint of its value, so that another value is another text. Pure.
import type { Cluster } from '../../spec/cluster.ts'
import { referencesIn } from '../../spec/secrets.ts'
import type { Want, WantFile } from './types.ts'

/** Fingerprints are keyed with what only this node has: they tell a change and give nothing to guess with. */
export const markOf = (name: string, print: string): string => `\${secret:${name}:${print}}`
export const MARK = /\$\{secret:([a-z][a-z0-9-]{0,30}):([0-9a-f]{12})\}/g

export type Marked = { readonly name: string; readonly print: string }
export const marksIn = (text: string): readonly Marked[] =>
  [...text.matchAll(MARK)].map(([, name = '', print = '']) => ({ name, print }))

export const filesOf = (want: Want): readonly WantFile[] => {
  if (want.kind === 'daemon' || want.kind === 'unit') return want.files
  return want.kind === 'file' ? [want.file] : []
}

/** Names of the secrets that these wants cannot be written without. */
export const neededBy = (wants: readonly Want[]): readonly string[] =>
  [...new Set(wants.flatMap(filesOf).flatMap(({ body }) => referencesIn(body)))].sort()

/** A copy of the cluster with `${secret:NAME:PRINT}` wherever it refers to a secret, in whatever section. */
export function marked(cluster: Cluster, prints: ReadonlyMap<string, string>): Cluster {
  const mark = (text: string): string => {
    let all = text
    for (const name of referencesIn(text)) {
      const print = prints.get(name)
      if (print !== undefined) all = all.replaceAll(`\${secret:${name}}`, markOf(name, print))
    }
    return all
  }
  const copy = structuredClone(cluster)
  const walk = (within: unknown): void => {
    if (!isObject(within)) return
    for (const [key, value] of Object.entries(within)) {
      if (typeof value === 'string') within[key] = mark(value)
      else walk(value)
    }
  }
  walk(copy)
  return copy
}

/** Lists as well: their keys are their places. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** References that no value stands behind: a daemon must never get the words themselves. */
export const unmarkedIn = (text: string): readonly string[] => referencesIn(text.replace(MARK, ''))

/** Nobody else may read a file that holds a secret, whatever its provider thought of the rest. */
export const narrowed = (want: Want): Want => {
  const narrow = (file: WantFile): WantFile =>
    referencesIn(file.body).length === 0 ? file : { ...file, mode: narrowMode(file.mode) }
  if (want.kind === 'daemon' || want.kind === 'unit')
    return { ...want, files: want.files.map(narrow) }
  return want.kind === 'file' ? { ...want, file: narrow(want.file) } : want
}
/** Daemons read their configuration before they give root up; 0640 is for those that do not. */
export const narrowMode = (mode: number): number => mode & (mode === 0o640 ? 0o640 : 0o600)

/** What changed of a file, where it is the value of a secret: names, never more. */
export function changedSecrets(have: string | undefined, want: string): readonly string[] {
  const before = marksIn(have ?? '')
  const other = marksIn(want).filter(({ name, print }) =>
    before.some((one) => one.name === name && one.print !== print),
  )
  return [...new Set(other.map(({ name }) => name))]
}
