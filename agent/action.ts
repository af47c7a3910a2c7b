// All the agent can do to a machine. The interpreter (apply.ts) is the only hand; a new line here is a design review.
import type { Bind, Daemon, KernelAddress } from './world.ts'

export type Action =
  | { readonly do: 'write'; readonly path: string; readonly body: string; readonly mode: number }
  | { readonly do: 'remove'; readonly path: string }
  /** Copy a file we did not write to <state>/originals, once. */
  | { readonly do: 'keep-original'; readonly path: string }
  /** The engine's own check of a candidate; its messages are classified, not its exit code alone. */
  | { readonly do: 'check'; readonly engine: string; readonly path: string }
  /** Prove that each address and port can be bound, unless the running daemon holds it already. */
  | { readonly do: 'preflight'; readonly binds: readonly Bind[] }
  | { readonly do: 'install'; readonly packages: readonly string[] }
  | { readonly do: 'start' | 'reload' | 'restart' | 'stop'; readonly daemon: Daemon }
  /** Ask the running process for its digest until it is this one; bounded by timeoutMs. */
  | {
      readonly do: 'verify'
      readonly engine: string
      readonly digest: string
      readonly timeoutMs: number
    }
  /** Durable copy of what is now proved to load; undo goes back to this. */
  | { readonly do: 'remember'; readonly path: string; readonly body: string }
  | { readonly do: 'sysctl'; readonly key: string; readonly value: string }
  | { readonly do: 'drop-address'; readonly address: KernelAddress }
  /** haproxy runtime API: no reload. The answer must be empty. */
  | { readonly do: 'live'; readonly socket: string; readonly command: string }
