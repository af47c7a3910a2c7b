// A virtual router (RFC 9568): addresses that exactly one of its peers holds.
import { type Static, Type } from '@sinclair/typebox'
import {
  PRIORITY_MAX,
  PRIORITY_MIN,
  TAKEOVER_MS_DEFAULT,
  TAKEOVER_MS_MAX,
  TAKEOVER_MS_MIN,
  VRID_MAX,
  VRID_MIN,
} from './limits.ts'
import { KeepalivedLines } from './keepalived.ts'
import { Cidr, Interface, mapOf, Ms, Name, NAME_PATTERN, oneOf } from './names.ts'

const closed = { additionalProperties: false }

/** Words of ip-address(8); none can end a block or begin a comment. */
const ADDRESS_OPTIONS_PATTERN = '^[a-z-](?:[A-Za-z0-9 .:/_+-]{0,200}[A-Za-z0-9+-])?$'
export const ADDRESS_OPTIONS = new RegExp(ADDRESS_OPTIONS_PATTERN)

export const Peer = Type.Object(
  {
    priority: Type.Integer({
      minimum: PRIORITY_MIN,
      maximum: PRIORITY_MAX,
      description: 'higher wins; distinct within the vip',
    }),
    interface: Type.Optional(
      Interface('where the vip is on this node; default: where its address on that segment is'),
    ),
  },
  closed,
)

export const VipAuth = Type.Object(
  {
    type: oneOf(['pass', 'ah'], 'pass: a word in every advert; ah: a checksum with a key'),
    password: Type.Optional(
      Type.String({
        pattern: `^\\$\\{secret:${NAME_PATTERN.slice(1, -1)}\\}$`,
        description: `\${secret:NAME}; keepalived sends its first 8 characters`,
      }),
    ),
    // In one directory and under one form of name: keepalived quotes what it cannot read of a file in its messages.
    include: Type.Optional(
      Type.String({
        pattern: '^/etc/keepalived/auth-[a-z0-9-]{1,40}\\.conf$',
        description:
          'instead: file on every peer that keepalived reads in place, one line, "auth_pass SECRET"; owner root, mode 0600',
      }),
    ),
  },
  { ...closed, description: 'VRRP version 2 only; no protection against who can read the segment' },
)

export const Vip = Type.Object(
  {
    addresses: Type.Array(Cidr('virtual address; /32 or /128 when no prefix is given'), {
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      description: 'IPv4 and IPv6; each family becomes a VRRP instance of its own',
    }),
    peers: mapOf(Peer, 8, 'the nodes that may hold it'),
    vrid: Type.Optional(
      Type.Integer({
        minimum: VRID_MIN,
        maximum: VRID_MAX,
        description: 'unique per layer 2 segment; allocated when absent',
      }),
    ),
    takeoverMs: Type.Optional(
      Ms(
        TAKEOVER_MS_MIN,
        TAKEOVER_MS_MAX,
        `a backup has taken over after this time, default ${TAKEOVER_MS_DEFAULT}; the advert interval is a quarter`,
      ),
    ),
    preempt: Type.Optional(
      Type.Boolean({
        description: 'a higher priority takes the vip back, default true (RFC 9568 Preempt_Mode)',
      }),
    ),
    mode: Type.Optional(oneOf(['unicast', 'multicast'], 'how adverts travel, default unicast')),
    vrrpVersion: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 3,
        description: 'default 3; 2 needs takeoverMs >= 4000',
      }),
    ),
    trackInterfaces: Type.Optional(
      Type.Array(Interface('interface'), {
        maxItems: 8,
        uniqueItems: true,
        description: 'the vip leaves when one of these is down',
      }),
    ),
    trackServices: Type.Optional(
      Type.Array(Name('service of this spec'), {
        maxItems: 8,
        uniqueItems: true,
        description: 'the vip leaves a node on which one of these does not run',
      }),
    ),
    trackMounts: Type.Optional(
      Type.Array(Name('mount of this spec'), {
        maxItems: 8,
        uniqueItems: true,
        description: 'the vip leaves a node on which one of these does not answer',
      }),
    ),
    auth: Type.Optional(VipAuth),
    addressOptions: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[0-9a-fA-F.:]{2,45}(?:/[0-9]{1,3})?$' }),
        Type.String({ pattern: ADDRESS_OPTIONS_PATTERN }),
        {
          ...closed,
          maxProperties: 20,
          description:
            'of one of the addresses, as ip-address(8) has them: "dev eth1 label eth1:1"',
        },
      ),
    ),
    extra: Type.Optional(
      KeepalivedLines(
        'lines of its vrrp_instance that the spec does not model, of the first family',
      ),
    ),
    onSplit: Type.Optional(
      oneOf(
        ['report', 'yield', 'fence'],
        'two nodes hold it: report (default) only tells; yield: the one with the lower priority gives it up while the other says over another link that it holds it and is Ready; fence: the one with the higher priority ends the other by the command of its own agent.json',
      ),
    ),
    group: Type.Optional(
      Name('vips of one group move together (keepalived vrrp_sync_group), as LVS by NAT needs'),
    ),
  },
  { ...closed, description: 'a virtual router' },
)
export type Vip = Static<typeof Vip>
