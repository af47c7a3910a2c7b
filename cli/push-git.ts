// What `hactl push --git` does: the spec as a commit to a repository that agents follow, then what the nodes make of it.
import { checkSpec } from '../spec/check.ts'
import { sha256 } from '../spec/hash.ts'
import { ALLOW_TRAILER } from '../spec/limits.ts'
import { hubClient } from './client.ts'
import { EXIT, Exit } from './exit.ts'
import type { HubFlags } from './flags.ts'
import { follow } from './follow.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain } from './print.ts'
import { type Base, type PlanFile, plannedNodes, refuseStale } from './plan-file.ts'
import { beside, type Planned, summaryText } from './push.ts'
import { type Remote, withRemote } from './remote.ts'
import { allowed, type SendFlags, textOf, verdictOf } from './send.ts'
import { needSpec } from './spec-text.ts'
import { balancers, summary } from './summary.ts'
import { hubTarget } from './target.ts'

export type GitPlace = {
  /** URL, path, or name in the repository around us. */
  readonly remote: string
  /** Absent: what the remote calls HEAD. */
  readonly branch?: string
  readonly path: string
}
type Flags = HubFlags & SendFlags & Planned & { readonly git: GitPlace }

export async function pushGit(io: Io, file: string, flags: Flags): Promise<void> {
  const { git } = flags
  const { text, cluster } = await needSpec(io, file)
  const { branch, url, commit } = await withRemote(io, git.remote, git.branch, async (remote) => {
    const { base, text: before } = await gitBase(remote, git.path)
    if (flags.plan !== undefined) await asPlanned(io, flags.plan, text, base, flags)
    if (!io.json) {
      const changes = summary(before === undefined ? undefined : checkSpec(before).cluster, cluster)
      io.out(summaryText(io, changes))
    }
    const allow = allowed(flags)
    // An override is a decision too, where the text is there already.
    const signature = flags.sign === undefined ? await beside(io, file, text) : undefined
    const serial = (before && checkSpec(before).cluster?.serial) || 0
    const sent = await textOf(io, { file, text, cluster, serial, signature }, flags)
    const signed = await remote.read(`${git.path}.sig`)
    const known = sent.signature === undefined || sent.signature === signed
    const same = before === sent.text && known && allow.length === 0
    const message = messageOf(remote, flags)
    const files = {
      [git.path]: sent.text,
      ...(sent.signature !== undefined && { [`${git.path}.sig`]: sent.signature }),
    }
    const commit = same ? undefined : await remote.push({ files, message })
    return { ...remote, commit }
  })
  const where = `branch ${branch} of ${url}`
  const says =
    commit === undefined
      ? `${where} has this spec already; nothing was pushed`
      : `commit ${commit.slice(0, 12)} is on ${where}`
  const what = commit === undefined ? 'this spec' : `commit ${commit.slice(0, 12)}`
  const told = { digest: cluster.digest, commit: commit ?? null, branch, remote: url }
  if (!io.json) io.out(`${says.charAt(0).toUpperCase()}${plain(says.slice(1))}.\n`)
  if (!flags.wait || !isHubGiven(io, flags)) {
    if (io.json) jsonOut(io, { ok: true, outcome: 'sent', ...told })
    return
  }
  const client = hubClient(await hubTarget(io, flags))
  const nodes = balancers(cluster)
  const wanted = { digest: cluster.digest, nodes, timeoutMs: flags.timeout }
  const followed = await follow(io, client, wanted)
  const verdict = verdictOf(followed, what, flags)
  if (io.json)
    jsonOut(io, { ok: verdict.exit === EXIT.ok, exit: verdict.exit, ...followed, ...told })
  else if (verdict.exit === EXIT.ok) io.out(`${paint(io, 'green', verdict.text)}\n`)
  if (verdict.exit !== EXIT.ok)
    throw new Exit(verdict.exit, io.json ? '' : verdict.text, verdict.hint)
}

/** Overrides stand in the message, where a reviewer sees them and agents read them. */
function messageOf(remote: Remote, flags: Flags): string {
  const { path } = flags.git
  const subject = flags.note ?? `${path}: ${remote.base === undefined ? 'begin' : 'change'}`
  const allow = allowed(flags)
  const trailer = allow.length === 0 ? '' : `\n\n${ALLOW_TRAILER}: ${allow.join(', ')}`
  return `${subject.trim()}${trailer}\n`
}

/** What a repository has, as the base of a plan. */
export async function gitBase(
  remote: Remote,
  path: string,
): Promise<{ readonly base: Base; readonly text: string | undefined }> {
  const text = await remote.read(path)
  const place = `${path} on branch ${remote.branch} of ${remote.url}`
  const commit = remote.base ?? ''
  return {
    base: { of: 'git', place, revision: 0, commit, sha256: text === undefined ? '' : sha256(text) },
    text,
  }
}

/** What comes between this look and the push is seen by git: it takes the commit only on top of `base`. */
async function asPlanned(io: Io, plan: PlanFile, text: string, base: Base, flags: Flags) {
  const asked = isHubGiven(io, flags)
    ? await hubClient(await hubTarget(io, flags)).status()
    : undefined
  const nodes = asked === undefined ? undefined : plannedNodes(asked)
  refuseStale(plan, { at: io.clock.now(), text, base, by: '', nodes })
}

export const isHubGiven = (io: Io, flags: HubFlags): boolean =>
  (flags.hub ?? flags.lab ?? io.env['HACTL_HUB'] ?? '') !== ''
