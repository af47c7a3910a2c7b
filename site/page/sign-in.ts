// What a browser without a token is shown: a form that works without script, styled like the other pages.
import { html, raw } from './html.ts'
import { STYLE } from './style.ts'

export type SignIn = {
  /** Where the browser wanted to go. */
  readonly to: string
  /** Why the form is shown again; '' at first. */
  readonly refused: string
  readonly nonce: string
}

export function signInHtml({ to, refused, nonce }: SignIn): string {
  const again =
    refused === ''
      ? raw('')
      : html`<p class="verdict bad" role="alert" id="refused"><span class="head"><span aria-hidden="true">✕</span> Not signed in.</span> ${refused}</p>`
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in · hactl</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<style nonce="${nonce}">${raw(STYLE)}</style></head><body><header><h1>hactl hub</h1></header>
<main><section class="card sign-in"><h2>Sign in to look</h2>${again}
<form method="post" action="/login"><input type="hidden" name="to" value="${to}">
<label>Token <input name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false" maxlength="200"></label>
<p class="buttons"><button type="submit" class="strong">Sign in</button></p></form>
<p class="dim">A viewer's token is enough: <code>hactl token create --role viewer --name you</code>, by an operator.
Whatever the token may do, this browser will only look: what changes something asks for an operator's token each time.</p></section></main></body></html>`
    .html
}
