// The client of both servers under measure: every agent of the fleet on its own line, heartbeats spread evenly over a second.
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { AGENTS, beat, firstWords, PACE_MS, TOKEN } from './hub-fleet.ts'

const SLICES = 100
/** Lines that are opened at once. */
const OPENING = 20

function connect(url: string, at: number): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${TOKEN}` }
  const options = { headers, perMessageDeflate: false }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, options)
  return new Promise((done, failed) => {
    socket.once('error', failed)
    socket.once('open', () => {
      for (const words of firstWords(at)) socket.send(words)
      done(socket)
    })
    socket.once('close', (code) => {
      process.stderr.write(`line of agent ${at} closed: ${code}\n`)
      process.exitCode = 1
    })
  })
}

const [url = ''] = process.argv.slice(2)
let changing = false
let sent = 0
process.on('message', (question) => {
  if (question === 'changing') changing = true
  if (question === 'sent') process.send?.({ sent })
  if (question === 'stop') process.exit(0)
})
const lines: WebSocket[] = []
for (let at = 0; at < AGENTS; at += OPENING) {
  const some = Array.from({ length: Math.min(OPENING, AGENTS - at) }, (_, n) => at + n)
  lines.push(...(await Promise.all(some.map((one) => connect(url, one)))))
}
process.send?.({ open: lines.length })
const start = performance.now()
for (let slice = 0, seq = 2; ; slice++) {
  if (slice % SLICES === 0) seq++
  for (let at = slice % SLICES; at < lines.length; at += SLICES) {
    lines[at]?.send(beat(at, seq, changing))
    sent++
  }
  await sleep(Math.max(0, start + ((slice + 1) * PACE_MS) / SLICES - performance.now()))
}
