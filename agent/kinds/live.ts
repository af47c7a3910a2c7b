// Settings of a running haproxy that need no reload: server weight and state, over the runtime API.
import type { Observed, WantLive } from '../plan/types.ts'

/** Commands of haproxy's management guide, section 9.3, that take `have` to `want`. Pure. */
export function liveCommands(want: WantLive, have: Observed['servers']): readonly string[] {
  return Object.entries(want.servers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, server]) => {
      const now = have.get(key)
      // A server the process does not know arrives with the reload.
      if (now === undefined) return []
      return [
        ...(now.weight === server.weight ? [] : [`set server ${key} weight ${server.weight}`]),
        ...(now.state === server.state ? [] : [`set server ${key} state ${server.state}`]),
      ]
    })
}
