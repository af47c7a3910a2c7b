// The hub on real ports: HTTP and WebSocket on the same listeners; store, tokens and CA in one directory.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { checkSpec } from '../spec/check.ts'
import { FRAME_BYTES_MAX } from '../spec/limits.ts'
import type { Courier } from '../spec/notice.ts'
import type { Name } from '../spec/tls/x509.ts'
import type { Clock, Log } from './deps.ts'
import { loadHookSecret } from './hook-secret.ts'
import { createHub } from './hub.ts'
import { createGate } from './gate.ts'
import { createPort, type Patience } from './ports.ts'
import { openStore } from './store.ts'
import type { Pair } from './tls/authority.ts'
import { keepFresh, openTls, type TlsChoice } from './tls/open.ts'
import { loadGrants, loadTokens, saveGrants } from './token-file.ts'
import { createTokenBook } from './tokens.ts'
import type { Look } from './verify.ts'

export type ServeOptions = {
  /** Directory of hub.db and tokens.json; made when missing, mode 0700. */
  readonly state: string
  /** 'host:port' (port 0: any free one) or 'unix:/path'. */
  readonly listen: readonly string[]
  readonly open: boolean
  readonly clock: Clock
  readonly log: Log
  /** Takes messages to people; closed with the hub. */
  readonly courier: Courier
  readonly look?: Look | undefined
  /** Absent: PATIENCE. */
  readonly patience?: Patience
  /** Absent: plain HTTP. */
  readonly tls?: {
    readonly choice: TlsChoice
    /** What its own certificate must hold. */
    readonly names: () => readonly Name[]
  }
}
export type Serving = {
  /** Of the CA that stands behind the certificate; undefined without TLS, and where the chain does not hold it. */
  readonly fingerprint: string | undefined
  /** 'http(s)://host:port' or 'unix:/path', in the order of `listen`. */
  readonly addresses: readonly string[]
  close(): Promise<void>
}

/** @throws with a message for the operator when state or an address cannot be used. */
export async function serveHub(options: ServeOptions): Promise<Serving> {
  const { state, listen, open, clock, log, courier } = options
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const book = createTokenBook({
    shared: loadTokens(state),
    grants: loadGrants(state),
    save: (grants) => saveGrants(state, grants),
    now: clock.now,
    random: () => randomBytes(24).toString('base64url'),
  })
  const tls =
    options.tls && (await openTls(options.tls.choice, { state, clock, log, ...options.tls }))
  const store = openStore(join(state, 'hub.db'))
  const check = (text: string) => {
    const { cluster, diagnostics } = checkSpec(text)
    return cluster === undefined
      ? ({ ok: false, diagnostics } as const)
      : ({ ok: true, value: cluster, diagnostics } as const)
  }
  const hub = createHub({
    hookSecret: loadHookSecret(state),
    store,
    book,
    open,
    clock,
    log,
    courier,
    look: options.look,
    id: randomUUID,
    check,
    ...(tls === undefined
      ? {}
      : { joinCa: tls.shown.fingerprint, nodeCa: tls.nodeCa, shownUntil: tls.shown.until }),
  })
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    autoPong: false,
  })
  const doors = { hub, sockets, log, gate: createGate(), places: new Map<string, () => void>() }
  const ports = listen.map((at) => createPort(doors, at, tls?.shown.pair(), options.patience))
  const stop = new AbortController()
  const close = async () => {
    stop.abort()
    hub.close()
    courier.close()
    for (const ws of sockets.clients) ws.terminate()
    await Promise.all(ports.map((port) => port.close()))
    store.close()
  }
  try {
    const addresses: string[] = []
    for (const port of ports) addresses.push(await port.open())
    const show = (pair: Pair) => ports.forEach((port) => void port.show(pair))
    if (tls !== undefined) void keepFresh(tls, clock, show, stop.signal)
    return { addresses, close, fingerprint: tls?.shown.fingerprint() }
  } catch (error) {
    await close()
    throw error
  }
}
