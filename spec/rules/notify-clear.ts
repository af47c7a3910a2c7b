// HA081: a password, token or report that anyone on the way can read.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

/** Loopback is not "on the way". */
const LOCAL = /^http:\/\/(?:localhost|127\.[0-9.]+|\[::1\])(?:[:/]|$)/

export const notifyClear: Rule = (spec) => {
  const { tls, passwordFile, smtpHost } = spec.notify?.mail ?? {}
  const local = smtpHost === 'localhost' || smtpHost === '::1' || smtpHost?.startsWith('127.')
  const mail =
    passwordFile !== undefined && tls === 'off' && local !== true
      ? [
          warning(
            'HA081',
            ['notify', 'mail', 'tls'],
            'the password goes over the network in the clear',
            'use "required" (STARTTLS) or "implicit" (port 465)',
          ),
        ]
      : []
  const hooks = entries(spec.notify?.webhooks)
    .filter(([, { url }]) => url?.startsWith('http://') === true && !LOCAL.test(url))
    .map(([name, { tokenFile }]) =>
      warning(
        'HA081',
        ['notify', 'webhooks', name, 'url'],
        `${tokenFile === undefined ? 'reports' : 'the token'} of webhook ${name} ${tokenFile === undefined ? 'go' : 'goes'} over the network in the clear`,
        'use https',
      ),
    )
  return [...mail, ...hooks]
}
