// What happened, newest first; failovers stand out and carry how long nobody was heard to hold the vip.
import type { HubEvent } from '../../spec/status.ts'
import { MOVED } from '../transition.ts'
import { type Html, html, raw } from './html.ts'
import { type Row, type Section, whole } from './part.ts'
import { time } from './words.ts'

const MARK: Readonly<Record<string, readonly [string, string]>> = {
  applied: ['ok', '✓'],
  failed: ['bad', '✕'],
  refused: ['warn', '‖'],
  drift: ['warn', '▲'],
  orphan: ['warn', '▲'],
  daemon: ['warn', '●'],
  transition: ['move', '⇄'],
}

function failover(text: string): Html | undefined {
  const [, vip = '', from = '', to = '', gap] = MOVED.exec(text) ?? []
  if (vip === '') return undefined
  const took =
    gap === undefined
      ? raw('')
      : html` <span class="took"><b>${gap} s</b> without a heard holder</span>`
  return html`<b>vip ${vip}</b>: ${from} <span aria-label="moved to">→</span> <b>${to}</b>${took}`
}

function row(event: HubEvent): Row {
  const own = event.node === ''
  const fault = own && /SPLIT BRAIN|: nobody holds/.test(event.text)
  const [tone, mark] = fault ? ['bad', '✕'] : (MARK[event.kind] ?? ['off', '·'])
  const id = `event-${event.seq}`
  const who = own ? html`hub` : html`<a href="/nodes/${event.node}">${event.node}</a>`
  const what = (own && event.kind === 'transition' && failover(event.text)) || html`${event.text}`
  return {
    id,
    html: html`<li id="${id}" class="${tone}"><span class="dot" aria-hidden="true">${mark}</span><time class="mono dim" datetime="${time(event.at).replace(' UTC', 'Z').replace(' ', 'T')}">${time(event.at)}</time>
<span class="dim">${who} · ${event.kind}</span><div class="what">${what}</div></li>`,
  }
}

export function timeline(
  title: string,
  events: readonly HubEvent[],
  more: Html = raw(''),
): Section {
  if (events.length === 0) return whole('events', raw(''))
  return {
    id: 'events',
    open: html`<section id="events"><h2>${title}</h2><ol class="timeline">`,
    rows: events.map(row),
    close: html`</ol>${more}</section>`,
  }
}
