// Part of the page's script: puts new parts in place and touches only what differs.

/**
 * A selection, a scrolled table, an opened line and a screen reader stay where they are. Children with an id are matched
 * by it, others by their place.
 */
export const PATCH = `
  const KEPT = new Set(['open', 'hidden'])
  const morph = (old, now) => {
    if (old.nodeName !== now.nodeName || old.id !== now.id) return old.replaceWith(now)
    if (old.nodeType === 3) { if (old.data !== now.data) old.data = now.data; return }
    if (old.isEqualNode(now)) return
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name)
    for (const { name, value } of now.attributes) if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value)
    if (old.dataset && (old.dataset.heard ?? old.dataset.left) !== undefined) return
    const byId = new Map([...old.children].filter((e) => e.id).map((e) => [e.id, e]))
    let next = old.firstChild
    for (const child of [...now.childNodes]) {
      const known = child.id ? byId.get(child.id) : undefined
      if (known) {
        byId.delete(child.id)
        if (known === next) next = next.nextSibling
        else old.insertBefore(known, next)
        morph(known, child)
      } else if (!next || next.id || child.id) old.insertBefore(child, next)
      else {
        const here = next
        next = next.nextSibling
        morph(here, child)
      }
    }
    for (const e of byId.values()) { if (e === next) next = next.nextSibling; e.remove() }
    while (next) { const after = next.nextSibling; next.remove(); next = after }
  }
  const patch = (id, text) => {
    const old = document.getElementById(id)
    if (!old) return
    const fresh = document.createElement('template')
    const drawn = old.namespaceURI.endsWith('/svg')
    fresh.innerHTML = drawn ? '<svg>' + text + '</svg>' : text
    const now = drawn ? fresh.content.firstChild.firstChild : fresh.content.firstChild
    if (now) morph(old, now)
  }
`
