// What `hactl token` and `hactl hub join-token` do.
import { Type } from '@sinclair/typebox'
import { JOIN_TTL_MS_DEFAULT, TokenAnswer, TokenInfo } from '../spec/enrol.ts'
import { parsed } from './client.ts'
import type { JoinTokenFlags } from './commands/hub.ts'
import type { TokenCreateFlags } from './commands/token.ts'
import { EXIT, Exit } from './exit.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain, table, when } from './print.ts'
import { hubTarget } from './target.ts'
import { type Call, call } from './transport.ts'

const Refusal = Type.Object({ error: Type.String() })

/** What the hub refuses by name (it is there already, it is the last one) is said in its words. */
async function ask(io: Io, flags: HubFlags, request: Call) {
  const target = await hubTarget(io, flags)
  const answer = await call(target, request)
  if (answer.status === 404 || answer.status === 409 || answer.status === 400) {
    const { error } = parsed(target.url, { ...answer, status: 200 }, Refusal)
    const hint = answer.status === 404 ? 'hactl token list shows the names' : ''
    throw new Exit(answer.status === 400 ? EXIT.usage : EXIT.refused, plain(error), hint)
  }
  return { url: target.url, answer }
}

const post = (path: string, value: unknown): Call => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

export async function createToken(io: Io, flags: TokenCreateFlags): Promise<void> {
  const { role, name, ttl } = flags
  const request = { role, name, ...(ttl === undefined ? {} : { ttlMs: ttl }) }
  const { url, answer } = await ask(io, flags, post('/v1/tokens', request))
  const made = parsed(url, answer, TokenAnswer)
  if (io.json) return jsonOut(io, { ok: true, ...made })
  // The token alone on standard output: it can go straight into a file.
  io.err(`${role} token ${name}${until(made)}; it is not shown again:\n`)
  io.out(`${plain(made.token)}\n`)
}

export async function joinToken(io: Io, flags: JoinTokenFlags): Promise<void> {
  const { node, ttl } = flags
  const request = { ttlMs: ttl ?? JOIN_TTL_MS_DEFAULT, ...(node === undefined ? {} : { node }) }
  const { url, answer } = await ask(io, flags, post('/v1/join-tokens', request))
  const made = parsed(url, answer, TokenAnswer)
  if (io.json) return jsonOut(io, { ok: true, ...made, ...(node === undefined ? {} : { node }) })
  io.err(`For ${node ?? 'one node that has no token yet'}, once${until(made)}:\n`)
  io.err(`There: hactl agent install --hub ${reachable(url)} --join TOKEN, with the token\n`)
  io.out(`${plain(made.token)}\n`)
}

/** A socket or the loopback is no address for another machine. */
const reachable = (url: string): string =>
  /^https?:\/\/(?!127\.|localhost|\[::1\])/.test(url) ? url : 'URL'

const until = ({ expiresAt }: TokenAnswer): string =>
  expiresAt === undefined ? '' : `, good until ${when(expiresAt)}`

export async function listTokens(io: Io, flags: HubFlags): Promise<void> {
  const { url, answer } = await ask(io, flags, { method: 'GET', path: '/v1/tokens' })
  const list = parsed(url, answer, Type.Array(TokenInfo))
  if (io.json) return jsonOut(io, list)
  const head = ['NAME', 'ROLE', 'NODE', 'MADE', 'UNTIL', 'BY']
  const date = (at: number | undefined) => (at === undefined ? '-' : when(at))
  io.out(
    table([
      head.map((cell) => paint(io, 'dim', cell)),
      ...list.map((one) => [
        plain(one.name),
        plain(one.role),
        plain(one.node ?? '-'),
        date(one.madeAt),
        date(one.expiresAt),
        plain(one.by) || '-',
      ]),
    ]),
  )
}

export async function revokeToken(io: Io, name: string, flags: HubFlags): Promise<void> {
  const path = `/v1/tokens/${encodeURIComponent(name)}`
  const { url, answer } = await ask(io, flags, { method: 'DELETE', path })
  parsed(url, answer, Type.Object({ name: Type.String() }))
  if (io.json) jsonOut(io, { ok: true, name })
  else io.out(`${name} is revoked; what was connected with it is cut.\n`)
}
