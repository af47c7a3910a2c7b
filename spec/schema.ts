// The whole spec, version 1: the one definition of what is valid; types and JSON Schema come from it.
import { type Static, Type } from '@sinclair/typebox'
import { Keepalived } from './keepalived.ts'
import {
  EXPORTS_MAX,
  LVS_MAX,
  MOUNTS_MAX,
  NODES_MAX,
  PACKAGES_MAX,
  POOLS_MAX,
  PROXIES_MAX,
  SERIAL_MAX,
  SERVICES_MAX,
  SPEC_VERSION,
  VERBATIM_MAX,
  VIPS_MAX,
} from './limits.ts'
import { Lvs } from './lvs.ts'
import { mapOf, Name } from './names.ts'
import { Node } from './node.ts'
import { Notify } from './notify.ts'
import { Hub, Logs, Rollout, SourceRef, Stats } from './operations.ts'
import { Pool } from './pool.ts'
import { ProxySection } from './proxy.ts'
import { Secrets } from './secrets.ts'
import { Firewall, ModuleMap, Packages, Selinux, Service, SysctlMap } from './services.ts'
import { Export, Mount } from './storage.ts'
import { Verbatim } from './verbatim.ts'
import { Vip } from './vip.ts'

export const Spec = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'for the editor' })),
    version: Type.Literal(SPEC_VERSION, { description: 'spec version' }),
    cluster: Name('name of the cluster'),
    serial: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SERIAL_MAX,
        description:
          'grows with every signed spec, as that of a DNS zone: nodes that want signatures take none below the last; hactl sign sets it',
      }),
    ),
    nodes: mapOf(Node, NODES_MAX, 'hosts by name'),
    vips: Type.Optional(mapOf(Vip, VIPS_MAX, 'virtual addresses by name')),
    proxies: Type.Optional(mapOf(ProxySection, PROXIES_MAX, 'listeners by name')),
    pools: Type.Optional(mapOf(Pool, POOLS_MAX, 'server pools by name')),
    lvs: Type.Optional(mapOf(Lvs, LVS_MAX, 'IPVS virtual services by name')),
    keepalived: Type.Optional(Keepalived),
    exports: Type.Optional(mapOf(Export, EXPORTS_MAX, 'NFS exports by name')),
    mounts: Type.Optional(mapOf(Mount, MOUNTS_MAX, 'NFS mounts by name')),
    services: Type.Optional(mapOf(Service, SERVICES_MAX, 'services by name')),
    packages: Type.Optional(mapOf(Packages, PACKAGES_MAX, 'programs by name')),
    sysctl: Type.Optional(SysctlMap),
    modules: Type.Optional(ModuleMap),
    firewall: Type.Optional(Firewall),
    selinux: Type.Optional(Selinux),
    secrets: Type.Optional(Secrets),
    verbatim: Type.Optional(mapOf(Verbatim, VERBATIM_MAX, 'kept configuration text by name')),
    stats: Type.Optional(Stats),
    logs: Type.Optional(Logs),
    notify: Type.Optional(Notify),
    rollout: Type.Optional(Rollout),
    hub: Type.Optional(Hub),
    source: Type.Optional(SourceRef),
  },
  { additionalProperties: false, $id: 'hactl-spec-v1', title: 'hactl cluster spec, version 1' },
)
/** A spec as written: every default still absent. Use `resolve` (cluster.ts) before planning. */
export type Spec = Static<typeof Spec>
