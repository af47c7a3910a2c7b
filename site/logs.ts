// GET /v1/logs/:node: an operator's question goes to the agent, its answer comes back; the hub keeps no line.
import type { Context } from 'hono'
import { LOG_LINES_MAX } from '../spec/limits.ts'
import { LOG_UNITS, type Logs, type LogsAsk } from '../spec/logs.ts'
import type { Clock } from './deps.ts'
import { createRate } from './rate.ts'
import type { Session } from './session.ts'
import type { HubState } from './state.ts'
import type { Who } from './tokens.ts'

/** An agent reads for 5 s at most. */
const ANSWER_MS_MAX = 10_000
const WAITING_MAX = 64
const LINES_DEFAULT = 100

type Asked = Omit<LogsAsk, 'type' | 'id'>
export type LogsFault = { readonly status: 404 | 409 | 429 | 503 | 504; readonly error: string }
export type LogDesk = {
  ask(node: string, asked: Asked): Promise<Logs | LogsFault>
  /** The word of this node, which may have come too late. */
  answered(node: string, id: string, logs: Logs): void
}

/** `sessionOf`: of an agent that is connected now. */
export function createLogDesk(
  { clock, id }: { readonly clock: Clock; readonly id: () => string },
  sessionOf: (node: string) => Session | undefined,
): LogDesk {
  const waiting = new Map<string, { readonly node: string; take: (logs: Logs) => void }>()
  const rate = createRate(10, 4)
  return {
    async ask(node, asked) {
      const session = sessionOf(node)
      const cannot = `cannot read the logs of ${node}`
      if (session === undefined)
        return {
          status: 503,
          error: `${cannot}: its agent is not connected; on the node: hactl logs --here`,
        }
      if (!session.hasLogs())
        return {
          status: 409,
          error: `${cannot}: its agent (${session.agentVersion()}) is too old for it; upgrade it, or read them on the node`,
        }
      if (waiting.size >= WAITING_MAX || !rate.take(node, clock.monotonic()))
        return { status: 429, error: `${cannot}: too many questions, try again in a second` }
      const key = id().slice(0, 40)
      const over = new AbortController()
      const answer = new Promise<Logs>((take) => waiting.set(key, { node, take }))
      const late = clock.sleep(ANSWER_MS_MAX, over.signal).then(
        () => undefined,
        () => undefined,
      )
      try {
        session.send({ type: 'logs', id: key, ...asked })
        return (
          (await Promise.race([answer, late])) ?? {
            status: 504,
            error: `${cannot}: no answer within ${ANSWER_MS_MAX / 1000} s`,
          }
        )
      } finally {
        waiting.delete(key)
        over.abort()
      }
    },
    answered(node, key, logs) {
      const found = waiting.get(key)
      if (found?.node === node) found.take(logs)
    },
  }
}

/** What the query asks for; undefined when it cannot be read. */
function askedBy(c: Context): Asked | undefined {
  const whole = (name: string, otherwise: number | undefined, most: number) => {
    const text = c.req.query(name)
    if (text === undefined) return otherwise
    return /^[0-9]{1,15}$/.test(text) && Number(text) <= most ? Number(text) : Number.NaN
  }
  const named = c.req.queries('unit') ?? [...LOG_UNITS]
  const units = LOG_UNITS.filter((unit) => named.includes(unit))
  const lines = whole('lines', LINES_DEFAULT, LOG_LINES_MAX)
  const since = whole('since', undefined, Number.MAX_SAFE_INTEGER)
  const after = c.req.query('after')
  if (units.length === 0 || named.some((name) => !LOG_UNITS.some((unit) => unit === name)))
    return undefined
  if (!(lines !== undefined && lines >= 1) || Number.isNaN(since)) return undefined
  if (after !== undefined && !/^[\x21-\x7e]{0,500}$/.test(after)) return undefined
  return {
    ...{ units, lines },
    ...(since !== undefined && { since }),
    ...(after !== undefined && { after }),
  }
}

export async function nodeLogs(
  state: HubState,
  c: Context,
  who: Who | undefined,
): Promise<Response> {
  const node = (c.req.param('node') ?? '').slice(0, 40)
  const asked = askedBy(c)
  if (asked === undefined)
    return c.json(
      {
        error: `cannot read the question: unit= is one of ${LOG_UNITS.join(', ')}, lines= 1 to ${LOG_LINES_MAX}, since= milliseconds since 1970`,
      },
      400,
    )
  if (!state.fleet.nodes().includes(node))
    return c.json({ error: `cannot find node ${node}: no agent of that name was ever heard` }, 404)
  const answer = await state.logs.ask(node, asked)
  if ('status' in answer) return c.json({ error: answer.error }, answer.status)
  // Who goes on reading is noted once.
  if (asked.after === undefined)
    state.note('access', `${who?.name ?? ''} read logs of ${node}: ${asked.units.join(', ')}`)
  return c.json(answer)
}
