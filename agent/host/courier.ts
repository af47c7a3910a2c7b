// Takes messages to people: a queue for each way, so that a relay that hangs delays no webhook, and nothing else.
import type { ClusterNotify } from '../../spec/notify.ts'
import type { Courier, Delivery, Notice, Sender } from '../../spec/notice.ts'
import type { Clock } from '../world.ts'
import { sendMail } from './mailer.ts'
import { codeOf, readSecretLine, type SecretReader } from './secret-file.ts'
import { postWebhook } from './webhook.ts'

/** What one try came to. */
export type Attempt = {
  readonly ok: boolean
  /** May succeed later. */
  readonly again: boolean
  /** The other side asked for this much patience. */
  readonly afterMs?: number
  readonly text: string
}
/** 'mail', or 'webhook <name>'. */
export type Way = {
  readonly name: string
  deliver(notice: Notice, sender: Sender, stop: AbortSignal): Promise<Attempt>
}

/** Per way: with the rate of the spec, a night's worth; then the oldest is given up. */
export const QUEUE_MAX = 100
export const RETRY_MS_MIN = 2_000
export const RETRY_MS_MAX = 120_000
/** Older news is no news: it stands in the events. */
export const AGE_MS_MAX = 6 * 3_600_000

export const waysOf = (
  notify: ClusterNotify,
  read: SecretReader = readSecretLine,
): readonly Way[] => {
  const { mail, webhooks } = notify
  return [
    ...(mail === undefined
      ? []
      : [
          {
            name: 'mail',
            deliver: (notice: Notice, sender: Sender, stop: AbortSignal) =>
              sendMail(mail, notice, sender, stop, { read }),
          },
        ]),
    ...webhooks.map((hook) => ({
      name: `webhook ${hook.name}`,
      deliver: (notice: Notice, sender: Sender, stop: AbortSignal) =>
        postWebhook(hook, notice, sender, stop, { read }),
    })),
  ]
}

type Letter = {
  readonly notice: Notice
  readonly sender: Sender
  /** Of the newest spec that was seen, so that a mended relay also gets what waits. */
  readonly way: () => Way | undefined
  readonly since: number
  tries: number
  readonly told: (delivery: Delivery) => void
}
type Lane = {
  readonly name: string
  readonly letters: Letter[]
  running: boolean
  failures: number
}

const GONE: Attempt = { ok: false, again: false, text: 'given up: the spec no longer has it' }

async function attempt(letter: Letter, stop: AbortSignal): Promise<Attempt> {
  try {
    return (await letter.way()?.deliver(letter.notice, letter.sender, stop)) ?? GONE
  } catch (thrown) {
    return { ok: false, again: true, text: `cannot deliver: ${codeOf(thrown)}` }
  }
}

/** Delivers what waits on one way, in order, until nothing is left. */
async function drain(clock: Clock, lane: Lane, stop: AbortSignal): Promise<void> {
  for (;;) {
    const [letter] = lane.letters
    if (letter === undefined || stop.aborted) return
    const tried = await attempt(letter, stop)
    if (stop.aborted) return
    const say = (ok: boolean, again: boolean, text: string) =>
      letter.told({ way: lane.name, ok, again, text })
    letter.tries++
    const tooOld = clock.monotonic() - letter.since > AGE_MS_MAX
    const over = tried.ok || !tried.again || tooOld
    lane.failures = over ? 0 : lane.failures + 1
    // Said at the first failure and at the end: what fails all night must not fill the events.
    if (over) {
      lane.letters.shift()
      say(tried.ok, false, `${tried.text}${letter.tries > 1 ? ` (try ${letter.tries})` : ''}`)
      continue
    }
    if (letter.tries === 1) say(false, true, tried.text)
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(lane.failures - 1, 10))
    await clock.sleep(Math.max(pauseMs, tried.afterMs ?? 0), stop).catch(() => undefined)
  }
}

/** `ways` says how secrets are read, and is replaced in tests. Never throws and never waits; close() gives up what is under way. */
export function createCourier(
  clock: Clock,
  ways: (notify: ClusterNotify) => readonly Way[] = waysOf,
): Courier {
  const lanes = new Map<string, Lane>()
  let current: ReadonlyMap<string, Way> = new Map()
  const stop = new AbortController()
  const laneOf = (name: string): Lane => {
    const lane = lanes.get(name) ?? { name, letters: [], running: false, failures: 0 }
    lanes.set(name, lane)
    return lane
  }
  const run = async (lane: Lane) => {
    if (lane.running) return
    lane.running = true
    try {
      await drain(clock, lane, stop.signal)
    } finally {
      lane.running = false
    }
  }
  return {
    send(notice, sender, notify, told) {
      if (stop.signal.aborted) return
      current = new Map(ways(notify).map((way) => [way.name, way]))
      for (const name of current.keys()) {
        const lane = laneOf(name)
        const way = () => current.get(name)
        lane.letters.push({ notice, sender, way, since: clock.monotonic(), tries: 0, told })
        // The first is under way.
        const [dropped] = lane.letters.length > QUEUE_MAX ? lane.letters.splice(1, 1) : []
        dropped?.told({ way: name, ok: false, again: false, text: 'given up: too many wait' })
        void run(lane)
      }
    },
    close: () => stop.abort(),
  }
}
