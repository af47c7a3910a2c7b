// Orders on the pages: what is in force and what the nodes make of it, the way to give and end one, and its form.
import { ORDER_REASON_MAX } from '../../spec/limits.ts'
import { type OrderKind, type OrderStatus, orderWords, serverOf } from '../../spec/order.ts'
import type { ClusterStatus } from '../../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import { type Section, whole } from './part.ts'
import { STYLE } from './style.ts'
import { plainTable } from './table.ts'
import { tag, time } from './words.ts'

export const WORDS = {
  pause: {
    give: 'Pause',
    end: 'Resume',
    giving:
      'It changes nothing until it is resumed: no spec is taken, no drift is put right. What serves goes on serving.',
    ending: 'It takes what waited at once.',
  },
  drain: {
    give: 'Drain',
    end: 'Undrain',
    giving: 'It gives its vips up to its peers, and holds none until it is undrained.',
    ending: 'Its vips come back as their preemption says.',
  },
} as const
const SERVER = {
  giving: 'It takes no new clients; sessions that stick to it go on where the engine can.',
  ending: 'It takes new clients again.',
}

/** What a form does. */
export type Asked = {
  readonly does: 'give' | 'end'
  readonly kind: OrderKind
  readonly about: string
}
const hrefOf = ({ does, kind, about }: Asked): string =>
  `/order?do=${does}&kind=${kind}&about=${encodeURIComponent(about)}`

const inForce = ({ orders = [] }: ClusterStatus, kind: OrderKind, about: string): boolean =>
  orders.some((one) => one.kind === kind && one.about === about)

/** A way to the form of the order, or of its end where it is in force. */
export function orderLink(status: ClusterStatus, kind: OrderKind, about: string): Html {
  const does = inForce(status, kind, about) ? 'end' : 'give'
  const name = serverOf(about)?.server ?? about
  return html`<a class="button" href="${hrefOf({ does, kind, about })}">${WORDS[kind][does]} ${name} …</a>`
}

const TONES = { done: 'ok', waits: 'warn', 'not taken': 'bad', unknown: 'off' } as const

function row(status: ClusterStatus, order: OrderStatus): Html {
  const { kind, about, here, until, at } = order
  const words = order.nodes.map(
    ({ node, is, why }) =>
      html`<div>${tag(TONES[is], is)} ${node}${why === '' ? '' : `: ${why}`}</div>`,
  )
  const nobody = html`<span class="dim">no node has to do with it</span>`
  const link = kind === 'pause' || kind === 'drain' ? orderLink(status, kind, about) : raw('')
  return html`<tr><th scope="row">${kind} <a href="${placeOf(about)}">${about}</a></th><td class="wrap">${orderWords(order)}${here === undefined ? '' : ` (given on ${here})`}</td>
<td class="mono dim">${time(at)}</td><td class="mono dim">${until === undefined ? 'when taken back' : time(until)}</td><td class="wrap">${words.length === 0 ? nobody : words}</td><td>${link}</td></tr>`
}

/** Nothing where no order is in force. */
export function orderSection(status: ClusterStatus, about?: string): Section {
  const all = (status.orders ?? []).filter(
    (one) => about === undefined || one.about === about || serverOf(one.about)?.pool === about,
  )
  const head = ['order', 'by', 'given', 'ends', 'as the nodes say', 'end it']
  const rows = all.map((one) => row(status, one))
  return whole(
    'orders',
    rows.length === 0 ? raw('') : html`<h2>Orders</h2>${plainTable('Orders', head, rows)}`,
  )
}

export type OrderForm = Asked & {
  readonly reason: string
  readonly forTime: string
  /** Why the form is shown again; '' at first. */
  readonly refused: string
  /** It was refused for what force overrides. */
  readonly mayForce: boolean
  readonly nonce: string
}

const inputs = ({ does, reason, forTime, mayForce }: OrderForm): Html =>
  does === 'end'
    ? raw('')
    : html`<label>Reason <input name="reason" maxlength="${ORDER_REASON_MAX}" value="${reason}" autocomplete="off"></label>
<label>Ends by itself after <input name="for" pattern="[0-9]{1,4}[smhd]" placeholder="2h; empty: when it is taken back" value="${forTime}" autocomplete="off"></label>
${mayForce ? html`<label class="check"><input type="checkbox" name="force" value="yes"> Although nobody else could serve</label>` : raw('')}`

/** A page of its own, so that it works without script: what is to happen, why, and the token of who may. */
export function orderHtml(form: OrderForm): string {
  const { does, kind, about, refused, nonce } = form
  const title = `${WORDS[kind][does]} ${about}`
  const what = serverOf(about) === undefined ? WORDS[kind] : SERVER
  const again =
    refused === ''
      ? raw('')
      : html`<p class="verdict bad" role="alert" id="refused"><span class="head"><span aria-hidden="true">✕</span> Not done.</span> ${refused}</p>`
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · hactl</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<style nonce="${nonce}">${raw(STYLE)}</style></head><body><header><h1><a href="/">hactl hub</a></h1></header>
<main><section class="card sign-in"><h2>${title}?</h2>${again}<p>${does === 'give' ? what.giving : what.ending}</p>
<form method="post" action="/order"><input type="hidden" name="do" value="${does}"><input type="hidden" name="kind" value="${kind}"><input type="hidden" name="about" value="${about}">
${inputs(form)}<label>Operator token <input name="token" type="password" required autocomplete="off" spellcheck="false" maxlength="400"></label>
<p class="buttons"><a class="button" href="${placeOf(about)}">Back</a> <button type="submit" class="strong">${title}</button></p></form></section></main></body></html>`
    .html
}

/** The page of what an order is about. */
export function placeOf(about: string): string {
  const of = serverOf(about)
  return of === undefined ? `/nodes/${about}` : `/pools/${of.pool}`
}
