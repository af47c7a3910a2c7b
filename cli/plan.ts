// What `hactl plan` and `hactl render` do: pure work on files the user names.
import { join, posix } from 'node:path'
import type { Version } from '../agent/engine.ts'
import { compile, makePlan } from '../agent/plan/index.ts'
import { emptyObserved, offlineFacts } from '../agent/plan/offline.ts'
import { planText } from '../agent/plan/text.ts'
import type { Plan } from '../agent/plan/types.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { PlanFlags } from './commands/plan.ts'
import type { RenderFlags } from './commands/render.ts'
import { EXIT, Exit } from './exit.ts'
import { readText, writeText } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut, paint } from './print.ts'
import { recordedFacts, recordedObserved } from './recorded.ts'
import { needSpec } from './spec-text.ts'

export async function plan(io: Io, file: string, flags: PlanFlags): Promise<void> {
  const { cluster } = await needSpec(io, file)
  const one = flags.node
  if (one !== undefined && flags.all === true)
    throw new Exit(EXIT.usage, 'cannot use --node and --all together')
  if (one === undefined && (flags.facts ?? flags.observed) !== undefined)
    throw new Exit(
      EXIT.usage,
      'cannot use --facts or --observed without --node',
      'they are of one node',
    )
  const nodes = one === undefined ? cluster.nodes.map((n) => n.name) : [known(cluster, one)]
  const observed =
    flags.observed === undefined
      ? emptyObserved()
      : recordedObserved(flags.observed, await readText(io, flags.observed))
  const recorded =
    flags.facts === undefined
      ? undefined
      : recordedFacts(flags.facts, await readText(io, flags.facts))
  const plans = nodes.map((node) =>
    makePlan(
      cluster,
      recorded === undefined ? offlineFacts(cluster, node) : { ...recorded, node },
      observed,
    ),
  )
  if (io.json) jsonOut(io, { ok: true, digest: cluster.digest, plans })
  else io.out(plans.map((p) => painted(io, p, flags.diff)).join('\n'))
}

const COLOURS = { '+': 'green', '-': 'red', '~': 'yellow', '!': 'yellow', '=': 'dim' } as const

function painted(io: Io, of: Plan, diff: boolean): string {
  const text = planText(of, { diff })
  if (!io.color) return text
  return text
    .split('\n')
    .map((line) => {
      const mark = line.trimStart()[0]
      return mark === '+' || mark === '-' || mark === '~' || mark === '!' || mark === '='
        ? paint(io, COLOURS[mark], line)
        : line
    })
    .join('\n')
}

function known(cluster: Cluster, node: string): string {
  if (cluster.nodes.some((n) => n.name === node)) return node
  throw new Exit(
    EXIT.usage,
    `cannot find node '${node}' in the spec`,
    `it has ${cluster.nodes.map((n) => n.name).join(', ')}`,
  )
}

export async function render(io: Io, file: string, flags: RenderFlags): Promise<void> {
  const { cluster } = await needSpec(io, file)
  const node = known(cluster, flags.node)
  const versions: Record<string, Version> = {}
  if (flags.haproxyVersion !== undefined) versions['haproxy'] = flags.haproxyVersion
  if (flags.keepalivedVersion !== undefined) versions['keepalived'] = flags.keepalivedVersion
  const { wants, notes } = compile(cluster, offlineFacts(cluster, node, versions))
  const files = wants.flatMap((want) => (want.kind === 'daemon' ? want.files : []))
  if (flags.out !== undefined)
    // Below DIR whatever the path says: the spec must not choose what is overwritten here.
    for (const { path, body, mode } of files)
      await writeText(io, join(flags.out, posix.normalize(`/${path}`)), body, mode)
  if (io.json) return jsonOut(io, { ok: true, node, digest: cluster.digest, files, notes })
  for (const { path, body } of files)
    io.out(
      flags.out === undefined
        ? `${paint(io, 'bold', `### ${path}`)}\n${body}${body.endsWith('\n') ? '' : '\n'}\n`
        : `${join(flags.out, posix.normalize(`/${path}`))}\n`,
    )
  for (const note of notes) io.err(`note: ${note}\n`)
  if (files.length === 0) io.err(`${node} has no configuration: no vip or proxy is on it\n`)
}
