#!/usr/bin/env node
// The composition root: the only place that reads the process and the only one that ends it.
import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { SPEC_BYTES_MAX } from '../spec/limits.ts'
import { EXIT } from './exit.ts'
import type { Io } from './io.ts'
import { runCli } from './program.ts'

process.title = 'hactl'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // The second one ends at once what does not end by itself.
    if (stopping.signal.aborted) process.exit(EXIT.no)
    stopping.abort(new Error(`stopped by ${signal}`))
  })
// `hactl status | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.bug)
})

/** A user id without an entry in passwd has none: containers. */
function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

const terminal = process.stdout.isTTY === true
const noColor = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb'

const io: Io = {
  out: (text) => {
    process.stdout.write(text)
  },
  err: (text) => {
    process.stderr.write(text)
  },
  color: terminal && !noColor,
  terminal,
  json: false,
  cwd: process.cwd(),
  env: process.env,
  user: process.env['SUDO_USER'] ?? process.env['USER'] ?? loginName(),
  stdin: async () => {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of process.stdin) {
      const piece = Buffer.from(chunk)
      bytes += piece.length
      // One more than allowed is enough for the parser to refuse it.
      chunks.push(piece)
      if (bytes > SPEC_BYTES_MAX) break
    }
    return Buffer.concat(chunks).toString('utf8')
  },
  signal: stopping.signal,
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal })
    },
  },
}

// No top-level await: the single file is CommonJS.
void runCli(process.argv.slice(2), io).then((code) => {
  // Output to a pipe is asynchronous: end when it is written, not before.
  process.stdout.write('', () => process.exit(code))
})
