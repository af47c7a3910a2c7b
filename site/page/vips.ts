// A card for each vip: who holds it, since when that is known; split brain and nobody are impossible to miss.
import type { ClusterStatus, VipStatus } from '../../spec/status.ts'
import { type Html, html, raw } from './html.ts'
import { type Section, whole } from './part.ts'
import { decaying, heard } from './words.ts'

const BIG: Readonly<Record<VipStatus['state'], string>> = {
  held: '✓',
  none: '✕ NOBODY',
  split: '⚠ SPLIT BRAIN',
  unknown: '? UNKNOWN',
}

const joined = (parts: readonly Html[], by: string): Html => ({
  html: parts.map((part) => part.html).join(by),
})

function says(vip: VipStatus): Html {
  const said = vip.holders.map((h) => html`${h.node} ${heard(h.node)} ago`)
  switch (vip.state) {
    case 'held':
      return html`holds it, said ${joined(
        vip.holders.map((h) => html`${heard(h.node)} ago`),
        ' and ',
      )}`
    case 'none':
      return html`every peer says that it does not hold it`
    case 'split':
      return html`hold the same address: ${joined(said, ', ')}`
    case 'unknown': {
      const last = vip.lastKnown.map((h) => html` Last claimed by ${h.node}, ${heard(h.node)} ago.`)
      return html`nobody who is heard holds it.${last}`
    }
  }
}

function card(vip: VipStatus): Html {
  const nodes = vip.holders.map((h) => h.node)
  const big = html`${vip.state === 'held' ? `✓ ${nodes.join(' + ')}` : BIG[vip.state]}`
  const held = vip.state === 'held' || vip.state === 'split'
  const old = html`the last word is too old`
  return html`<article class="vip ${vip.state}" id="vip-${vip.vip}"><h3>${vip.vip} <span class="mono dim">${vip.addresses.join(' ')}</span></h3>
<p class="big">${held ? decaying(nodes, big, html`${BIG.unknown}`) : big}</p>
<p class="says">${held ? decaying(nodes, says(vip), old) : says(vip)}</p></article>`
}

const HIDDEN_FROM = 12
/** What is not plainly held comes first; many that are held stand behind a line to open. */
export function vipSection({ vips }: ClusterStatus): Section {
  if (vips.length === 0) return whole('vips', raw(''))
  const odd = vips.filter((vip) => vip.state !== 'held')
  const held = vips.filter((vip) => vip.state === 'held')
  const shown = vips.length > HIDDEN_FROM ? odd : vips
  const hidden = vips.length > HIDDEN_FROM ? held : []
  const rest =
    hidden.length === 0
      ? raw('')
      : html`<details><summary>${hidden.length} of ${vips.length} vips are held by one node each</summary><div class="vips">${hidden.map(card)}</div></details>`
  return whole(
    'vips',
    html`<h2>Virtual addresses</h2><div class="vips">${shown.map(card)}</div>${rest}`,
  )
}
