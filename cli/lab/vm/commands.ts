// Commands inside a VM: scripts over its channel, files through the folder it shares with the host.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from '../error.ts'
import type { Ran } from '../process.ts'
import type { Channel } from './channel.ts'
import { HOST } from './guest.ts'

const SCRIPT_TIMEOUT_MS = 30_000

export type VmCommands = {
  /** Runs a bash script; 124 as code when it ran out of time (default 30 s). Throws LabError when the VM is off. */
  readonly sh: (script: string, timeoutMs?: number) => Promise<Ran>
  /** As sh, and throws LabError with the script's own words when its code is not 0. Its standard output, trimmed. */
  readonly must: (script: string, timeoutMs?: number) => Promise<string>
  /** Writes a file inside, down to its disk; folders are made. Default mode 0644. */
  readonly put: (path: string, body: string | Buffer, mode?: number) => Promise<void>
  readonly read: (path: string) => Promise<string>
}

export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** `share` is HOST inside; `channel` throws while the VM is off. */
export function commandsOf(name: string, share: string, channel: () => Channel): VmCommands {
  let count = 0
  const sh: VmCommands['sh'] = async (script, timeoutMs = SCRIPT_TIMEOUT_MS) => {
    const now = channel()
    const id = `c${++count}`
    const path = join(share, 'cmd', id)
    writeFileSync(path, script)
    try {
      const { code, stdout, stderr } = await now.ask(id, timeoutMs)
      return { code, stdout: stdout.toString(), stderr: stderr.toString() }
    } catch (error) {
      throw new LabError(`cannot run on ${name}: ${wordsOf(error)}`, script.slice(0, 200), error)
    } finally {
      rmSync(path, { force: true })
    }
  }
  const must: VmCommands['must'] = async (script, timeoutMs) => {
    const { code, stdout, stderr } = await sh(script, timeoutMs)
    if (code === 0) return stdout.trim()
    const words = `${stdout.trim()}\n${stderr.trim()}`.trim().split('\n').slice(-6).join('; ')
    throw new LabError(`cannot do on ${name} (code ${code}): ${script.slice(0, 300)}: ${words}`)
  }
  return {
    sh,
    must,
    put: async (path, body, mode = 0o644) => {
      const from = `put${++count}`
      writeFileSync(join(share, from), body)
      const to = quoted(path)
      try {
        await must(`install -D -m ${mode.toString(8)} ${HOST}/${from} ${to} && sync ${to}`)
      } finally {
        rmSync(join(share, from), { force: true })
      }
    },
    read: async (path) => {
      const { code, stdout, stderr } = await sh(`cat ${quoted(path)}`)
      if (code !== 0) throw new LabError(`cannot read ${path} on ${name}: ${stderr.trim()}`)
      return stdout
    },
  }
}
