// A hub on a real port that speaks TLS with a CA of its own.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Secret } from '../../../spec/secret.ts'
import { postJson } from '../../../agent/host/post.ts'
import { serveHub } from '../../../site/serve.ts'
import { namesOf } from '../../../site/tls/names.ts'
import { splitJoin } from '../../../spec/tls/fingerprint.ts'
import { temporaryDirectory } from '../../agent/host/temporary.ts'
import { fakeCourier, testClock } from '../kit.ts'
import { DAY_MS } from './kit.ts'

/** So old are its first certificates: clients judge them by the real time. */
export const AGE_MS = 61 * DAY_MS
type Patience = Parameters<typeof serveHub>[0]['patience']

export async function tlsHub(t: TestContext, patience?: Patience) {
  const state = await temporaryDirectory(t)
  const listen = ['127.0.0.1:0']
  const ticking = testClock()
  const startMs = Date.now() - AGE_MS
  const clock = { ...ticking, now: () => startMs + ticking.monotonic() }
  const hub = await serveHub({
    ...{ state, listen, clock, open: false, log: () => undefined, courier: fakeCourier() },
    tls: {
      choice: { is: 'own' },
      names: () => namesOf({ listen, given: [], host: 'box', interfaces: {} }),
    },
    ...(patience === undefined ? {} : { patience }),
  })
  t.after(() => hub.close())
  const ca = readFileSync(join(state, 'ca.pem'), 'utf8').replace(/-----BEGIN PRIVATE[\s\S]*/, '')
  const url = hub.addresses[0] ?? ''
  const tokens: Record<string, string> = JSON.parse(
    readFileSync(join(state, 'tokens.json'), 'utf8'),
  )
  const auth = (role: string) => ({ authorization: `Bearer ${tokens[role]}` })
  /** As fetch, which takes no CA. */
  const ask = (
    path: string,
    options: { method: string; body: string; headers: Record<string, string> },
  ) =>
    new Promise<{ readonly status: number }>((resolve, reject) => {
      const { method, headers } = options
      request(new URL(path, url), { ca, method, headers, agent: false }, (answer) => {
        answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0 }))
      })
        .on('error', reject)
        .end(options.body)
    })
  /** A token of a node's own, as joining gives it. */
  const enrol = async (node: string): Promise<string> => {
    const post = (path: string, by: string, value: unknown) =>
      postJson(url, path, new Secret(by), value, 5_000, [ca])
    const join = await post('/v1/join-tokens', tokens['operator'] ?? '', { node, ttlMs: 60_000 })
    const own = randomBytes(24).toString('base64url')
    const tokenHash = createHash('sha256').update(own).digest('hex')
    const { secret } = splitJoin(String(JSON.parse(join.body).token))
    const { status } = await post('/v1/enrol', secret, { node, tokenHash })
    if (status !== 201) throw new Error(`${node} is not let in: ${status}`)
    return own
  }
  return {
    hub,
    url,
    ca,
    ask,
    enrol,
    port: Number(new URL(url).port),
    tokens,
    auth,
    state,
    clock: ticking,
  }
}
export type Bench = Awaited<ReturnType<typeof tlsHub>>
