// The one way in which an agent calls a hub: bounded in time and frame, no redirects, no compression.
import { bearer, type Secret } from '../../spec/secret.ts'
import { WebSocket } from 'ws'
import { FRAME_BYTES_MAX } from '../../spec/limits.ts'

const HANDSHAKE_MS_MAX = 5_000

export function dial(deps: {
  readonly url: string
  readonly token: () => Secret
  readonly ca?: () => readonly string[] | undefined
}): WebSocket {
  const ca = deps.ca?.()
  const url = new URL('/v1/agent', deps.url)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return new WebSocket(url, {
    handshakeTimeout: HANDSHAKE_MS_MAX,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    autoPong: false,
    followRedirects: false,
    headers: { authorization: bearer(deps.token()) },
    ...(ca === undefined ? {} : { ca: [...ca] }),
  })
}
