// The two verbs that stay: `hactl agent` and `hactl hub`.
import { hostname, networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import { parseAgentConfig } from '../agent/config.ts'
import { HUB_PORT } from '../spec/limits.ts'
import { isLoopback } from '../spec/tls/loopback.ts'
import type { HubServeFlags } from './commands/hub.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import { readText } from './files.ts'
import type { Io } from './io.ts'
import { type LogFlags, logger } from './log.ts'
import { jsonOut, paint } from './print.ts'
import { VERSION } from './version.ts'

export async function agent(
  io: Io,
  file: string,
  { check, log }: LogFlags & { readonly check?: boolean },
): Promise<void> {
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
  if (check === true) {
    if (io.json) jsonOut(io, { ok: true, config: shown(parsed.value) })
    else io.out(`${file}: good, node ${parsed.value.node}\n`)
    return
  }
  const { runAgent } = await import('../agent/run.ts')
  await runAgent(parsed.value, VERSION, io.signal, logger(io, log, parsed.value))
}

/** Secrets say so themselves. */
const shown = (config: object): unknown => JSON.parse(JSON.stringify(config))

export async function hub(io: Io, flags: HubServeFlags): Promise<void> {
  const { serveHub } = await import('../site/serve.ts')
  const { createCourier, waysOf } = await import('../agent/host/courier.ts')
  const state = resolve(io.cwd, flags.state)
  const listen = flags.listen ?? [`127.0.0.1:${HUB_PORT}`]
  const open = flags.open === true
  const { clock } = io
  const log = logger(io, flags.log, { node: 'hub' })
  const files = filesAt(io, flags)
  const tls = await tlsOf(files, state, listen)
  const { line } = await hubSecrets(state)
  const courier = createCourier(clock, (notify) => waysOf(notify, line))
  const { knock } = await import('../agent/host/knock.ts')
  const look = { knock, addresses: ownAddresses }
  const served = await serveHub({ state, listen, open, clock, log, courier, tls, look })
  const { addresses, fingerprint } = served
  const exposed = addresses.filter((at) => at.startsWith('http:') && !onLoopback(at))
  if (exposed.length > 0) log(`warning: ${inPlain(exposed)}`)
  if (io.json) jsonOut(io, { ok: true, tokens: join(state, 'tokens.json'), addresses, fingerprint })
  else {
    for (const at of addresses)
      if (!at.startsWith('unix:')) io.out(`Page    ${paint(io, 'bold', `${browsable(at)}/`)}\n`)
    io.out(`Tokens  ${join(state, 'tokens.json')}\n`)
    if (fingerprint !== undefined) io.out(`CA      ${fingerprint}\n`)
  }
  await new Promise<void>((done) => {
    if (io.signal.aborted) done()
    else io.signal.addEventListener('abort', () => done(), { once: true })
  })
  await served.close()
}

const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((nets) => (nets ?? []).map(({ address }) => address))

const onLoopback = (url: string): boolean =>
  isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
const inPlain = (addresses: readonly string[]): string =>
  `this hub speaks plain HTTP on ${addresses.join(' and ')}: whoever can read that wire reads tokens and specs; --tls auto gives it a certificate of its own CA`

/** Relative paths are the user's. */
const filesAt = (io: Io, { tlsCert, tlsKey, ...rest }: HubServeFlags): HubServeFlags => ({
  ...rest,
  ...(tlsCert === undefined ? {} : { tlsCert: resolve(io.cwd, tlsCert) }),
  ...(tlsKey === undefined ? {} : { tlsKey: resolve(io.cwd, tlsKey) }),
})

/** How the hub speaks, and the names by which its own certificate may be asked for. @throws Exit(usage). */
async function tlsOf(flags: HubServeFlags, state: string, listen: readonly string[]) {
  const { chooseTls } = await import('../site/tls/open.ts')
  const { namesOf } = await import('../site/tls/names.ts')
  const given = flags.tlsName ?? []
  const names = () => namesOf({ listen, given, host: hostname(), interfaces: networkInterfaces() })
  try {
    names()
    return { choice: chooseTls(state, listen, flags), names }
  } catch (error) {
    throw new Exit(EXIT.usage, messageOf(error), 'hactl hub --help', error)
  }
}

/** The hub's own age key, for what it sends: made at the first start. */
async function hubSecrets(state: string) {
  const { openIdentity, readIdentity } = await import('../agent/host/age.ts')
  const { readSecretLine } = await import('../agent/host/secret-file.ts')
  const { agePath } = await import('../agent/secrets.ts')
  const path = agePath(state)
  const line = (place: string) => readSecretLine(place, { identity: () => readIdentity(path) })
  // A full disk keeps the hub without one, and from nothing else: the first secret that needs it says so.
  await openIdentity(path).catch(() => undefined)
  return { line }
}

/** All addresses is none that a browser can open. */
const browsable = (url: string): string => url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, '//localhost')
