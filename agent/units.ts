// What systemd says of units. Pure.
import type { UnitState } from './plan/types.ts'

/** One question for all of them; `parseUnits` reads the answer. */
export const showUnits = (units: readonly string[]): readonly string[] => [
  'systemctl',
  'show',
  '--property=LoadState,ActiveState,UnitFileState',
  '--',
  ...units,
]

/** Blocks of what `showUnits` asks for, in the order asked. */
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
