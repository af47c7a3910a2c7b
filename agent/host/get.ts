// One HTTP GET or TCP connect on a fresh connection, for probing what we serve.
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { nodeOf } from '../../spec/tls/node-name.ts'
import type { PeerTls } from '../world.ts'
import { ANSWER_BYTES_MAX } from './limits.ts'

export type Answer = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}
const NONE: Answer = { status: 0, body: '', headers: {} }

type Target = {
  readonly tls: boolean
  readonly at: { socketPath: string; path: string } | { host: string; port: number; path: string }
}

/** http://, https:// and `unix:/run/x.sock:/path`; undefined for anything else. */
function targetOf(url: string): Target | undefined {
  const unix = /^unix:([^:]+):(\/.*)$/.exec(url)
  if (unix?.[1] !== undefined && unix[2] !== undefined) {
    return { tls: false, at: { socketPath: unix[1], path: unix[2] } }
  }
  if (!URL.canParse(url)) return undefined
  const { protocol, hostname, port, pathname, search } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  const tls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const at = { host, port: port === '' ? (tls ? 443 : 80) : Number(port), path: pathname + search }
  return { tls, at }
}

function flatHeaders(response: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

const UNJUDGED = { rejectUnauthorized: false }

/** The other's certificate must be of the cluster's CA, for that node, and not revoked; its address says nothing. */
const judgedBy = ({ key, cert, ca, node, revoked }: PeerTls) => ({
  ...{ key, cert, ca, rejectUnauthorized: true, servername: '', minVersion: 'TLSv1.3' as const },
  checkServerIdentity: (_: string, shown: PeerCertificate) =>
    nodeOf(shown.subjectaltname) === node && !revoked(shown.serialNumber)
      ? undefined
      : new Error(`the certificate is not one of ${node}, or revoked`),
})

/**
 * Never throws and never follows redirects: status 0 when there is no whole answer within timeoutMs
 * and ANSWER_BYTES_MAX. Without `peer` certificates are not judged: the question is whether it answers.
 */
export function httpGet(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  peer?: PeerTls,
): Promise<Answer> {
  const target = targetOf(url)
  if (target === undefined) return Promise.resolve(NONE)
  return new Promise((resolve) => {
    const options = { ...target.at, method: 'GET', headers: { ...headers }, agent: false as const }
    const outgoing = target.tls
      ? requestTls({ ...options, ...(peer === undefined ? UNJUDGED : judgedBy(peer)) })
      : request(options)
    const timer = setTimeout(() => done(NONE), timeoutMs)
    const done = (answer: Answer): void => {
      clearTimeout(timer)
      outgoing.destroy()
      resolve(answer)
    }
    outgoing.on('error', () => done(NONE))
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      let total = 0
      response.on('error', () => done(NONE))
      response.on('data', (chunk: Buffer) => {
        total += chunk.length
        if (total > ANSWER_BYTES_MAX) return done(NONE)
        chunks.push(chunk)
      })
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        done({ status: response.statusCode ?? 0, body, headers: flatHeaders(response) })
      })
    })
    outgoing.end()
  })
}

/** Whether a TCP connection is accepted within timeoutMs. Never throws. */
export function tcpConnects(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (ok: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(ok)
    }
    const timer = setTimeout(() => done(false), timeoutMs)
    socket.on('connect', () => done(true))
    socket.on('error', () => done(false))
  })
}
