// The verdict over what askers saw before a change and after it. Pure: whom to believe is decided here and nowhere else.
import { type Answers, answerText, type Probe, questionText } from '../../spec/verify.ts'

/** No node has this name: it has a blank. */
export const HUB = 'the hub'

/** One who asked. */
export type Witness = {
  /** Node name, or HUB. */
  readonly name: string
  readonly before: Answers
  readonly after: Answers
  /** It reaches this node beside what it asked for: silence is not its own broken cable. */
  readonly path: boolean
}
export type Judged = {
  readonly verdict: 'ok' | 'failed' | 'unknown'
  /** Who said so. */
  readonly by: readonly string[]
  readonly why: string
  /** Vips through which nobody got an answer that was there before. */
  readonly vips: ReadonlySet<string>
}
export type Rule = 'same' | 'any'
type Vote = 'ok' | 'failed' | 'none'

/** 2xx and 3xx are alike; 1xx and a bare connection come before any status. */
const grade = (answer: number): number => Math.max(3, answer)

/** Whether an answer is worse than the one before the change. What did not answer before cannot get worse. */
export function isWorse(before: number, after: number, rule: Rule): boolean {
  if (after === 0) return before > 0
  return before > 0 && rule === 'same' && grade(after) > grade(before)
}

/** `none` where a witness does not know: no question asked before, or a way that is not proven. */
function voteOf({ before, after, path }: Witness, key: string, rule: Rule): Vote {
  const was = before.get(key)
  const is = after.get(key)
  if (was === undefined || is === undefined || (was === 0 && is === 0)) return 'none'
  if (!isWorse(was, is, rule)) return 'ok'
  return path ? 'failed' : 'none'
}

/**
 * One answer as good as before is proof that the listener serves, whoever else gets none: a broken asker cannot fail a change that
 * another one sees working. A failure needs all who could tell, and a peer among them: a stolen hub decides nothing by itself.
 */
export function judge(witnesses: readonly Witness[], probes: readonly Probe[], rule: Rule): Judged {
  const failed: { readonly probe: Probe; readonly by: readonly Witness[] }[] = []
  const good = new Set<string>()
  let known = 0
  let hubAlone: Probe | undefined
  for (const probe of probes) {
    const votes = witnesses.map((one) => ({ one, vote: voteOf(one, probe.key, rule) }))
    const says = (word: Vote) => votes.filter(({ vote }) => vote === word).map(({ one }) => one)
    const by = says('failed')
    for (const { name } of says('ok')) good.add(name)
    if (says('ok').length > 0) known++
    else if (by.some(({ name }) => name !== HUB)) failed.push({ probe, by })
    else if (by.length > 0) hubAlone ??= probe
  }
  const first = failed[0]
  if (first !== undefined) {
    const by = [...new Set(failed.flatMap((one) => one.by.map(({ name }) => name)))].sort()
    const vips = new Set(failed.map(({ probe }) => probe.vip))
    return { verdict: 'failed', by, why: failureText(first, failed.length), vips }
  }
  const by = [...good].sort()
  const vips = new Set<string>()
  if (hubAlone !== undefined) {
    const why = `only the hub gets no answer any more at ${questionText(hubAlone)}, which alone decides nothing`
    return { verdict: 'unknown', by: [], why, vips }
  }
  const silent = probes.find((one) => isNewAndSilent(witnesses, one.key))
  const note =
    silent === undefined ? '' : `; nothing answers at ${questionText(silent)}, nor did before`
  if (known === 0) return { verdict: 'unknown', by: [], why: `nobody could ask${note}`, vips }
  return {
    verdict: 'ok',
    by,
    why: `${known} of ${probes.length} questions answered as before${note}`,
    vips,
  }
}

function failureText(
  { probe, by }: { readonly probe: Probe; readonly by: readonly Witness[] },
  count: number,
): string {
  const witness = by[0]
  const was = answerText(witness?.before.get(probe.key) ?? 0)
  const is = answerText(witness?.after.get(probe.key) ?? 0)
  const more = count === 1 ? '' : `, and ${count - 1} more`
  return `${questionText(probe)} gave ${was} before and gives ${is} now${more}`
}

const isNewAndSilent = (witnesses: readonly Witness[], key: string): boolean =>
  witnesses.some(({ before, after }) => (before.get(key) ?? 0) === 0 && after.get(key) === 0) &&
  witnesses.every(({ after }) => (after.get(key) ?? 0) === 0)
