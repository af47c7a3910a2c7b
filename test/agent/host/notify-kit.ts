// What the delivery tests share: a real relay and a real web server on loopback, and a certificate made for the run.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { ClusterMail } from '../../../spec/notify.ts'
import type { Notice, Sender } from '../../../spec/notice.ts'

export const NOTICE: Notice = {
  ...{ id: 'transition:web:1', thread: 'transition:web', topic: 'transition', phase: 'event' },
  ...{ about: ['web'], at: Date.UTC(2026, 0, 2, 3, 4, 5) },
  title: 'vip web (192.0.2.100) moved from lb1 to lb2',
  ...{ details: ['No node claimed it for 0.42 s, as far as was heard.'], gapMs: 420 },
}
export const SENDER: Sender = { cluster: 'shop', by: 'hub', because: '' }

export const scratch = mkdtempSync(join(tmpdir(), 'hactl-notify-'))
export const tidy = () => rmSync(scratch, { recursive: true, force: true })
export function secretFile(name: string, text: string): string {
  const path = join(scratch, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** Self-signed for 127.0.0.1, so that it is its own authority. */
export function certificate(): { key: string; cert: string; path: string } {
  const key = join(scratch, 'key.pem')
  const path = join(scratch, 'cert.pem')
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=relay', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', key, '-out', path],
    ],
    { stdio: 'ignore', timeout: 20_000 },
  )
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(path, 'utf8'), path }
}

export type Received = { text: string; to: string[]; secure: boolean; user: string }
export type Relay = { port: number; received: Received[]; close(): Promise<void> }

/** A relay that keeps what it is given. */
export async function relay(options: SMTPServerOptions = {}): Promise<Relay> {
  const received: Received[] = []
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], logger: false },
    disableReverseLookup: true,
    onData(stream, session, done) {
      let text = ''
      stream.setEncoding('utf8')
      stream.on('data', (piece: string) => {
        text += piece
      })
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map((one) => one.address)
        received.push({
          text,
          to,
          secure: session.secure === true,
          user: String(session.user ?? ''),
        })
        done()
      })
    },
    ...options,
  })
  // Clients that refuse a certificate break the connection: expected here.
  server.on('error', () => undefined)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()))
  const at = server.server.address()
  const port = at === null || typeof at === 'string' ? 0 : at.port
  return { port, received, close: () => new Promise((done) => server.close(() => done())) }
}
export const mailTo = (port: number, more: Partial<ClusterMail> = {}): ClusterMail => ({
  ...{ to: ['ops@example.org', 'night@example.org'], from: 'hactl@example.org' },
  ...{ host: '127.0.0.1', port, tls: 'starttls' },
  ...more,
})

export type Posted = { path: string; headers: IncomingHttpHeaders; body: string }
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'hang'
export type Web = { url: string; posted: Posted[]; close(): Promise<void> }

/** Answers 200, or what is given, in turn. */
export async function web(answers: Answer[] = []): Promise<Web> {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (piece: string) => {
      body += piece
    })
    request.on('end', () => {
      posted.push({ path: request.url ?? '', headers: request.headers, body })
      const answer = answers.shift() ?? { status: 200 }
      if (answer === 'hang') return
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '')
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()))
  const at = server.address()
  const port = at === null || typeof at === 'string' ? 0 : at.port
  return {
    url: `http://127.0.0.1:${port}/T000/B000/secret`,
    posted,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
