// The two verbs that stay: `hactl agent` and `hactl hub`.
import { join, resolve } from 'node:path'
import { parseAgentConfig } from '../agent/config.ts'
import { HUB_PORT } from '../spec/limits.ts'
import type { HubServeFlags } from './commands/hub.ts'
import { EXIT, Exit } from './exit.ts'
import { readText } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, when } from './print.ts'
import { VERSION } from './version.ts'

/** A line with its time; JSON with --json. */
const logger = (io: Io) => (message: string) => {
  const at = io.clock.now()
  io.err(io.json ? `${JSON.stringify({ at, message })}\n` : `${when(at)}  ${message}\n`)
}

export async function agent(io: Io, file: string, checkOnly: boolean): Promise<void> {
  const text = await readText(io, file)
  const parsed = parseAgentConfig(text)
  if (!parsed.ok) {
    if (io.json) jsonOut(io, { ok: false, exit: EXIT.invalid, diagnostics: parsed.diagnostics })
    else {
      const { renderDiagnostics } = await import('../spec/caret.ts')
      io.err(renderDiagnostics(text, parsed.diagnostics, file, io.color))
    }
    throw new Exit(EXIT.invalid)
  }
  if (checkOnly) {
    if (io.json) jsonOut(io, { ok: true, config: shown(parsed.value) })
    else io.out(`${file}: good, node ${parsed.value.node}\n`)
    return
  }
  const { runAgent } = await import('../agent/run.ts')
  await runAgent(parsed.value, VERSION, io.signal, logger(io))
}

/** Without what may not be seen. */
const shown = (config: object): unknown =>
  JSON.parse(
    JSON.stringify(config, (key, value) => (['token', 'join'].includes(key) ? '(secret)' : value)),
  )

export async function hub(io: Io, flags: HubServeFlags): Promise<void> {
  const { serveHub } = await import('../site/serve.ts')
  const { createCourier } = await import('../agent/host/courier.ts')
  const state = resolve(io.cwd, flags.state)
  const listen = flags.listen ?? [`127.0.0.1:${HUB_PORT}`]
  const open = flags.open === true
  const { clock } = io
  const courier = createCourier(clock)
  const served = await serveHub({ state, listen, open, clock, log: logger(io), courier })
  const { addresses } = served
  if (io.json) jsonOut(io, { ok: true, tokens: join(state, 'tokens.json'), addresses })
  else {
    for (const at of addresses)
      if (!at.startsWith('unix:')) io.out(`Page    ${paint(io, 'bold', `${browsable(at)}/`)}\n`)
    io.out(`Tokens  ${join(state, 'tokens.json')}\n`)
  }
  await new Promise<void>((done) => {
    if (io.signal.aborted) done()
    else io.signal.addEventListener('abort', () => done(), { once: true })
  })
  await served.close()
}

/** All addresses is none that a browser can open. */
const browsable = (url: string): string => url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, '//localhost')
