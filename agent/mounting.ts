// Two actions of the interpreter: NFS off a mount point, and the proof that it is on one. The mount table judges.
import type { Action } from './action.ts'
import { StepError } from './failure.ts'
import {
  isAutofs,
  isNfs,
  MOUNTINFO_PATH,
  mountIs,
  parseMountinfo,
  rowText,
} from './kinds/mount-table.ts'
import type { MountRow } from './plan/types.ts'
import type { ProofTools } from './proof.ts'
import type { World } from './world.ts'

/** Longer only where the server does not answer: a live one answers in a fraction of it. */
const UMOUNT_TIMEOUT_MS = 4_000
const SYSTEMCTL_TIMEOUT_MS = 15_000
/** Mounts may lie above each other. */
const STACK_MAX = 8
const LOOK_INTERVAL_MS = 100

async function rowsAt({ host }: World, path: string): Promise<readonly MountRow[]> {
  const rows = parseMountinfo((await host.read(MOUNTINFO_PATH))?.body ?? '')
  return rows.filter((row) => row.path === path)
}

/**
 * A server that answers is asked to let go; a busy mount then stays, and the step fails: programs keep their files. One
 * that does not answer is taken out of the table (umount -l -f): whoever waits for it waits anyway. Never done by
 * systemd itself: PID 1 would be what hangs.
 */
export async function unmount(
  { world }: Pick<ProofTools, 'world'>,
  { path, units }: Extract<Action, { do: 'unmount' }>,
): Promise<void> {
  for (let left = STACK_MAX; left > 0; left--) {
    const rows = await rowsAt(world, path)
    const top = rows.at(-1)
    if (top === undefined || isAutofs(top)) break
    if (!isNfs(top)) {
      throw new StepError('wait', `cannot use ${path}: ${rowText(top)} is mounted there`)
    }
    await umountOnce(world, path, rows.length)
  }
  for (const unit of units) {
    // Their exit codes say nothing: a unit that is gone already is what is wanted.
    if (unit.endsWith('.automount')) {
      await world.host.run(['systemctl', 'stop', unit], SYSTEMCTL_TIMEOUT_MS)
    }
    await world.host.run(['systemctl', 'disable', unit], SYSTEMCTL_TIMEOUT_MS)
  }
  const left = (await rowsAt(world, path)).at(-1)
  if (left === undefined || (units.length === 0 && isAutofs(left))) return
  throw new StepError('retry', `cannot unmount ${path}: ${rowText(left)} is still there`)
}

async function umountOnce(world: World, path: string, before: number): Promise<void> {
  const { code, stderr } = await world.host.run(['umount', path], UMOUNT_TIMEOUT_MS)
  if ((await rowsAt(world, path)).length < before) return
  if (code !== null) throw new StepError('retry', `cannot unmount ${path}: ${stderr.trim()}`)
  await world.host.run(['umount', '-l', '-f', path], UMOUNT_TIMEOUT_MS)
  if ((await rowsAt(world, path)).length < before) return
  throw new StepError('retry', `cannot unmount ${path}: its server does not answer`)
}

export async function verifyMount(
  { world, signal }: Pick<ProofTools, 'world' | 'signal'>,
  { wish, timeoutMs }: Extract<Action, { do: 'verify-mount' }>,
): Promise<void> {
  const until = world.clock.monotonic() + timeoutMs
  let rows: readonly MountRow[] = []
  do {
    rows = await rowsAt(world, wish.path)
    if (mountIs(wish, rows) === 'right') return
    await world.clock.sleep(LOOK_INTERVAL_MS, signal)
  } while (world.clock.monotonic() < until)
  const there = rowText(rows.at(-1))
  throw new StepError('retry', `cannot mount ${wish.source} at ${wish.path}: ${there} is there`)
}
