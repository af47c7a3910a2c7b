// One question to a listener, as a client would put it, for seeing from outside what it answers. Only the status is read.
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP } from 'node:net'
import type { Question } from '../../spec/verify.ts'
import { tcpConnects } from './get.ts'

/** In the proxy's and the servers' logs: who asks, and that it is no client. */
const AGENT = 'hactl-verify'

/**
 * 0 for no answer within timeoutMs, 1 for a connection, else the class of the HTTP status. Never throws, follows no redirect, reads no
 * body. Certificates are not judged: the question is whether clients get an answer as before.
 */
export async function knock(question: Question, timeoutMs: number): Promise<number> {
  const { how, address, port, path, host } = question
  if (how === 'connect') return (await tcpConnects(address, port, timeoutMs)) ? 1 : 0
  return new Promise((resolve) => {
    const headers = { host, 'user-agent': AGENT, connection: 'close' }
    const at = { host: address, port, path, method: 'GET', headers, agent: false as const }
    const servername = isIP(host.replace(/^\[|\]$/g, '')) === 0 ? { servername: host } : {}
    const outgoing =
      how === 'https'
        ? requestTls({ ...at, ...servername, rejectUnauthorized: false })
        : request(at)
    const timer = setTimeout(() => done(0), timeoutMs)
    const done = (answer: number): void => {
      clearTimeout(timer)
      outgoing.destroy()
      resolve(answer)
    }
    outgoing.on('error', () => done(0))
    outgoing.on('response', ({ statusCode = 0 }) =>
      // Anything may answer, with any number.
      done(Math.min(5, Math.max(1, Math.floor(statusCode / 100)))),
    )
    outgoing.end()
  })
}
