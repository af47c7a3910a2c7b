// A kernel module: loaded now, and at every boot by systemd-modules-load(8). Pure diff.
import type { Diffed, Observed, WantModule } from '../plan/types.ts'
import { quiet } from './quiet.ts'

const MODPROBE_TIMEOUT_MS = 10_000

export const moduleFile = (name: string) => `/etc/modules-load.d/hactl-${name}.conf`

export function diffModule(want: WantModule, observed: Observed): Diffed {
  const id = `module:${want.name}`
  if (observed.modules.has(want.name)) return { kept: { id, why: 'is loaded' } }
  const path = moduleFile(want.name)
  const body = `# ${want.why}\n${want.name}\n`
  const file = observed.files.get(path)
  return {
    step: {
      ...quiet,
      id,
      why: 'is not loaded',
      says: `kernel module ${want.name} is loaded: ${want.why}`,
      commit: [
        {
          do: 'run',
          argv: ['modprobe', want.name],
          timeoutMs: MODPROBE_TIMEOUT_MS,
          next: 'retry',
        },
        { do: 'write', path, body, mode: 0o644 },
      ],
      undo: [
        file === undefined
          ? { do: 'remove', path }
          : { do: 'write', path, body: file.body, mode: file.mode },
      ],
      // A loaded module stays: something else may use it by now.
      owns: [
        {
          id,
          says: `${want.name} is not loaded at boot any more`,
          remove: [{ do: 'remove', path }],
        },
      ],
      diff: [{ path, have: file?.body, want: body }],
    },
  }
}
