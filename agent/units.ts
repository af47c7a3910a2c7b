// What systemd says of units. Pure.
import type { UnitState } from './plan/types.ts'

/** Blocks of `systemctl show --property=LoadState,ActiveState,UnitFileState`, in the order asked. */
export function parseUnits(text: string): readonly UnitState[] {
  return text
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1] ?? ''
      return {
        loaded: value('LoadState') === 'loaded' || value('LoadState') === 'masked',
        active: value('ActiveState'),
        boot: value('UnitFileState'),
      }
    })
}
