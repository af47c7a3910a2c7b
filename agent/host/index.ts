// The real host: every effect of the agent on its machine.
import { existsSync } from 'node:fs'
import type { Host } from '../world.ts'
import { askSocket } from './ask.ts'
import { cannotBind } from './bind.ts'
import { send } from './daemon-process.ts'
import { runCommand } from './exec.ts'
import { listDirectory, readFileState, removeFile, renameFile, writeFileAtomic } from './files.ts'
import { httpGet } from './get.ts'
import { knock } from './knock.ts'
import { addAddress, readLinks, readSysctl, removeAddress, writeSysctl } from './network.ts'
import { builtinSupervisor, type HostSupervisor } from './supervisor-builtin.ts'
import { systemdSupervisor } from './supervisor-systemd.ts'

export type HostOptions = {
  /** 'auto' is systemd exactly where sd_booted(3) says that it runs the machine. */
  readonly supervisor: 'auto' | 'systemd' | 'builtin'
  /** Notes and logs of the built-in supervisor, /run/hactl. */
  readonly runDirectory: string
  readonly log: (line: string) => void
  /** Default true. false for everything but the agent: two supervisors would both restart a daemon. */
  readonly supervises?: boolean
}

function supervisorOf(options: HostOptions): HostSupervisor {
  const booted = existsSync('/run/systemd/system')
  const kind = options.supervisor === 'auto' ? (booted ? 'systemd' : 'builtin') : options.supervisor
  if (kind === 'systemd') return systemdSupervisor({ run: runCommand })
  return builtinSupervisor({
    runDirectory: options.runDirectory,
    log: options.log,
    supervises: options.supervises ?? true,
  })
}

/** dispose ends the watching; daemons go on. */
export function createHost(options: HostOptions): Host & { dispose(): void } {
  const supervisor = supervisorOf(options)
  const links = shared(() => readLinks(runCommand))
  return {
    read: readFileState,
    write: writeFileAtomic,
    rename: renameFile,
    remove: removeFile,
    list: listDirectory,
    run: runCommand,
    addresses: async () => (await links()).addresses,
    interfaces: async () => (await links()).interfaces,
    addAddress: (at) => addAddress(runCommand, at),
    removeAddress: (at) => removeAddress(runCommand, at),
    signal: async (pid, name) => {
      // 0 and negative numbers would mean groups, 1 is init: never a daemon of ours.
      if (pid > 1) send(pid, name)
    },
    sysctl: readSysctl,
    setSysctl: writeSysctl,
    cannotBind: (bind) => cannotBind(bind, supervisor.pids),
    ask: (socket, command) => askSocket(socket, command),
    get: httpGet,
    knock,
    supervisor,
    dispose: supervisor.dispose,
  }
}

/** Callers that ask while an answer is on its way get that answer: one `ip` for addresses and interfaces. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= ask().finally(() => {
      running = undefined
    })
    return running
  }
}
