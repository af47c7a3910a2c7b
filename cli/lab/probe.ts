// What a client sees: a request on a fresh connection every few milliseconds, and the longest time without an answer.
import { request } from 'node:http'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LabError } from './error.ts'
import { run } from './process.ts'

const closed = { additionalProperties: false }
export const ProbeResult = Type.Object(
  {
    requests: Type.Integer(),
    failed: Type.Integer(),
    /** Longest time between two answers, and before the first and after the last one. */
    longestGapMs: Type.Number(),
    /** Gaps that are longer than pacing explains, in order. */
    gaps: Type.Array(Type.Object({ atMs: Type.Number(), ms: Type.Number() }, closed)),
    /** Answers by the X-Server header; '-' without one. */
    byServer: Type.Record(Type.String(), Type.Integer()),
    errors: Type.Record(Type.String(), Type.Integer()),
  },
  closed,
)
export type ProbeResult = {
  requests: number
  failed: number
  longestGapMs: number
  gaps: { atMs: number; ms: number }[]
  byServer: Record<string, number>
  errors: Record<string, number>
}
export type ProbeOptions = {
  readonly url: string
  readonly seconds: number
  readonly intervalMs: number
}

const REQUEST_TIMEOUT_MS = 1_000
const OPEN_MAX = 400
const GAP_INTERVALS_MIN = 8

type Tally = {
  readonly result: ProbeResult
  /** Requests without an end yet. */
  open: number
  /** An answer came, or the time is over: what was without one before it is a gap. */
  gapUntil(nowMs: number): void
}

const count = (into: Record<string, number>, key: string): void => {
  into[key] = (into[key] ?? 0) + 1
}

function tallyOf(intervalMs: number): Tally & { lastMs(): number } {
  const result: ProbeResult = {
    requests: 0,
    failed: 0,
    longestGapMs: 0,
    gaps: [],
    byServer: {},
    errors: {},
  }
  let lastMs = 0
  return {
    result,
    open: 0,
    lastMs: () => lastMs,
    gapUntil(nowMs) {
      const ms = nowMs - lastMs
      if (ms > result.longestGapMs) result.longestGapMs = Math.round(ms)
      if (ms > GAP_INTERVALS_MIN * intervalMs)
        result.gaps.push({ atMs: Math.round(lastMs), ms: Math.round(ms) })
      lastMs = nowMs
    },
  }
}

/** One request on a connection of its own; `done` is called once, however it ends. */
function ask(url: string, tally: Tally, startMs: number, done: () => void): void {
  const { result } = tally
  tally.open++
  result.requests++
  let over = false
  const finish = (error: string) => {
    if (over) return
    over = true
    tally.open--
    if (error !== '') {
      result.failed++
      count(result.errors, error)
    }
    done()
  }
  const asked = request(url, { agent: false, headers: { connection: 'close' } }, (response) => {
    response.resume()
    response.on('end', () => {
      if (over) return
      if (response.statusCode !== 200) return finish(`status ${response.statusCode}`)
      const server = response.headers['x-server']
      count(result.byServer, typeof server === 'string' ? server : '-')
      tally.gapUntil(performance.now() - startMs)
      finish('')
    })
  })
  asked.on('error', (error) =>
    finish('code' in error && typeof error.code === 'string' ? error.code : error.message),
  )
  const timer = setTimeout(() => {
    finish('timeout')
    asked.destroy()
  }, REQUEST_TIMEOUT_MS)
  asked.on('close', () => {
    clearTimeout(timer)
    finish('closed')
  })
  asked.end()
}

/** Runs in the namespace of the client. */
export function measure({ url, seconds, intervalMs }: ProbeOptions): Promise<ProbeResult> {
  const tally = tallyOf(intervalMs)
  const start = performance.now()
  const endMs = seconds * 1_000
  return new Promise((resolve) => {
    let next = 0
    const end = () => {
      if (performance.now() - start < endMs || tally.open > 0) return
      if (tally.lastMs() < endMs) tally.gapUntil(endMs)
      resolve(tally.result)
    }
    const tick = () => {
      const now = performance.now() - start
      // A late timer makes up for what it missed, so that the pace is kept; not for what would be a flood.
      if (next < now - 20 * intervalMs) next = now
      for (; next <= now && next < endMs; next += intervalMs)
        if (tally.open < OPEN_MAX) ask(url, tally, start, end)
      if (now < endMs) setTimeout(tick, Math.max(0, next - now))
      else end()
    }
    tick()
  })
}

/** Measures from inside the member that `prefix` enters. */
export async function probe(
  root: string,
  prefix: readonly string[],
  hactl: readonly string[],
  options: ProbeOptions,
): Promise<ProbeResult> {
  const argv = [...prefix, ...hactl, 'lab-inner', 'probe', JSON.stringify(options)]
  const { code, stdout, stderr } = await run(root, argv, {
    timeoutMs: options.seconds * 1_000 + 15_000,
  })
  const value: unknown = code === 0 ? JSON.parse(stdout) : undefined
  if (!Value.Check(ProbeResult, value))
    throw new LabError(`cannot probe: ${stderr.trim().split('\n').at(-1) ?? `code ${code}`}`)
  return value
}
