// A host of the cluster.
import { type Static, Type } from '@sinclair/typebox'
import { Cidr, Interface, mapOf, Word } from './names.ts'
import { Recipient } from './secrets.ts'

const closed = { additionalProperties: false }

export const Link = Type.Object(
  {
    address: Cidr('address on this link, with prefix'),
    interface: Type.Optional(Interface('kernel name; found by the address when absent')),
  },
  { ...closed, description: 'a further interface, for instance a second heartbeat link' },
)

export const Node = Type.Object(
  {
    address: Cidr('main address; with a prefix the lab can build its subnet (default /24, /64)'),
    interface: Type.Optional(
      Interface('kernel name of the main interface; found by the address when absent'),
    ),
    recipient: Type.Optional(Recipient('of the node, as hactl key age prints it there')),
    links: Type.Optional(mapOf(Link, 8, 'further interfaces by name')),
    labels: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9.-]{0,30}$' }), Word('label value'), {
        ...closed,
        maxProperties: 32,
      }),
    ),
  },
  { ...closed, description: 'a host' },
)
export type Node = Static<typeof Node>
