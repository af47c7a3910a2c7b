// The page's script, as text: live through server-sent events; ages grow and knowledge decays also when the hub is gone.
import { STALE_MS } from '../../../spec/limits.ts'
import { ACT } from './act.ts'
import { PATCH } from './patch.ts'

/** A hub that says nothing for this long is called silent. */
const SILENT_MS = STALE_MS + 1_000
/** Ages are shown in whole seconds. */
const TICK_MS = 500

export const SCRIPT = `
(() => {
  'use strict'
  const main = document.getElementById('main'), lost = document.getElementById('lost'), live = document.getElementById('live')
  let at = performance.now(), ages = {}, left, newest = Number(main.dataset.newest)
  if (/[?&]token=/.test(location.search)) history.replaceState(null, '', location.pathname)
  const say = (ms) => ms < 120000 ? Math.floor(ms / 1000) + ' s'
    : ms < 7200000 ? Math.floor(ms / 60000) + ' min' : Math.floor(ms / 3600000) + ' h'
  const put = (e, text) => { if (e.textContent !== text) e.textContent = text }
  const tick = () => {
    const gone = performance.now() - at
    const silent = gone >= ${SILENT_MS}
    lost.hidden = !silent
    document.body.classList.toggle('gone', silent)
    put(live, silent ? '○ not live' : '● live')
    if (silent) put(lost, 'Not live: the hub has not answered for ' + say(gone) + '. What stands below is old.')
    for (const e of main.querySelectorAll('[data-heard]')) {
      if (e.closest('details:not([open])')) continue
      const ms = ages[e.dataset.heard]
      if (ms !== undefined) put(e, say(ms + gone))
    }
    if (left !== undefined) for (const e of main.querySelectorAll('[data-left]')) put(e, say(Math.max(0, left - gone)))
    for (const e of main.querySelectorAll('[data-decays]'))
      e.classList.toggle('old', e.dataset.decays.split(' ').some((n) => (ages[n] ?? 0) + gone > ${STALE_MS}))
  }
${PATCH}
${ACT}
  const query = '/v1/stream?view=' + encodeURIComponent(main.dataset.view) + '&since=' + encodeURIComponent(main.dataset.version)
  const stream = new EventSource(query)
  stream.addEventListener('page', (message) => {
    const said = JSON.parse(message.data)
    at = performance.now()
    ages = said.ages
    left = said.left
    newest = said.newest
    if (document.title !== said.title) document.title = said.title
    for (const [id, text] of said.parts) patch(id, text)
    if (said.parts.length > 0) offer()
    tick()
  })
  addEventListener('toggle', tick, true)
  setInterval(tick, ${TICK_MS})
  offer()
})()
`
