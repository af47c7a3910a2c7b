// Values that several commands take, and how wrong ones are refused.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { TOKEN_TTL_MS_MAX, TOKEN_TTL_MS_MIN } from '../spec/enrol.ts'
import { CONFIRM_MS_MIN } from '../spec/limits.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

function unitMs(text: string): number {
  const found = /^([0-9]{1,8}(?:\.[0-9]{1,3})?)(ms|s|m|h)$/.exec(text)
  return found === null ? Number.NaN : Number(found[1]) * (UNITS[found[2] ?? ''] ?? Number.NaN)
}

/** '500ms', '30s', '5m', '1h' to milliseconds; at least 1 ms, at most a day. */
export function duration(text: string): number {
  const ms = unitMs(text)
  if (!(ms >= 1 && ms <= 86_400_000))
    throw new InvalidArgumentError('Expected a duration: 500ms, 30s or 5m.')
  return Math.round(ms)
}

/** '90s', '1h', '30d' to milliseconds; from a second to ten years. */
export function lifetime(text: string): number {
  const [, days] = /^([0-9]{1,4})d$/.exec(text) ?? []
  const ms = days === undefined ? unitMs(text) : Number(days) * 86_400_000
  if (!(ms >= TOKEN_TTL_MS_MIN && ms <= TOKEN_TTL_MS_MAX))
    throw new InvalidArgumentError('Expected how long it is good: 1h, 12h or 30d.')
  return Math.round(ms)
}

/** A time for `push --confirm`. */
export function confirmTime(text: string): number {
  const ms = duration(text)
  if (ms < CONFIRM_MS_MIN)
    throw new InvalidArgumentError(`Expected at least ${CONFIRM_MS_MIN / 1_000}s to look around.`)
  return ms
}

/** An integer in [min, max]. */
export const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    return value
  }

/** '2.6.12' to [2, 6, 12]. */
export function version(text: string): readonly number[] {
  if (!/^[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}$/.test(text))
    throw new InvalidArgumentError('Expected a version: 2.6 or 2.6.12.')
  return text.split('.').map(Number)
}

export type HubFlags = {
  readonly hub?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly ca?: string
  readonly lab?: string
}

/** --hub, --lab, --token, --token-file: the same on every command that speaks to the hub. */
export const withHub = (command: Command): Command =>
  command
    .option('--hub <url>', 'address of the hub (else HACTL_HUB)')
    .addOption(new Option('--token <token>', 'token (else HACTL_TOKEN)').conflicts('tokenFile'))
    .option('--token-file <file>', 'file with the token')
    .option('--ca <file>', 'CA of the hub (else HACTL_HUB_CA)')
    .addOption(
      new Option('--lab <name>', 'the hub of that lab on this machine').conflicts([
        'hub',
        'token',
        'tokenFile',
        'ca',
      ]),
    )
