// What is not deterministic comes in here, as parameters; cli/main.ts builds the only real one,
// test/fakes/ the strict fake one, test/sim/ one on virtual time.
import type { Question } from '../spec/verify.ts'

export type Exec = {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}
/** `gid` is absent for the group of root. */
export type FileState = { readonly body: string; readonly mode: number; readonly gid?: number }
export type KernelAddress = {
  readonly interface: string
  readonly address: string
  readonly prefix: number
}
export type KernelInterface = {
  readonly name: string
  readonly up: boolean
  /** The hardware address, where there is one. */
  readonly mac?: string
}

/** A long-running program the agent keeps alive. Argv, never a shell. */
export type Daemon = {
  /** Also the name in plans and reports: 'haproxy', 'keepalived', 'nginx'. */
  readonly name: string
  /** systemd unit that stands for it where systemd is PID 1. */
  readonly unit: string
  /** Foreground command line for the built-in supervisor. */
  readonly argv: readonly string[]
  /** Signal that makes it load its configuration again. */
  readonly reloadSignal: 'SIGHUP' | 'SIGUSR2'
  /** Files that a killed process leaves and that keep the next one from starting: removed before a start while none runs. */
  readonly leftovers?: readonly string[]
}
export type DaemonStatus = {
  readonly running: boolean
  readonly pid: number
  readonly restarts: number
}

/** Two supervisors stand behind it: systemd, and the built-in one whose children outlive the agent. */
export type Supervisor = {
  readonly kind: 'systemd' | 'builtin'
  status(daemon: Daemon): Promise<DaemonStatus>
  /** Starts it and keeps it running: restarted at once when it dies, with backoff when it keeps dying. */
  start(daemon: Daemon): Promise<void>
  reload(daemon: Daemon): Promise<void>
  restart(daemon: Daemon): Promise<void>
  stop(daemon: Daemon): Promise<void>
}

export type Bind = { readonly address: string; readonly port: number }

/** All the agent can see of and do to a machine. Every call is bounded in time and output. */
export type Host = {
  /** undefined when absent; throws HostError on anything else. */
  read(path: string): Promise<FileState | undefined>
  /** Atomic: temp in the same directory, mode, fsync, rename, fsync directory. Makes missing directories. */
  write(path: string, body: string, mode: number, gid?: number): Promise<void>
  /** Within one directory, atomic and durable as `write`, and possible on a full disk. */
  rename(from: string, to: string): Promise<void>
  /** No error when already absent. */
  remove(path: string): Promise<void>
  list(directory: string): Promise<readonly string[]>
  /** argv, never a shell. A program that cannot be started gives code 127. */
  run(argv: readonly string[], timeoutMs: number): Promise<Exec>
  addresses(): Promise<readonly KernelAddress[]>
  interfaces(): Promise<readonly KernelInterface[]>
  /** Scope host on the loopback. No error when it is there already. */
  addAddress(at: KernelAddress): Promise<void>
  removeAddress(at: KernelAddress): Promise<void>
  /** Asks a running daemon for its dump; never used to end one. No error when the pid is gone. */
  signal(pid: number, signal: 'SIGUSR1'): Promise<void>
  /** undefined where the key does not exist. */
  sysctl(key: string): Promise<string | undefined>
  setSysctl(key: string, value: string): Promise<void>
  /** undefined when a listener could be bound now; otherwise the reason, as errno text. */
  cannotBind(bind: Bind): Promise<string | undefined>
  /** One command to a unix stream socket (haproxy's runtime API), the whole answer. */
  ask(socket: string, command: string): Promise<string>
  /** One HTTP GET, for probing what we serve; never follows redirects. Status 0 when there is no answer. */
  get(
    url: string,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
    /** Both sides prove who they are; absent: certificates are not judged, the question is whether it answers. */
    tls?: PeerTls,
  ): Promise<{ status: number; body: string; headers: Readonly<Record<string, string>> }>
  /** One question to a listener of another machine: 0 no answer, 1 a connection, else the class of the HTTP status. */
  knock(question: Question, timeoutMs: number): Promise<number>
  readonly supervisor: Supervisor
}

export type Clock = {
  /** Wall clock in milliseconds since 1970, for showing only. */
  now(): number
  /** Monotonic milliseconds, for every decision. */
  monotonic(): number
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
/** How one node asks another: PEM of our own, and whom the other must be. */
export type PeerTls = {
  readonly key: string
  readonly cert: string
  readonly ca: string
  readonly node: string
  /** By the serial of a certificate, upper case hexadecimal. */
  readonly revoked: (serial: string) => boolean
}

export type Random = {
  /** integer in [min, max] */ between(min: number, max: number): number
  id(): string
}

/** A spec as it came from a source; trust and parsing come later. */
export type Fetched = {
  readonly body: string
  readonly revision: number
  readonly allow: readonly string[]
  /** Only of a spec that waits for a person's confirmation: what is left of the time for it, in milliseconds. */
  readonly confirmMs?: number
  /** Where it stands in a history that can be rewritten; absent where revisions have numbers or none. */
  readonly origin?: Origin
  /** Detached signature that stands beside the spec; who may sign is for trust to judge. */
  readonly signature?: string
}
export type Origin = {
  /** Repository, ref and path: commits of two of them are not compared. */
  readonly from: string
  readonly commit: string
  readonly author: string
  /** The last commit that was taken from there is this one or an ancestor of it, or none was, or it is forced. */
  readonly follows: boolean
}
export type Source = {
  readonly name: string
  /** undefined when nothing newer is there than the last call returned. Throws when it cannot be reached. */
  fetch(signal: AbortSignal): Promise<Fetched | undefined>
  /** Somebody says that something new is there: the next fetch looks, whatever its pace. */
  hurry?(): void
}

export type GitAnswer = {
  /** null when it was ended for its time or output, which stderr says then. 127: cannot be started. */
  readonly code: number | null
  readonly stdout: Uint8Array
  readonly stderr: string
}
export type GitLimits = {
  readonly timeoutMs: number
  readonly outputBytesMax: number
  /** May speak to the remote. Without it git cannot fetch what is missing behind our back. */
  readonly network: boolean
  readonly signal: AbortSignal
}
/** The system's git in one bare repository of ours, without anybody's configuration, hooks or questions. */
export type Git = {
  /** Whatever was there is gone, and the directory is empty. */
  fresh(): Promise<void>
  remove(): Promise<void>
  run(args: readonly string[], limits: GitLimits): Promise<GitAnswer>
}

export type World = { readonly host: Host; readonly clock: Clock; readonly random: Random }
