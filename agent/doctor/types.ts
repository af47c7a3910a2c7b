// What the doctor asks of a machine, what it is answered, and what it concludes. Questions and answers are data.
import type { Cluster } from '../../spec/cluster.ts'
import type { Finding } from '../../spec/report.ts'
import type { Facts } from '../plan/types.ts'

export type { Finding }

/** All that a check may want to know; agent/host/doctor answers it, nothing here touches the machine. */
export type Ask =
  | { readonly ask: 'run'; readonly argv: readonly string[]; readonly timeoutMs: number }
  /** Text of a file, for files that hold no secrets: answers may be recorded. */
  | { readonly ask: 'read'; readonly path: string }
  | { readonly ask: 'list'; readonly path: string }
  /** Owner and mode, without the content; symbolic links are not followed. */
  | { readonly ask: 'stat'; readonly path: string }
  | { readonly ask: 'space'; readonly path: string }
  | {
      readonly ask: 'connect'
      readonly host: string
      readonly port: number
      readonly timeoutMs: number
    }
  /** The Date header of any HTTP answer, and our own clock around it. */
  | { readonly ask: 'date'; readonly url: string; readonly timeoutMs: number }
  /** What is wrong with an agent's configuration, in words; never its text, which holds tokens. */
  | { readonly ask: 'agent-config'; readonly path: string }

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }
export type Stat = {
  readonly kind: 'file' | 'directory' | 'link' | 'socket' | 'other'
  readonly mode: number
  readonly uid: number
  readonly gid: number
}
/** Bytes and inodes of a file system, as for an unprivileged user; inodes 0 where it counts none (btrfs, xfs may). */
export type Space = {
  readonly bytes: number
  readonly bytesFree: number
  readonly inodes: number
  readonly inodesFree: number
}
export type Dated = {
  readonly status: number
  /** Milliseconds since 1970 by the other's clock, in whole seconds; undefined without an answer. */
  readonly theirsMs?: number
  readonly sentMs: number
  readonly receivedMs: number
}
/** undefined stands for "not there", or "could not be found out". */
export type Answers = {
  run(...argv: readonly string[]): Ran | undefined
  read(path: string): string | undefined
  list(path: string): readonly string[]
  stat(path: string): Stat | undefined
  space(path: string): Space | undefined
  /** '' when it connected, else the errno name or 'timeout'. undefined when it was not asked. */
  connect(host: string, port: number): string | undefined
  date(url: string): Dated | undefined
  agentConfig(path: string): readonly string[] | undefined
}

/** Whom the doctor looks at. Everything but the answers. */
export type Patient = {
  readonly node: string
  /** undefined while no spec is known. */
  readonly cluster: Cluster | undefined
  readonly facts: Facts
  readonly peerPort: number
  /** http(s) address; undefined without a hub. */
  readonly hub: string | undefined
  readonly statePath: string
  readonly configPath: string
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number
  /** The agent examines itself, now and then: nothing on the node may be switched for it. */
  readonly quiet?: true
  /** What the agent of this node says of itself; undefined where nobody asked it. */
  readonly agent?: AgentWord
}

export type AgentWord = {
  /** False: nothing answers on its port. */
  readonly answers: boolean
  readonly condition: string
  readonly reason: string
  /** Since its last pass that proved the spec; undefined where it is not known. */
  readonly sinceReadyMs?: number
}

export type Check = {
  readonly name: string
  /** Cheap ones are run by the agent every ten minutes; the others only when asked for. */
  readonly cheap: boolean
  /** Questions; the same patient always asks the same. */
  readonly asks: (patient: Patient) => readonly Ask[]
  /** Pure. Silence means well. What could not be found out is a finding of severity info. */
  readonly judge: (patient: Patient, answers: Answers) => readonly Finding[]
}

const ORDER = { error: 0, warning: 1, info: 2 } as const
/** Worst first; within one severity in the order of the checks. */
export const bySeverity = (a: Finding, b: Finding): number => ORDER[a.severity] - ORDER[b.severity]
