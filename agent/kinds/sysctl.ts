// A kernel setting: its value now, and the file that sets it again at boot (sysctl.d(5)).
import type { Action } from '../action.ts'
import type { Diffed, Observed, Removal, WantSysctl } from '../plan/types.ts'

const PREFIX = '/etc/sysctl.d/60-hactl-'
const MODE = 0o644

/** Where the value of a key survives a boot. */
export const sysctlFile = (key: string): string => `${PREFIX}${key.replaceAll('.', '-')}.conf`

/**
 * Pure. A value that is right needs no file of ours: the operator's own may set it. A file that is ours is kept whole,
 * or the node would come back from a power cut with another value.
 */
export function diffSysctl(want: WantSysctl, observed: Observed): Diffed {
  const id = `sysctl:${want.key}`
  const path = sysctlFile(want.key)
  const body = `# ${want.why}\n${want.key} = ${want.value}\n`
  const have = observed.sysctls.get(want.key)
  const file = observed.files.get(path)
  const fileRight = file?.body === body || (file === undefined && !observed.ours.has(path))
  if (have === want.value && fileRight) return { kept: { id, why: `is ${have}` } }
  const why = [
    ...(have === want.value ? [] : [have === undefined ? 'missing' : `is ${have}`]),
    ...(fileRight ? [] : [`${path} differs`]),
  ]
  const before: readonly Removal[] =
    have === undefined ? [] : [{ do: 'sysctl', key: want.key, value: have }]
  const back: Action =
    file === undefined
      ? { do: 'remove', path }
      : { do: 'write', path, body: file.body, mode: file.mode }
  return {
    step: {
      id,
      why: why.join(', '),
      impact: 'quiet',
      says: `${want.key} becomes ${want.value}: ${want.why}`,
      vips: [],
      removes: 0,
      prepare: [],
      commit: [
        { do: 'write', path, body, mode: MODE },
        { do: 'sysctl', key: want.key, value: want.value },
      ],
      undo: [back, ...before],
      cleanup: [],
      // What the kernel had before us comes back when nothing wants the key any more.
      owns: [
        {
          id,
          says: `${want.key} becomes ${have ?? 'what the kernel says at boot'} again`,
          remove: [{ do: 'remove', path }, ...before],
        },
      ],
      diff: [{ path, have: file?.body, want: body }],
    },
  }
}
