// One command to a unix stream socket (haproxy's runtime API) and its whole answer.
import { connect } from 'node:net'
import { HostError } from './host-error.ts'
import { ANSWER_BYTES_MAX, ASK_TIMEOUT_MS } from './limits.ts'

/**
 * haproxy closes the connection after the answer to a non-interactive command (management.txt 9.3),
 * so the end of the stream is the end of the answer. Bounded by ASK_TIMEOUT_MS and ANSWER_BYTES_MAX.
 */
export function askSocket(
  path: string,
  command: string,
  timeoutMs = ASK_TIMEOUT_MS,
): Promise<string> {
  const doing = `ask ${path}`
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let total = 0
    const socket = connect({ path })
    const fail = (cause: unknown): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new HostError(doing, cause))
    }
    const timer = setTimeout(() => fail(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
    if (/[\n\r]/.test(command)) return fail(new Error('the command has more than one line'))
    socket.on('connect', () => socket.write(`${command}\n`))
    socket.on('data', (chunk) => {
      total += chunk.length
      if (total > ANSWER_BYTES_MAX) return fail(new Error(`more than ${ANSWER_BYTES_MAX} bytes`))
      chunks.push(chunk)
    })
    socket.on('error', fail)
    socket.on('end', () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
}
