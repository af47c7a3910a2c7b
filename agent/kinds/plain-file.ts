// A file that is not the configuration of a daemon of ours: written, then made to count. Pure diff.
import type { Action } from '../action.ts'
import { changedSecrets } from '../plan/secrets.ts'
import type { Diffed, Observed, Owned, WantFile, WantPlainFile } from '../plan/types.ts'

export const fileId = (path: string) => `file:${path}`

/** What is there and neither ours nor proved before is somebody's hand-made file. */
export const isForeign = (path: string, observed: Observed): boolean =>
  observed.files.has(path) && !observed.ours.has(path) && !observed.good.has(path)

export const differs = (file: WantFile, observed: Observed): boolean => {
  const have = observed.files.get(file.path)
  const theirs = file.gid !== undefined && (have?.gid ?? 0) !== file.gid
  return have?.body !== file.body || have.mode !== file.mode || theirs
}

/** What differs, in words; of another value of a secret its name. */
export function whyDiffers(file: WantFile, observed: Observed): string {
  const names = changedSecrets(observed.files.get(file.path)?.body, file.body)
  return names.length === 0
    ? `${file.path} differs`
    : `${file.path} has another value of secret ${names.join(', ')}`
}

/** Back to what was there: the bytes on disk before us, or what last proved itself. */
export const putBack = (file: WantFile, observed: Observed): Action => {
  const body =
    observed.good.get(file.path) ??
    (observed.ours.has(file.path) ? undefined : observed.files.get(file.path)?.body)
  return body === undefined
    ? { do: 'remove', path: file.path }
    : {
        ...{ do: 'write', path: file.path, body, mode: file.mode },
        ...(file.gid === undefined ? {} : { gid: file.gid }),
      }
}

export function diffFile(want: WantPlainFile, observed: Observed): Diffed {
  const { file } = want
  const id = fileId(file.path)
  if (!differs(file, observed)) return { kept: { id, why: 'content matches' } }
  const have = observed.files.get(file.path)
  return {
    step: {
      id,
      why: have === undefined ? `missing: ${want.why}` : `differs: ${want.why}`,
      impact: want.impact,
      says: want.says,
      vips: [],
      removes: 0,
      prepare: isForeign(file.path, observed) ? [{ do: 'keep-original', path: file.path }] : [],
      commit: [
        { do: 'write', path: file.path, body: file.body, mode: file.mode },
        ...want.after,
        { do: 'remember', path: file.path, body: file.body },
      ],
      undo: [putBack(file, observed), ...want.after],
      cleanup: [],
      owns: [ownedFile(want)],
      diff: [{ path: file.path, have: have?.body, want: file.body }],
    },
  }
}

/** Nothing wants it any more: what stood there before us comes back, or nothing. */
const ownedFile = ({ file, after }: WantPlainFile): Owned => ({
  id: fileId(file.path),
  says: `${file.path} is taken away`,
  remove: [
    { do: 'restore-original', path: file.path },
    ...after.flatMap((action) => (action.do === 'run' ? [action] : [])),
  ],
})
