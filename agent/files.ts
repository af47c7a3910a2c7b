// The files of this node for the eyes of operators: rendered from the proven spec, bounded, secrets masked.
import type { Cluster } from '../spec/cluster.ts'
import { sha256 } from '../spec/hash.ts'
import { NODE_FILE_CHARS_MAX, NODE_FILES_MAX } from '../spec/limits.ts'
import type { NodeFile } from '../spec/report.ts'
import { compile } from './plan/index.ts'
import type { Facts, Want, WantFile } from './plan/types.ts'
import type { Clock } from './world.ts'

/** All bodies together. */
const CHARS_MAX = 2 * NODE_FILE_CHARS_MAX
/** An upgraded engine may be given other lines for the same spec. */
const AGE_MS_MAX = 300_000
const MASK = '(hidden)'
/** What follows one of these words in its line is hidden: better a line too many than a password. */
const WORD =
  /(pass(?:word|wd|phrase|fraze)?|auth(?:_pass|orization)?|secret|token|api[-_]?key|credentials?)\b["']?([\s=:]+).*$/gim
const HASH = /\$(?:1|5|6|2[aby]|y)\$\S+/g
const LOGIN = /:\/\/[^/@\s]*:[^/@\s]*@/g

export const withoutSecrets = (text: string): string =>
  text.replace(HASH, MASK).replace(LOGIN, `://${MASK}@`).replace(WORD, `$1$2${MASK}`)

type Shown = WantFile & { readonly readable: boolean }
/** Configurations of our own daemons may be read; what the operator writes into a file of a service may be anything. */
function filesOf(wants: readonly Want[]): readonly Shown[] {
  return wants.flatMap((want): readonly Shown[] => {
    if (want.kind === 'daemon') return want.files.map((file) => ({ ...file, readable: true }))
    if (want.kind === 'unit') return want.files.map((file) => ({ ...file, readable: false }))
    return want.kind === 'file' ? [{ ...want.file, readable: false }] : []
  })
}

/** Digests are of the whole file as it stands on disk; bodies that do not fit are left out. Pure. */
export function nodeFiles(wants: readonly Want[]): readonly NodeFile[] {
  let left = CHARS_MAX
  return filesOf(wants)
    .slice(0, NODE_FILES_MAX)
    .map(({ path, body, readable }) => {
      const text = readable ? withoutSecrets(body) : ''
      const fits = readable && text.length <= Math.min(left, NODE_FILE_CHARS_MAX)
      if (fits) left -= text.length
      const file = {
        path: path.slice(0, 500),
        digest: sha256(body),
        bytes: Buffer.byteLength(body),
      }
      return fits ? { ...file, body: text } : file
    })
}

type Looks = {
  readonly clock: Clock
  readonly proven: () => Cluster | undefined
  readonly facts: () => Promise<Facts>
}

/** Answers at once with what is known, and looks beside the pass when another spec was proved. */
export function createFilesView({ clock, proven, facts }: Looks): () => readonly NodeFile[] {
  let files: readonly NodeFile[] = []
  let of = { digest: '', atMs: Number.NEGATIVE_INFINITY }
  let busy = false
  const look = async (cluster: Cluster) => {
    const next = nodeFiles(compile(cluster, await facts()).wants)
    if (JSON.stringify(next) !== JSON.stringify(files)) files = next
  }
  return () => {
    const cluster = proven()
    const now = clock.monotonic()
    const known = of.digest === cluster?.digest && now - of.atMs < AGE_MS_MAX
    if (cluster === undefined || busy || known) return files
    busy = true
    of = { digest: cluster.digest, atMs: now }
    // Only shown: a node that cannot be looked at now is looked at again later.
    const done = () => {
      busy = false
    }
    void look(cluster).then(done, done)
    return files
  }
}
