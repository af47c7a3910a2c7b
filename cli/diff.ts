// What `hactl diff` does.
import { createTwoFilesPatch } from 'diff'
import { planText } from '../agent/plan/text.ts'
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import { NAME_PATTERN } from '../spec/names.ts'
import { orderWords } from '../spec/order.ts'
import { type HubClient, hubClient } from './client.ts'
import type { DiffFlags } from './commands/diff.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain } from './print.ts'
import { readSpec } from './spec-text.ts'
import { changeOf } from './summary.ts'
import { hubTarget } from './target.ts'

type Side = {
  readonly name: string
  readonly text: string
  /** A node's: what is otherwise there than its text says. */
  readonly orders?: readonly string[]
}

/** Specs as they were written; with --files also what each node would do that goes from one to the other. */
export async function diff(
  io: Io,
  from: string,
  to: string | undefined,
  flags: DiffFlags,
): Promise<void> {
  let client: HubClient | undefined
  const hub = async () => {
    client ??= hubClient(await hubTarget(io, flags))
    return client
  }
  const old = await sideOf(io, from, hub)
  const now = await sideOf(io, to, hub)
  const text =
    old.text === now.text ? '' : createTwoFilesPatch(old.name, now.name, old.text, now.text)
  // Beside the spec, and no part of its text: a server drained by order is weight 0 there all the same.
  const orders = [old, now].flatMap((side) => side.orders ?? [])
  const plans = flags.files === true ? plansOf(clusterOf(old), clusterOf(now)) : undefined
  if (io.json)
    return jsonOut(io, {
      from: old.name,
      to: now.name,
      same: text === '',
      diff: text,
      ...(plans === undefined ? {} : { nodes: plans }),
      ...(orders.length === 0 ? {} : { orders }),
    })
  io.out(text === '' ? `${old.name} and ${now.name} are the same text.\n` : coloured(io, text))
  for (const { plan } of plans ?? []) io.out(`\n${plan}`)
  for (const order of orders) io.out(`${order}\n`)
}

/** A number is a revision, a plain name a node where no such file is, anything else a file. */
async function sideOf(
  io: Io,
  what: string | undefined,
  hub: () => Promise<HubClient>,
): Promise<Side> {
  if (what === undefined) return revisionOf(await hub(), undefined)
  if (/^[1-9][0-9]{0,11}$/.test(what)) return revisionOf(await hub(), Number(what))
  if (!new RegExp(NAME_PATTERN).test(what))
    return { name: what, text: (await readSpec(io, what)).text }
  const client = await hub()
  const node = (await client.status()).nodes.find((one) => one.node === what)
  if (node === undefined)
    throw new Exit(
      EXIT.no,
      `cannot find node ${what} in the newest spec`,
      `hactl status lists them; a file of that name is ./${what}`,
    )
  const revision = node.summary?.runningRevision ?? 0
  if (revision === 0)
    throw new Exit(EXIT.no, `cannot tell what ${what} runs: it has proved nothing`)
  const side = await revisionOf(client, revision)
  const orders = (node.summary?.orders ?? []).map(
    (one) => `order: ${plain(`${one.kind} ${one.about} ${orderWords(one)}`)} (${one.is})`,
  )
  return { ...side, name: `${what} (${side.name})`, orders }
}

async function revisionOf(client: HubClient, revision: number | undefined): Promise<Side> {
  const found = revision === undefined ? await client.spec() : await client.revision(revision)
  if (found === undefined)
    throw new Exit(
      EXIT.no,
      revision === undefined
        ? 'cannot compare: nothing was pushed yet'
        : `cannot find revision ${revision}`,
      'hactl history lists them',
    )
  return { name: `revision ${found.revision}`, text: found.text }
}

function clusterOf({ name, text }: Side): Cluster {
  const { cluster, diagnostics } = checkSpec(text)
  if (cluster !== undefined) return cluster
  const first = diagnostics.find((one) => one.severity === 'error')
  throw new Exit(EXIT.invalid, `cannot plan ${name}: ${first?.message ?? 'it is no valid spec'}`)
}

/** Of nodes that have something to do; a node that the second spec lacks is for its own agent's guard. */
const plansOf = (from: Cluster, to: Cluster) =>
  to.nodes.flatMap(({ name }) => {
    const had = from.nodes.some((node) => node.name === name) ? from : undefined
    const plan = changeOf(had, to, name)
    return plan.steps.length === 0 ? [] : [{ node: name, plan: planText(plan, { diff: true }) }]
  })

const coloured = (io: Io, text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('====='))
    .map((line) => {
      const safe = plain(line)
      if (/^(?:---|\+\+\+) /.test(line)) return paint(io, 'bold', safe)
      if (line.startsWith('+')) return paint(io, 'green', safe)
      return line.startsWith('-') ? paint(io, 'red', safe) : safe
    })
    .join('\n')
