// What goes out and comes in as text frames. Pure: no socket, no clock.
import { Value } from '@sinclair/typebox/value'
import { FRAME_BYTES_MAX } from '../../spec/limits.ts'
import { LogsAsk } from '../../spec/logs.ts'
import {
  Confirmed,
  Failed,
  type FromHub,
  Orders,
  Poll,
  Stored,
  Verified,
  Wanted,
} from '../../spec/protocol.ts'
import { Report, Summary } from '../../spec/report.ts'

/** undefined for anything that is not a message we know: a newer, or a lying, hub cannot disturb us. */
export function readFrame(text: string): FromHub | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (Value.Check(Wanted, value)) return value
  if (Value.Check(Stored, value)) return value
  if (Value.Check(Poll, value)) return value
  if (Value.Check(Confirmed, value)) return value
  if (Value.Check(LogsAsk, value)) return value
  if (Value.Check(Orders, value)) return value
  if (Value.Check(Verified, value)) return value
  if (Value.Check(Failed, value)) return value
  return undefined
}

/** What makes two reports differ for the hub: passMs changes with every pass and says nothing new. */
export const reportKey = ({ passMs: _, ...rest }: Report): string => JSON.stringify(rest)

/** undefined when the hub would close the connection on it: our bug, and the caller logs it. */
export const heartbeatFrame = (seq: number, summary: Summary): string | undefined =>
  Value.Check(Summary, summary) ? JSON.stringify({ type: 'heartbeat', seq, summary }) : undefined

/** Servers are left out from the end until the frame fits FRAME_BYTES_MAX. */
export function reportFrame(seq: number, report: Report): string | undefined {
  if (!Value.Check(Report, report)) return undefined
  let servers = report.servers
  for (let tries = 0; tries < 14; tries++) {
    const frame = JSON.stringify({ type: 'report', seq, report: { ...report, servers } })
    if (Buffer.byteLength(frame) <= FRAME_BYTES_MAX) return frame
    servers = servers.slice(0, Math.floor(servers.length / 2))
  }
  return undefined
}
