// The page's script, as text: live through server-sent events; ages grow and knowledge decays also when the hub is gone.
import { STALE_MS } from '../spec/limits.ts'

export const CLIENT = `
(() => {
  const main = document.querySelector('main'), lost = document.getElementById('lost')
  let at = performance.now()
  if (location.search) history.replaceState(null, '', location.pathname)
  const say = (ms) => ms < 10000 ? (ms / 1000).toFixed(1) + ' s' : ms < 120000 ? Math.round(ms / 1000) + ' s'
    : ms < 7200000 ? Math.round(ms / 60000) + ' min' : Math.round(ms / 3600000) + ' h'
  const tick = () => {
    const gone = performance.now() - at
    lost.hidden = gone < ${STALE_MS + 1000}
    document.body.classList.toggle('gone', !lost.hidden)
    lost.textContent = 'Not live: the hub has not answered for ' + say(gone) + '. What stands below is old.'
    for (const e of main.querySelectorAll('[data-age]')) e.textContent = say(Number(e.dataset.age) + gone)
    for (const e of main.querySelectorAll('[data-decays]')) {
      if (Number(e.dataset.decays) + gone <= ${STALE_MS}) continue
      if (e.classList.contains('vip')) { e.className = 'vip unknown'; e.querySelector('.big').textContent = '? UNKNOWN'; e.querySelector('.says').textContent = 'the last word is too old' }
      else { e.className = 'tag'; e.textContent = '? Unknown' }
    }
  }
  // Only what differs is touched: a selection, a scrolled table and a screen reader stay where they are.
  const morph = (old, now) => {
    if (old.nodeName !== now.nodeName) return old.replaceWith(now)
    if (old.nodeType === 3) { if (old.data !== now.data) old.data = now.data; return }
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name)
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
    const had = [...old.childNodes], has = [...now.childNodes]
    has.forEach((n, i) => { if (had[i]) morph(had[i], n); else old.append(n) })
    for (const n of had.slice(has.length)) n.remove()
  }
  const show = (text) => {
    const fresh = document.createElement('template')
    fresh.innerHTML = '<main>' + text + '</main>'
    morph(main, fresh.content.firstChild)
  }
  const stream = new EventSource('/v1/stream?page=1')
  stream.addEventListener('page', (m) => { at = performance.now(); show(m.data); tick() })
  setInterval(tick, 250)
})()
`
