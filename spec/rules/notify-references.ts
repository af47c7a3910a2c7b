// HA080: half a login, or a webhook with two addresses or none.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const notifyReferences: Rule = (spec) => {
  const { user, passwordFile } = spec.notify?.mail ?? {}
  const mail =
    (user === undefined) === (passwordFile === undefined)
      ? []
      : [
          error(
            'HA080',
            ['notify', 'mail', user === undefined ? 'passwordFile' : 'user'],
            `cannot log in at the relay with ${user === undefined ? 'a password and no user' : 'a user and no password'}`,
            'give both "user" and "passwordFile", or neither for a relay that asks for no login',
          ),
        ]
  const hooks = entries(spec.notify?.webhooks)
    .filter(([, { url, urlFile }]) => (url === undefined) === (urlFile === undefined))
    .map(([name, { url }]) =>
      error(
        'HA080',
        ['notify', 'webhooks', name],
        `cannot tell where webhook ${name} is: ${url === undefined ? 'no address' : 'two addresses'}`,
        'give exactly one of "url" and "urlFile"',
      ),
    )
  return [...mail, ...hooks]
}
