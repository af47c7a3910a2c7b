// HA113: a vip's password and address options belong to something that is there.
import { HOST_PREFIX, parseNet } from '../address.ts'
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

export const vipWire: Rule = (spec) =>
  entries(spec.vips).flatMap(([name, { auth, vrrpVersion, addresses, addressOptions }]) => {
    const bare = (text: string) => parseNet(text, HOST_PREFIX)?.address
    const lost = Object.keys(addressOptions ?? {}).filter(
      (text) => !addresses.some((one) => bare(one) === bare(text)),
    )
    const odd = lost.map((text) =>
      error(
        'HA113',
        ['vips', name, 'addressOptions', text],
        `cannot give options to ${text}: vip ${name} has no such address`,
        'name one of its addresses',
      ),
    )
    if (auth === undefined) return odd
    if ((auth.password === undefined) === (auth.include === undefined))
      return [
        ...odd,
        error(
          'HA113',
          ['vips', name, 'auth'],
          `cannot tell the password of vip ${name}: ${auth.include === undefined ? 'nothing says it' : 'two places say it'}`,
          `give "password": "\${secret:NAME}", or "include" for a file on the peers`,
        ),
      ]
    if (vrrpVersion === 2) return odd
    const message = `cannot send a password for vip ${name}: VRRP version 3 has none`
    const hint = 'RFC 9568 took it away; leave it out, or use "vrrpVersion": 2'
    return [...odd, error('HA113', ['vips', name, 'auth'], message, hint)]
  })
