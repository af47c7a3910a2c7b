// The kernel's IPVS table and what keepalived's checkers make of it, looked at together.
import type { CheckedService, Observed, Want, WantVirtualService } from './plan/types.ts'
import { dumpedDigest } from './providers/keepalived/engine.ts'
import { CHECK_DUMP_PATH, CONFIG_PATH } from './providers/keepalived/paths.ts'
import { parseCheckDump } from './providers/lvs/dump.ts'
import { IPVS_PATH, parseIpvs } from './providers/lvs/table.ts'
import type { World } from './world.ts'

export type SeenIpvs = Pick<Observed, 'ipvs' | 'checked'>
const NOTHING: SeenIpvs = { ipvs: [], checked: new Map() }
const NO_WORD: ReadonlyMap<string, CheckedService> = new Map()

const DUMP_TRIES_MAX = 30
const DUMP_INTERVAL_MS = 10
/** After a reload: a second for the checkers to load it too. */
const ASKS_MAX = 10
const ASK_INTERVAL_MS = 100
/** A check may take a server out while we look: then we look again, and leave it alone when it does not settle. */
const LOOKS_MAX = 3

/** Rows of the table without the counters that change with every connection. */
export const tableShape = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).slice(0, 4).join(' '))
    .join('\n')

/** Only a table that was the same before and after keepalived spoke is judged. Bounded; never throws. */
export async function observeIpvs(
  world: World,
  wants: readonly Want[],
  signal: AbortSignal,
): Promise<SeenIpvs> {
  const want = wants.find((w): w is WantVirtualService => w.kind === 'virtual-service')
  if (want === undefined) return NOTHING
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const before = await tableText(world)
    const checked = want.tells ? await checkersWord(world, want, signal) : undefined
    const after = await tableText(world)
    if (checked === undefined) return { ipvs: parseIpvs(after), checked: NO_WORD }
    if (tableShape(before) === tableShape(after)) return { ipvs: parseIpvs(after), checked }
  }
  return { ipvs: parseIpvs(await tableText(world)), checked: NO_WORD }
}

export const tableText = async (world: World): Promise<string> =>
  (await world.host.read(IPVS_PATH))?.body ?? ''

/**
 * Of the checkers that have loaded this configuration: they are a process of their own, and load it a moment after the
 * one that answers for the digest. undefined when they did not in time: then nothing is judged.
 */
async function checkersWord(
  world: World,
  want: WantVirtualService,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CheckedService> | undefined> {
  // Not on disk yet: another configuration runs, and asking again and again would change nothing.
  const file = await world.host.read(CONFIG_PATH)
  if (file === undefined || !file.body.includes(`hactl_${want.digest}`)) return undefined
  for (let asks = 0; asks < ASKS_MAX; asks++) {
    const dump = await askCheckers(world, want, signal)
    if (dump === undefined) return undefined
    if (dumpedDigest(dump) === want.digest) return parseCheckDump(dump)
    await world.clock.sleep(ASK_INTERVAL_MS, signal)
  }
  return undefined
}

/** Through /proc/<pid>/root, because systemd may have given the daemon a /tmp of its own. */
async function askCheckers(
  { host, clock }: World,
  { daemon }: WantVirtualService,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { pid } = await host.supervisor.status(daemon)
  if (pid === 0) return undefined
  const path = `/proc/${pid}/root${CHECK_DUMP_PATH}`
  await host.remove(path)
  await host.signal(pid, 'SIGUSR1')
  let last = ''
  for (let tries = 0; tries < DUMP_TRIES_MAX; tries++) {
    const text = (await host.read(path))?.body ?? ''
    // It is written in pieces: complete is what did not grow from one look to the next.
    if (text !== '' && text === last) return text
    last = text
    await clock.sleep(DUMP_INTERVAL_MS, signal)
  }
  return undefined
}
