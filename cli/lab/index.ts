// The cluster of a spec on one machine: real programs in namespaces of their own.
import { enter, isVm } from './namespace.ts'
import { attach, run, type Ran } from './process.ts'
import { probe, type ProbeResult } from './probe.ts'
import { readState } from './state.ts'
import { LabError } from './error.ts'
import { CLIENT } from './topology.ts'

export { labDown, leftOf } from './down.ts'
export { LabError } from './error.ts'
export { type FailOptions, labFail, labHeal } from './fail.ts'
export { inner, relay } from './inner.ts'
export type { ProbeResult } from './probe.ts'
export { type Bare, type How, HOWS } from './state.ts'
export { type LabStatus, labStatus } from './status.ts'
export { defaultRoot, isLab, labName, labsBase, labsHere, rootOfLab } from './place.ts'
export { type Lab, labUp, type UpOptions } from './up.ts'

export type ExecOptions = {
  readonly root: string
  readonly node: string
  readonly argv: readonly string[]
  readonly timeoutMs?: number
}
/** Runs a program on a member and collects its output. 'client' and 'hub' are short for the lab's own members. */
export function labExec({ root, node, argv, timeoutMs }: ExecOptions): Promise<Ran> {
  const name = memberName(node)
  return run(
    root,
    [...enter(readState(root), name), ...argv],
    timeoutMs === undefined ? {} : { timeoutMs },
  )
}
/** The same with the caller's terminal; the exit code. */
export const labShell = ({ root, node, argv }: ExecOptions): Promise<number> =>
  attach(root, [...enter(readState(root), memberName(node)), ...argv], isVm(readState(root), node))

const memberName = (node: string): string =>
  node === 'client' || node === 'hub' ? `lab-${node}` : node

export type LabProbeOptions = {
  readonly root: string
  readonly url?: string
  readonly seconds: number
  readonly intervalMs?: number
}
/** Asks as a client of the lab: the first vip with an HTTP proxy unless a url is given. Every 5 ms by default. */
export function labProbe({
  root,
  url,
  seconds,
  intervalMs = 5,
}: LabProbeOptions): Promise<ProbeResult> {
  const state = readState(root)
  const target = url ?? state.vips.find((vip) => vip.url !== undefined)?.url
  if (target === undefined)
    throw new LabError('cannot choose what to ask: no vip has an HTTP proxy', 'give a URL')
  return probe(root, enter(state, CLIENT, 'network'), state.hactl, {
    url: target,
    seconds,
    intervalMs,
  })
}
