// A kernel setting: its value now, and the file that sets it again at boot (sysctl.d(5)).
import type { Action } from '../action.ts'
import type { Kept, Observed, Step, WantSysctl } from '../plan/types.ts'

const PREFIX = '/etc/sysctl.d/60-hactl-'
const MODE = 0o644

/** Where the value of a key survives a boot. */
export const sysctlFile = (key: string): string => `${PREFIX}${key.replaceAll('.', '-')}.conf`

/** Whether some pass of ours may have written it: nothing else uses this name. */
export const isSysctlFile = (path: string): boolean => path.startsWith(PREFIX)

/**
 * Pure. A value that is right needs no file of ours: the operator's own may set it. A file that is ours is kept whole,
 * or the node would come back from a power cut with another value.
 */
export function diffSysctl(
  want: WantSysctl,
  observed: Observed,
): { readonly step?: Step; readonly kept?: Kept } {
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
      undo: [
        back,
        ...(have === undefined ? [] : [{ do: 'sysctl', key: want.key, value: have } as const]),
      ],
      cleanup: [],
      diff: [{ path, have: file?.body, want: body }],
    },
  }
}

/** Pure. The value stays until the next boot: what it was before us, nobody knows. */
export function removeSysctl(path: string, observed: Observed): Step {
  const file = observed.files.get(path)
  return {
    id: `sysctl:${path.slice(PREFIX.length, -'.conf'.length)}`,
    why: 'nothing on this node needs it any more',
    impact: 'quiet',
    says: `${path} goes; the kernel keeps the value until the next boot`,
    vips: [],
    removes: 1,
    prepare: [],
    commit: [{ do: 'remove', path }],
    undo: file === undefined ? [] : [{ do: 'write', path, body: file.body, mode: file.mode }],
    cleanup: [],
    diff: [{ path, have: file?.body, want: undefined }],
  }
}
