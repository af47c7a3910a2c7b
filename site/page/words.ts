// Words and marks of the page: every state has a colour, a shape and a name, so that none of them is needed alone.
import type { ServerHealth } from '../../spec/report.ts'
import type { NodeStatus } from '../../spec/status.ts'
import { type Html, html } from './html.ts'

/** ok: serves. warn: serves, look at it. bad: does not serve. off: not known. */
export type Tone = 'ok' | 'warn' | 'bad' | 'off'
export const MARK: Readonly<Record<Tone, string>> = { ok: '✓', warn: '▲', bad: '✕', off: '?' }
const ORDER: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, off: 2, ok: 3 }
/** Worst first. */
export const worse = (a: Tone, b: Tone): number => ORDER[a] - ORDER[b]
export const worst = (tones: readonly Tone[]): Tone => [...tones].sort(worse)[0] ?? 'off'

/** Whole seconds: a number that dances tells nobody anything. Same words as the script's `say`. */
export function age(ms: number): string {
  if (ms < 120_000) return `${Math.floor(ms / 1000)} s`
  return ms < 7_200_000 ? `${Math.floor(ms / 60_000)} min` : `${Math.floor(ms / 3_600_000)} h`
}

/** ECMA-262 21.4.1.1: beyond this a Date is invalid; a node with a mad clock must not break the page. */
const TIME_MAX = 8.64e15
export function time(at: number): string {
  const text = new Date(Math.min(TIME_MAX, Math.max(-TIME_MAX, at))).toISOString()
  return `${text.replace('T', ' ').replace(/\.\d+Z$/, '')} UTC`
}

export const count = (many: number, noun: string): string =>
  `${many} ${noun}${many === 1 ? '' : 's'}`

/**
 * Age of the last word of a node. Left empty here: the shell fills it in for a browser without script (`withAges`), the
 * script keeps it, and a heartbeat alone makes no part of the page differ.
 */
export const heard = (node: NodeStatus | string): Html =>
  html`<span data-heard="${typeof node === 'string' ? node : node.node}"></span>`

export const tag = (tone: Tone, text: string, mark: string = MARK[tone]): Html =>
  html`<span class="tag ${tone}"><span aria-hidden="true">${mark}</span> ${text}</span>`

/** What is known only as long as `nodes` are heard: the script shows the second part when they are not. */
export const decaying = (nodes: readonly string[], now: Html, later: Html): Html =>
  html`<span data-decays="${nodes.join(' ')}"><span class="now">${now}</span><span class="later">${later}</span></span>`

type Condition = NodeStatus['condition']
export const CONDITION: Readonly<Record<Condition, readonly [Tone, string]>> = {
  Ready: ['ok', '✓'],
  Reconciling: ['warn', '↻'],
  Paused: ['warn', '‖'],
  Degraded: ['bad', '▲'],
  Stalled: ['bad', '✕'],
  Unknown: ['off', '?'],
}
export function condition(node: NodeStatus): Html {
  const [tone, mark] = CONDITION[node.condition]
  const now = tag(tone, node.condition, mark)
  return node.stale ? now : decaying([node.node], now, tag('off', 'Unknown'))
}

/** haproxy's words: UP, DOWN, DRAIN, MAINT, "no check", "UP 1/3" (going down). */
export function serverTone({ status }: Pick<ServerHealth, 'status'>): Tone {
  if (/^(UP$|no check)/.test(status)) return 'ok'
  return /^DOWN/.test(status) ? 'bad' : 'warn'
}
