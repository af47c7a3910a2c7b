// What else a node must have: programs, services, kernel settings, open ports, SELinux permissions.
import { type Static, Type } from '@sinclair/typebox'
import { Cidr, mapOf, Name, oneOf, Port } from './names.ts'

const closed = { additionalProperties: false }
const nodes = Type.Optional(
  Type.Array(Name('node'), {
    minItems: 1,
    maxItems: 500,
    uniqueItems: true,
    description: 'default: every node',
  }),
)
/** Package names of Debian policy 5.6.7 and of rpm; never an option or a path. */
const PackageName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9+._-]{1,100}$' })
const names = Type.Array(PackageName, { minItems: 1, maxItems: 100, uniqueItems: true })

export const Packages = Type.Object(
  {
    nodes,
    apt: Type.Optional(names),
    dnf: Type.Optional(names),
  },
  { ...closed, description: 'programs that must be installed; never upgraded, never removed' },
)
export type Packages = Static<typeof Packages>

export const ServiceFile = Type.Object(
  {
    lines: Type.Array(Type.String({ pattern: '^[\\x09\\x20-\\x7e\\u00a0-\\uffff]{0,1000}$' }), {
      maxItems: 2000,
      description: 'the whole file; each line ends with a newline',
    }),
    mode: Type.Optional(
      oneOf(
        ['0600', '0640', '0644', '0755'],
        'permissions, owner root; default 0644, and 0600 where a secret stands in it, 0640 with group',
      ),
    ),
    group: Type.Optional(
      Type.String({
        pattern: '^[a-z_][a-z0-9_-]{0,31}$',
        description: 'group on the node that may read it, for instance www-data',
      }),
    ),
  },
  { ...closed, description: 'a configuration file of the service' },
)

export const Service = Type.Object(
  {
    nodes,
    unit: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9@_.:-]{0,100}\\.(?:service|socket|timer|target)$',
      description: 'systemd unit',
    }),
    state: Type.Optional(oneOf(['running', 'stopped'], 'default running')),
    boot: Type.Optional(Type.Boolean({ description: 'starts at boot, default true' })),
    change: Type.Optional(
      oneOf(['reload', 'restart'], 'what a changed file needs; default reload'),
    ),
    check: Type.Optional(
      oneOf(
        ['apache', 'nginx', 'php-fpm', 'sshd', 'named'],
        "the program's own check of its files, run before the change is kept",
      ),
    ),
    packages: Type.Optional(
      Type.Object({ apt: Type.Optional(names), dnf: Type.Optional(names) }, closed),
    ),
    files: Type.Optional(
      Type.Record(Type.String({ pattern: '^(?:/[A-Za-z0-9_.@+-]{1,128}){2,16}$' }), ServiceFile, {
        ...closed,
        maxProperties: 50,
        description: 'by path',
      }),
    ),
    after: Type.Optional(
      Type.Array(Name('mount'), {
        maxItems: 10,
        uniqueItems: true,
        description: 'mounts of this spec that it must not run without',
      }),
    ),
  },
  { ...closed, description: 'a service that is not the proxy, for instance Apache or MariaDB' },
)
export type Service = Static<typeof Service>

export const Sysctl = Type.Object(
  {
    nodes,
    value: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,200}$' }),
  },
  { ...closed, description: 'a kernel setting' },
)
/** Keys as sysctl(8) writes them; a dot inside an interface name is a slash. */
export const SysctlMap = Type.Record(
  Type.String({ pattern: '^[a-z0-9_]+(?:[./][A-Za-z0-9_*-]+){1,8}$' }),
  Sysctl,
  { ...closed, maxProperties: 200, description: 'kernel settings by key' },
)

export const Module = Type.Object({ nodes }, { ...closed, description: 'a kernel module' })
export const ModuleMap = Type.Record(Type.String({ pattern: '^[a-z0-9_]{1,56}$' }), Module, {
  ...closed,
  maxProperties: 100,
  description: 'kernel modules that are loaded now and at boot',
})

export const Opening = Type.Object(
  {
    nodes,
    port: Port('port'),
    protocol: Type.Optional(oneOf(['tcp', 'udp'], 'default tcp')),
    from: Type.Optional(
      Type.Array(Cidr('address or network'), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'default: from everywhere',
      }),
    ),
  },
  { ...closed, description: 'a port that must be open' },
)
export const Firewall = Type.Object(
  {
    manage: Type.Optional(
      oneOf(
        ['open', 'report', 'off'],
        'open: what the spec needs is let through (default); report: only said; off: not looked at',
      ),
    ),
    allow: Type.Optional(mapOf(Opening, 100, 'more ports to open, by name')),
  },
  {
    ...closed,
    description:
      'firewalld, or nftables where it does not run; VRRP, NFS, the agents and the listeners are derived',
  },
)
export type Firewall = Static<typeof Firewall>

export const Selinux = Type.Object(
  {
    manage: Type.Optional(
      oneOf(
        ['set', 'report', 'off'],
        'set: booleans and port labels that the spec needs (default); report: only said; off: not looked at',
      ),
    ),
    booleans: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{1,60}$' }), Type.Boolean(), {
        ...closed,
        maxProperties: 50,
        description: 'more booleans',
      }),
    ),
  },
  { ...closed, description: 'what SELinux must permit' },
)
export type Selinux = Static<typeof Selinux>
