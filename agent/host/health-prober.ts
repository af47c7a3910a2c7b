// Asks the proxies behind each vip whether they answer, and tells keepalived by a file (track_file, FIELD 4.5-7).
import { type Health, type HealthSettings, nextHealth } from '../health.ts'
import type { Clock, Host } from '../world.ts'
import { tcpConnects } from './get.ts'
import { reasonOf } from './host-error.ts'
import { PROBE_INTERVAL_MS, PROBE_STALL_MS, PROBE_TIMEOUT_MS } from './limits.ts'

export type ProberOptions = {
  readonly host: Pick<Host, 'read' | 'write' | 'get'>
  readonly clock: Clock
  /**
   * http://, https://, unix:<socket>:<path>, tcp://address:port or what `local` knows; read again each round. A vip
   * with several targets is healthy when all of them answer.
   */
  readonly targets: () => readonly { readonly vip: string; readonly url: string }[]
  /** One file per vip: "0" healthy, "1" dead. */
  readonly directory: string
  readonly intervalMs?: number
  /** `dead`: targets that do not answer. */
  readonly onChange: (vip: string, healthy: boolean, dead: readonly string[]) => void
  /** What its file says, after each round. */
  readonly onRound?: (vip: string, healthy: boolean) => void
  /** What is watched here, unit:NAME, mount:/path, split:VIP and drain:VIP: undefined while nothing is known. */
  readonly local?: (url: string) => boolean | undefined
  readonly log?: (line: string) => void
} & Partial<HealthSettings>
export type Prober = { close(): Promise<void> }

/**
 * Any answer counts, also a 503 of haproxy's own: both balancers have the same servers, so moving the
 * vip would not help, and a vip that flees from a dead pool only adds an outage. undefined when the
 * round says nothing: we were asleep ourselves (stopped machine, stolen CPU), which no probe outlives.
 */
async function answers(options: ProberOptions, url: string): Promise<boolean | undefined> {
  const { host, clock } = options
  if (/^(?:unit:|mount:|split:|drain:)/.test(url)) return options.local?.(url)
  const begun = clock.monotonic()
  const tcp = /^tcp:\/\/\[?([^\]/]+)\]?:(\d+)\/?$/.exec(url)
  const ok =
    tcp?.[1] !== undefined
      ? await tcpConnects(tcp[1], Number(tcp[2]), PROBE_TIMEOUT_MS)
      : (await host.get(url, {}, PROBE_TIMEOUT_MS)).status > 0
  const stalled = clock.monotonic() - begun > PROBE_TIMEOUT_MS + PROBE_STALL_MS
  return !ok && stalled ? undefined : ok
}

const textOf = (healthy: boolean): string => (healthy ? '0\n' : '1\n')

/** What the file says, so that a restarted agent goes on where the last one died; it is made when absent. */
async function recall(options: ProberOptions, path: string): Promise<Health> {
  const file = await options.host.read(path)
  if (file === undefined) await options.host.write(path, textOf(true), 0o644)
  const healthy = file === undefined || file.body.trim() !== '1'
  return { healthy, against: 0 }
}

/** A vip that leaves the targets keeps its file: keepalived may still read it. */
export function startHealthProber(options: ProberOptions): Prober {
  const settings = { rise: options.rise ?? 2, fall: options.fall ?? 3 }
  const states = new Map<string, Health>()
  const stopping = new AbortController()

  const probe = async (vip: string, urls: readonly string[]): Promise<void> => {
    const path = `${options.directory}/${vip}`
    const before = states.get(vip) ?? (await recall(options, path))
    states.set(vip, before)
    const results = await Promise.all(urls.map((url) => answers(options, url)))
    if (stopping.signal.aborted) return
    // One that is surely dead decides; without one, a round that says nothing changes nothing.
    const dead = results.includes(false)
    if (!dead && results.includes(undefined)) return
    const after = nextHealth(before, !dead, settings)
    // The file first: a write that fails (no space) is tried again with the next probe.
    if (after.healthy !== before.healthy) {
      await options.host.write(path, textOf(after.healthy), 0o644)
      options.onChange(
        vip,
        after.healthy,
        urls.filter((_, i) => results[i] === false),
      )
    }
    states.set(vip, after)
    options.onRound?.(vip, after.healthy)
  }
  const round = async (): Promise<void> => {
    const byVip = Map.groupBy(options.targets(), ({ vip }) => vip)
    await Promise.all(
      [...byVip].map(([vip, targets]) =>
        probe(
          vip,
          targets.map(({ url }) => url),
        ).catch((error: unknown) => options.log?.(`health of ${vip}: ${reasonOf(error)}`)),
      ),
    )
  }
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await round()
      await options.clock
        .sleep(options.intervalMs ?? PROBE_INTERVAL_MS, stopping.signal)
        .catch(() => undefined) // woken by close
    }
  }
  const running = loop()
  return {
    async close() {
      stopping.abort(new Error('closed'))
      await running // the files stay as they are: the agent's end says nothing about the proxy
    },
  }
}
