// All the agent can do to a machine. The interpreter (apply.ts) is the only hand; a new line here is a design review.
import type { MountWish } from './plan/types.ts'
import type { Bind, Daemon, KernelAddress } from './world.ts'

export type Action =
  | {
      readonly do: 'write'
      readonly path: string
      readonly body: string
      readonly mode: number
      readonly gid?: number
      /** A file beside it that may already hold this very text: renamed then, which a full disk allows. */
      readonly from?: string
    }
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
  | { readonly do: 'add-address'; readonly address: KernelAddress }
  | { readonly do: 'drop-address'; readonly address: KernelAddress }
  /** The hand-made original of a file comes back from <state>/originals; without one the file goes. */
  | { readonly do: 'restore-original'; readonly path: string }
  /** A program with its arguments, never a shell. An exit other than 0 fails the step; `next` as in failure.ts. */
  | {
      readonly do: 'run'
      readonly argv: readonly string[]
      readonly timeoutMs: number
      readonly next: 'retry' | 'wait'
    }
  /** Ask systemd until the unit is in this state; bounded by timeoutMs. Its exit codes are no proof. */
  | {
      readonly do: 'verify-unit'
      readonly unit: string
      readonly state: 'running' | 'stopped'
      readonly timeoutMs: number
    }
  /**
   * Takes NFS off a mount point, in children with a limit each; the mount table judges, no exit code. `units` are
   * then stopped (automounts) and not started at boot any more.
   */
  | { readonly do: 'unmount'; readonly path: string; readonly units: readonly string[] }
  /** Look at the mount table until it shows the mount; bounded by timeoutMs. */
  | { readonly do: 'verify-mount'; readonly wish: MountWish; readonly timeoutMs: number }
  /** What we left on the host under this id is gone. */
  | { readonly do: 'forget'; readonly id: string }
  /** haproxy runtime API: no reload. The answer must be empty. */
  | { readonly do: 'live'; readonly socket: string; readonly command: string }
