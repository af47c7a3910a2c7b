// Whether the hub speaks TLS, with what, and the loop that keeps its certificate fresh.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Name } from '../../spec/tls/x509.ts'
import type { Clock, Log } from '../deps.ts'
import { authorityPath, openAuthority, type Pair } from './authority.ts'
import { openIssued } from './issued.ts'
import { createNodeCa, type NodeCa } from './node-ca.ts'
import { isOpenToOthers } from './names.ts'
import { filesShown, ownShown, type Shown } from './shown.ts'

/** A certificate that was put into the files is shown this soon. */
export const LOOK_MS = 5_000

export type TlsChoice =
  | { readonly is: 'plain' }
  | { readonly is: 'own' }
  | { readonly is: 'files'; readonly cert: string; readonly key: string }
export type TlsFlags = {
  readonly tls?: 'auto' | 'off'
  readonly tlsCert?: string
  readonly tlsKey?: string
}

/**
 * What is asked for holds. Otherwise: a hub that had a CA goes on with it; one that had a store and no CA speaks to agents that know
 * it in plain, and goes on so; a new one that others can reach begins with a CA of its own.
 * @throws "cannot ..." for flags that do not fit together.
 */
export function chooseTls(state: string, listen: readonly string[], flags: TlsFlags): TlsChoice {
  const { tls, tlsCert, tlsKey } = flags
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new Error('cannot speak TLS with half a pair: give both --tls-cert and --tls-key')
  if (tlsCert !== undefined && tlsKey !== undefined) {
    if (tls === 'off') throw new Error('cannot use --tls off together with --tls-cert')
    return { is: 'files', cert: tlsCert, key: tlsKey }
  }
  if (tls !== undefined) return { is: tls === 'auto' ? 'own' : 'plain' }
  if (existsSync(authorityPath(state))) return { is: 'own' }
  const isNew = !existsSync(join(state, 'hub.db'))
  return { is: isNew && listen.some(isOpenToOthers) ? 'own' : 'plain' }
}

export type Tls = { readonly shown: Shown; readonly nodeCa: NodeCa }

/** undefined: plain. The authority is there with files too: it gives nodes their certificates. */
export async function openTls(
  choice: TlsChoice,
  deps: {
    readonly state: string
    readonly clock: Clock
    readonly log: Log
    readonly names: () => readonly Name[]
  },
): Promise<Tls | undefined> {
  if (choice.is === 'plain') return undefined
  const { state, clock, log, names } = deps
  const { now } = clock
  // Files that cannot be used are said before anything is made.
  const given = choice.is === 'files' ? filesShown({ ...choice, now, log }) : undefined
  const random = () => randomBytes(16).toString('hex')
  const authority = await openAuthority({ state, now, random })
  const nodeCa = createNodeCa(authority, openIssued(state, now), clock)
  return { nodeCa, shown: given ?? (await ownShown({ authority, state, now, names, log })) }
}

/** Until the signal; `use` gets each new pair. */
export async function keepFresh(
  { shown }: Tls,
  clock: Clock,
  use: (pair: Pair) => void,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(LOOK_MS, stop).catch(() => undefined)
    if (!stop.aborted && (await shown.look())) use(shown.pair())
  }
}
