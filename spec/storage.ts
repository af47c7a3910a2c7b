// NFS: what a node exports, and what nodes mount.
import { type Static, Type } from '@sinclair/typebox'
import { Cidr, HostName, Ms, Name, oneOf, Path } from './names.ts'

const closed = { additionalProperties: false }
const some = { minItems: 1, maxItems: 100, uniqueItems: true }

/** A name of DNS with wildcards, or a netgroup; nothing that ends the word or begins options. */
const EXPORT_HOST_PATTERN =
  '^(?:@[A-Za-z0-9][A-Za-z0-9._-]{0,62}|[A-Za-z*?](?:[A-Za-z0-9.*?-]{0,251}[A-Za-z0-9*?])?)$'
export const EXPORT_HOST = new RegExp(EXPORT_HOST_PATTERN)
/** One option: no comma, blank or parenthesis, so that it cannot become two. */
const MOUNT_OPTION_PATTERN = '^[a-z_][a-z0-9_]{0,30}(?:=[A-Za-z0-9:./_-]{1,100})?$'
export const MOUNT_OPTION = new RegExp(MOUNT_OPTION_PATTERN)

/** What hactl writes itself, in one of its forms, by the section that says it. */
export const EXPORT_OWNED =
  /^(?:r[ow]|sync|async|(?:no_)?(?:root|all)_squash|(?:no_)?subtree_check|fsid(?:=.*)?|anon[ug]id(?:=.*)?)$/
export const MOUNT_OWNED =
  /^(?:defaults|r[ow]|hard|soft|softerr|(?:nfs)?vers(?:=.*)?|v[34](?:\.\d)?|minorversion(?:=.*)?|_netdev|nofail|auto|noauto|bg|fg|user|users|owner|group|x-systemd.*)$/

export const Export = Type.Object(
  {
    nodes: Type.Optional(
      Type.Array(Name('node'), {
        ...some,
        description: 'servers that export it, where there is no vip',
      }),
    ),
    vip: Type.Optional(
      Name('vip that clients mount from; its peers are the servers, and all give the same fsid'),
    ),
    path: Path('directory'),
    clients: Type.Object(
      {
        nodes: Type.Optional(Type.Array(Name('node'), some)),
        networks: Type.Optional(Type.Array(Cidr('address or network'), some)),
        hosts: Type.Optional(
          Type.Array(Type.String({ pattern: EXPORT_HOST_PATTERN }), {
            ...some,
            description:
              'names, with * and ? as in exports(5), or @netgroups: whoever a name server says they are',
          }),
        ),
      },
      { ...closed, minProperties: 1, description: 'who may mount it' },
    ),
    write: Type.Optional(Type.Boolean({ description: 'clients may write, default false' })),
    squash: Type.Optional(
      oneOf(['root', 'all', 'none'], 'whose identity is dropped (exports(5)), default root'),
    ),
    anonUid: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_294 })),
    anonGid: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_294 })),
    sync: Type.Optional(
      Type.Boolean({ description: 'answer only when the data is on disk, default true' }),
    ),
    fsid: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: 'file system identity (exports(5)); derived from the name when absent',
      }),
    ),
    options: Type.Optional(
      Type.Array(Type.String({ pattern: MOUNT_OPTION_PATTERN }), {
        ...some,
        description: 'more options of exports(5), for instance insecure or crossmnt',
      }),
    ),
    fenced: Type.Optional(
      Type.Boolean({
        description:
          'a fencing device makes sure that the server which lost the vip cannot write: needed for a writable export behind a vip',
      }),
    ),
  },
  { ...closed, description: 'a directory that NFS clients may mount' },
)
export type Export = Static<typeof Export>

export const Mount = Type.Object(
  {
    nodes: Type.Array(Name('node'), { ...some, description: 'clients that mount it' }),
    export: Type.Optional(Name('export of this spec')),
    server: Type.Optional(HostName('server outside of this spec')),
    source: Type.Optional(Path('its directory there')),
    path: Path('mount point'),
    version: Type.Optional(oneOf(['3', '4', '4.1', '4.2'], 'NFS version, default 4.2')),
    write: Type.Optional(Type.Boolean({ description: 'default: as the export says, else true' })),
    hard: Type.Optional(
      Type.Boolean({
        description:
          'wait for a dead server instead of failing writes (nfs(5)), default true; soft loses data',
      }),
    ),
    mountTimeoutMs: Type.Optional(
      Ms(1_000, 600_000, 'a mount attempt ends after this, default 10000'),
    ),
    options: Type.Optional(
      Type.Array(Type.String({ pattern: MOUNT_OPTION_PATTERN }), {
        ...some,
        description: 'more options of nfs(5) and mount(8), for instance noatime or rsize=65536',
      }),
    ),
    automount: Type.Optional(
      Type.Boolean({
        description:
          'mounted on first use, so that nothing is ever written below an empty mount point; default true',
      }),
    ),
  },
  { ...closed, description: 'an NFS mount' },
)
export type Mount = Static<typeof Mount>
