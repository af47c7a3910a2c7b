// The secrets of a real node: its age key, the places they are read from, and the vault.
import { type Identity, openIdentity, readIdentity } from './host/age.ts'
import { readSecret, readSecretLine, type SecretReader } from './host/secret-file.ts'
import { textOf } from './failure.ts'
import type { Status } from './status.ts'
import { openVault, type Vault } from './vault.ts'
import type { Clock, Host } from './world.ts'

/** Another key than before is told to the hub after at most this. */
const LOOK_MS = 60_000
/** Of one spec; decrypting is the most of a pass without steps. */
const KNOWN_MAX = 400

export const agePath = (state: string): string => `${state}/age.key`

export type Secrets = {
  readonly vault: Vault
  /** For senders: the first line. */
  readonly line: SecretReader
  /** Public key of this node. @throws where there is none and none can be made. */
  recipient(): Promise<string>
}

export async function openSecrets(
  state: string,
  host: Pick<Host, 'read' | 'write'>,
  good: () => ReadonlyMap<string, string>,
): Promise<Secrets> {
  const path = agePath(state)
  const identity = (): Promise<Identity | undefined> => readIdentity(path)
  const known = new Map<string, ReturnType<SecretReader>>()
  const read: SecretReader = (place) => {
    if (!place.startsWith('age:')) return readSecret(place)
    const before = known.get(place)
    if (before !== undefined) return before
    if (known.size >= KNOWN_MAX) known.clear()
    const found = readSecret(place, { identity })
    known.set(place, found)
    // Another key may come, by hand or from a backup: only what was read stays known.
    found.catch(() => known.delete(place))
    return found
  }
  return {
    vault: await openVault(`${state}/vault.json`, { host, read, good }),
    line: (place) => readSecretLine(place, { identity }),
    recipient: async () => (await openIdentity(path)).recipient,
  }
}

/** Tells the public key with every report. A disk that is full keeps the node without one, and from nothing else. */
export async function tellRecipient(
  { recipient }: Secrets,
  status: Pick<Status, 'details' | 'event'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      status.details({ recipient: await recipient() })
    } catch (thrown) {
      status.event('agent', `cannot have an age key: ${textOf(thrown)}`)
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
}
