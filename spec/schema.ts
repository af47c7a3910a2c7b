// The whole spec, version 1: the one definition of what is valid; types and JSON Schema come from it.
import { type Static, Type } from '@sinclair/typebox'
import { NODES_MAX, POOLS_MAX, PROXIES_MAX, SPEC_VERSION, VIPS_MAX } from './limits.ts'
import { mapOf, Name } from './names.ts'
import { Node } from './node.ts'
import { Hub, Logs, Notify, Rollout, SourceRef, Stats } from './operations.ts'
import { Pool } from './pool.ts'
import { ProxySection } from './proxy.ts'
import { Vip } from './vip.ts'

export const Spec = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'for the editor' })),
    version: Type.Literal(SPEC_VERSION, { description: 'spec version' }),
    cluster: Name('name of the cluster'),
    nodes: mapOf(Node, NODES_MAX, 'hosts by name'),
    vips: Type.Optional(mapOf(Vip, VIPS_MAX, 'virtual addresses by name')),
    proxies: Type.Optional(mapOf(ProxySection, PROXIES_MAX, 'listeners by name')),
    pools: Type.Optional(mapOf(Pool, POOLS_MAX, 'server pools by name')),
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
