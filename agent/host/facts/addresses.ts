// `ip -j addr` (iproute2) as our types.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { KernelAddress, KernelInterface } from '../../world.ts'

/** Only what we read; iproute2 adds keys with every release, and `ip addr show dev` prints empty objects. */
const Links = Type.Array(
  Type.Object({
    ifname: Type.Optional(Type.String()),
    /** The hardware address; absent or of another length on what is no Ethernet. */
    address: Type.Optional(Type.String()),
    flags: Type.Optional(Type.Array(Type.String())),
    addr_info: Type.Optional(
      Type.Array(
        Type.Object({
          local: Type.Optional(Type.String()),
          prefixlen: Type.Optional(Type.Integer()),
          tentative: Type.Optional(Type.Boolean()),
          dadfailed: Type.Optional(Type.Boolean()),
        }),
      ),
    ),
  }),
)

export type Links = {
  readonly interfaces: readonly KernelInterface[]
  readonly addresses: readonly KernelAddress[]
}

/**
 * Up means administratively up and with carrier. Tentative addresses (duplicate detection is not
 * over, or found a duplicate) do not serve yet and are left out; deprecated ones stay, because
 * keepalived gives its IPv6 vips a preferred lifetime of 0. Throws on anything but ip's JSON.
 */
export function parseLinks(text: string): Links {
  const parsed: unknown = JSON.parse(text.trim() === '' ? '[]' : text)
  if (!Value.Check(Links, parsed)) throw new Error('ip -j addr gave an unknown format')
  const named = parsed.flatMap((link) =>
    link.ifname === undefined ? [] : [{ ...link, name: link.ifname }],
  )
  const interfaces = named.map(({ name, flags, address }) => ({
    name,
    ...(address === undefined ? {} : { mac: address }),
    up: (flags ?? []).includes('UP') && (flags ?? []).includes('LOWER_UP'),
  }))
  const addresses = named.flatMap(({ name, addr_info }) =>
    (addr_info ?? []).flatMap((a) => {
      if (a.local === undefined || a.tentative || a.dadfailed) return []
      const prefix = a.prefixlen ?? (a.local.includes(':') ? 128 : 32)
      return [{ interface: name, address: a.local, prefix }]
    }),
  )
  return { interfaces, addresses }
}
