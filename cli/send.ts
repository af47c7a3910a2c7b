// Sends a spec to the hub and sees it through: shared by push and rollback.
import { EXIT, Exit, type ExitCode } from './exit.ts'
import type { Followed, NodeOutcome } from './follow.ts'
import { follow } from './follow.ts'
import type { HubClient } from './client.ts'
import type { Io } from './io.ts'
import type { Cluster } from '../spec/cluster.ts'
import { age, jsonOut, paint, plain, plural, short } from './print.ts'
import { invalid } from './spec-text.ts'
import { balancers } from './summary.ts'

export type SendFlags = {
  readonly note?: string
  /** true: with the usual key. */
  readonly sign?: string | boolean
  readonly allowBlink?: boolean
  readonly allowRemovals?: boolean
  readonly allowEmpty?: boolean
  readonly allowMissing?: boolean
  readonly wait: boolean
  readonly timeout: number
  /** Time for `hactl confirm`, in milliseconds. */
  readonly confirm?: number
}
export type Sending = {
  readonly file: string
  readonly text: string
  readonly cluster: Cluster
  readonly parent: number
  /** Serial of the newest spec of the hub; 0 without. */
  readonly serial: number
  /** Text of a signature made before. */
  readonly signature?: string | undefined
}

/** Overrides of guards as the hub stores them. */
export const allowed = (flags: SendFlags): readonly string[] => [
  ...(flags.allowBlink === true ? ['blink'] : []),
  ...(flags.allowRemovals === true ? ['removals'] : []),
  ...(flags.allowEmpty === true ? ['empty'] : []),
]

/** With --sign the text gets a serial above all that the nodes may have seen; its meaning and digest stay. */
export async function textOf(
  io: Io,
  sending: Omit<Sending, 'parent'>,
  flags: SendFlags,
): Promise<{ readonly text: string; readonly signature?: string | undefined }> {
  const { file, text, signature } = sending
  if (flags.sign === undefined || flags.sign === false) return { text, signature }
  const { raised, signed } = await import('./sign.ts')
  const key = typeof flags.sign === 'string' ? { key: flags.sign } : {}
  const least = Math.max(sending.serial, sending.cluster.serial ?? 0)
  const next = raised(text, least, io.clock.now())
  return signed(io, file, next, { ...key, allow: allowed(flags) })
}

/** Ends normally only when every node that must has proved the spec; throws Exit otherwise. */
export async function send(
  io: Io,
  client: HubClient,
  sending: Sending,
  flags: SendFlags,
): Promise<void> {
  const pushed = await client.push({
    ...(await textOf(io, sending, flags)),
    parent: sending.parent,
    author: io.env['HACTL_AUTHOR'] ?? io.user,
    note: flags.note ?? '',
    allow: allowed(flags),
    ...(flags.confirm === undefined ? {} : { confirmMs: flags.confirm }),
  })
  if (pushed.is === 'invalid') throw invalid(io, sending.file, sending.text, pushed.diagnostics)
  if (pushed.is === 'conflict') throw await conflict(client, pushed.revision, sending.parent)
  const { revision, digest } = pushed
  if (!io.json)
    io.out(
      pushed.is === 'created'
        ? `Revision ${revision} (${short(digest)}) is on the hub.\n`
        : `Revision ${revision} (${short(digest)}) is the newest already; nothing was sent anew.\n`,
    )
  const waits = pushed.is === 'created' ? flags.confirm : undefined
  if (!flags.wait) {
    if (io.json) jsonOut(io, { ok: true, outcome: 'sent', revision, digest })
    else io.out(reminder(waits))
    return
  }
  const nodes = balancers(sending.cluster)
  const followed = await follow(io, client, { revision, digest, nodes, timeoutMs: flags.timeout })
  const verdict = verdictOf(followed, `revision ${revision}`, flags)
  if (io.json)
    jsonOut(io, { ok: verdict.exit === EXIT.ok, exit: verdict.exit, digest, ...followed })
  else if (verdict.exit === EXIT.ok)
    io.out(`${paint(io, 'green', verdict.text)}\n${reminder(waits)}`)
  if (verdict.exit !== EXIT.ok)
    throw new Exit(verdict.exit, io.json ? '' : verdict.text, verdict.hint)
}

/** What a person has to do yet. */
const reminder = (confirmMs: number | undefined): string =>
  confirmMs === undefined
    ? ''
    : `Look whether all is well, then: hactl confirm. Within ${age(confirmMs)} of the push, else every node goes back.\n`

async function conflict(client: HubClient, newest: number, parent: number): Promise<Exit> {
  const found = await client.revisions().catch(() => [])
  const by = found.find((r) => r.revision === newest)
  const who =
    by === undefined
      ? `revision ${newest} is on the hub`
      : `${plain(by.author)} pushed revision ${newest}${by.note === '' ? '' : ` ("${plain(by.note)}")`}`
  return new Exit(
    EXIT.conflict,
    `cannot push: ${who}, and you started from ${parent === 0 ? 'nothing' : `revision ${parent}`}`,
    `read it with hactl history ${newest}, merge, and push again`,
  )
}

type Verdict = { readonly exit: ExitCode; readonly text: string; readonly hint: string }

/** What the outcome of `what` ('revision 5') means, and what to do next. Pure. */
export function verdictOf(
  { outcome, nodes, revision: newest, elapsedMs }: Followed,
  what: string,
  flags: Pick<SendFlags, 'allowMissing'>,
): Verdict {
  const those = (is: NodeOutcome['is']) => nodes.filter((n) => n.is === is)
  const ready = those('ready')
  const missing = those('missing')
  const named = (list: readonly NodeOutcome[]) => list.map((n) => `${n.node}: ${n.says}`).join('; ')
  const proved = `${what.charAt(0).toUpperCase()}${what.slice(1)} is proved on ${plural(ready.length, 'node')} after ${age(elapsedMs)}.`
  const paused = those('paused')
  const left = paused.length === 0 ? '' : ` Not taken while paused: ${named(paused)}.`
  switch (outcome) {
    case 'ready':
      return { exit: EXIT.ok, text: `${proved}${left}`, hint: '' }
    case 'paused':
      return {
        exit: EXIT.no,
        text: `${what} is proved nowhere: ${named(paused)}`,
        hint: 'hactl resume lets a node take it',
      }
    case 'missing':
      return flags.allowMissing === true && ready.length > 0
        ? { exit: EXIT.ok, text: `${proved} Not asked: ${named(missing)}.`, hint: '' }
        : {
            exit: EXIT.no,
            text: `${what} is proved on ${ready.length} of ${plural(nodes.length, 'node')}; ${named(missing)}`,
            hint: 'start the agents there, or accept it with --allow-missing; they take it when they come',
          }
    case 'failed': {
      const failed = those('failed')
      // A guard names its override; nothing was touched then.
      const refused = failed.some((n) => /GUARD_|--allow-/.test(n.says))
      return {
        exit: refused ? EXIT.refused : EXIT.no,
        text: `${what} ${refused ? 'was refused' : 'was not taken'} by ${named(failed)}`,
        hint: 'these nodes keep what they last proved; mend the spec and push, or hactl rollback',
      }
    }
    case 'timeout':
      return {
        exit: EXIT.no,
        text: `${what} is not proved after ${age(elapsedMs)}: ${
          named(nodes.filter((n) => n.is !== 'ready')) || 'the hub did not answer'
        }`,
        hint: 'the nodes go on by themselves; hactl status --watch shows it',
      }
    case 'replaced':
      return {
        exit: EXIT.conflict,
        text: `${what} was replaced by revision ${newest} before it was proved`,
        hint: 'hactl history says who pushed it',
      }
    case 'stopped':
      return {
        exit: EXIT.no,
        text: `stopped watching; ${what} stays pushed`,
        hint: 'hactl status --watch goes on, hactl rollback goes back',
      }
  }
}
