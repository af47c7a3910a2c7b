// Part of the page's script: what an operator does, with a token that stays in the tab. The hub decides who may.

/** Going back is a push of the old text: the hub checks it like any other, and its history only grows. */
export const ACT = `
  const dialog = document.getElementById('ask'), token = document.getElementById('ask-token')
  const yes = document.getElementById('ask-yes'), answer = document.getElementById('ask-answer')
  const TOKEN = 'hactl-operator'
  let doing = async () => ''
  const offer = () => { for (const e of main.querySelectorAll('[data-act]')) e.hidden = false }
  const failed = async (response) => {
    const said = await response.json().catch(() => ({}))
    if (response.status === 401 || response.status === 403) sessionStorage.removeItem(TOKEN)
    throw new Error(said.error || 'the hub answered ' + response.status)
  }
  const rollback = async (revision, headers) => {
    const old = await fetch('/v1/specs/' + revision, { headers })
    if (!old.ok) await failed(old)
    const sent = await fetch('/v1/specs', { method: 'POST', body: await old.text(), headers: { ...headers,
      'if-match': String(newest), 'x-hactl-author': 'status page', 'x-hactl-note': 'rollback to revision ' + revision } })
    if (!sent.ok) await failed(sent)
    const { revision: now } = await sent.json()
    return 'Revision ' + now + ' has the text of revision ' + revision + '. The nodes take it now.'
  }
  const confirmed = async (revision, headers) => {
    const sent = await fetch('/v1/confirm', { method: 'POST', headers: { ...headers, 'if-match': revision } })
    if (!sent.ok) await failed(sent)
    return 'Revision ' + revision + ' is confirmed and stays.'
  }
  const ask = (title, text, button, work) => {
    put(document.getElementById('ask-title'), title)
    put(document.getElementById('ask-text'), text)
    put(yes, button)
    put(answer, '')
    token.value = sessionStorage.getItem(TOKEN) || ''
    doing = work
    yes.hidden = false
    dialog.showModal()
  }
  main.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]')
    if (!button) return
    const { act, revision } = button.dataset
    if (act === 'confirm') ask('Confirm revision ' + revision + '?', 'It stays on every node. Confirm what you have seen at work.',
      'Confirm', (headers) => confirmed(revision, headers))
    if (act === 'rollback') ask('Roll back to revision ' + revision + '?',
      'A new revision with the text of revision ' + revision + ' is pushed; every node takes it in turn.',
      'Roll back', (headers) => rollback(revision, headers))
  })
  document.getElementById('ask-no').addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => { token.value = '' })
  document.getElementById('ask-form').addEventListener('submit', async (event) => {
    event.preventDefault()
    if (yes.hidden || yes.disabled) return
    yes.disabled = true
    put(answer, 'Asking the hub …')
    try {
      if (!/^[A-Za-z0-9_.~+/=-]{1,400}$/.test(token.value.trim())) throw new Error('this is no token')
      sessionStorage.setItem(TOKEN, token.value.trim())
      put(answer, await doing({ authorization: 'Bearer ' + token.value.trim() }))
      yes.hidden = true
    } catch (error) { put(answer, error.message) }
    yes.disabled = false
  })
`
