// Every name that refers to something is the name of something.
import { entries, member } from '../maps.ts'
import { nearest } from '../words.ts'
import { error, type Rule } from './rule.ts'

type Reference = {
  readonly keys: readonly (string | number)[]
  readonly kind: 'node' | 'vip' | 'pool' | 'export' | 'mount' | 'service'
  readonly name: string
}

export const referenceKnown: Rule = (spec) => {
  const sections = {
    node: spec.nodes,
    vip: spec.vips ?? {},
    pool: spec.pools ?? {},
    export: spec.exports ?? {},
    mount: spec.mounts ?? {},
    service: spec.services ?? {},
  }
  return referencesOf(spec).flatMap(({ keys, kind, name }) => {
    if (member<unknown>(sections[kind], name) !== undefined) return []
    const names = Object.keys(sections[kind])
    const near = nearest(name, names)
    const hint = near === undefined ? `add it to ${kind}s` : `did you mean "${near}"?`
    return [error('HA011', keys, `cannot find ${kind} "${name}"`, hint)]
  })
}

function referencesOf(spec: Parameters<Rule>[0]): readonly Reference[] {
  const peers = entries(spec.vips).flatMap(([name, vip]) =>
    Object.keys(vip.peers).map((node): Reference => {
      return { keys: ['vips', name, 'peers', node], kind: 'node', name: node }
    }),
  )
  const servers = entries(spec.pools).flatMap(([name, pool]) =>
    entries(pool.servers).flatMap(([server, { node }]): Reference[] =>
      node === undefined
        ? []
        : [{ keys: ['pools', name, 'servers', server, 'node'], kind: 'node', name: node }],
    ),
  )
  return [
    ...peers,
    ...servers,
    ...entries(spec.proxies).flatMap(ofProxy),
    ...entries(spec.vips).flatMap(([name, vip]) => [
      ...list(['vips', name, 'trackServices'], 'service', vip.trackServices),
      ...list(['vips', name, 'trackMounts'], 'mount', vip.trackMounts),
    ]),
    ...ofLvs(spec),
    ...ofHost(spec),
  ]
}

type Keys = Reference['keys']
const one = (keys: Keys, kind: Reference['kind'], name: string | undefined): Reference[] =>
  name === undefined ? [] : [{ keys, kind, name }]
const list = (keys: Keys, kind: Reference['kind'], names: readonly string[] | undefined) =>
  (names ?? []).map((name, index): Reference => ({ keys: [...keys, index], kind, name }))

function ofLvs(spec: Parameters<Rule>[0]): readonly Reference[] {
  return entries(spec.lvs).flatMap(([name, lvs]) => {
    const at = ['lvs', name]
    return [
      ...one([...at, 'vip'], 'vip', lvs.vip),
      ...one([...at, 'sorry', 'node'], 'node', lvs.sorry?.node),
      ...entries(lvs.servers).flatMap(([server, real]) =>
        one([...at, 'servers', server, 'node'], 'node', real.node),
      ),
    ]
  })
}

function ofHost(spec: Parameters<Rule>[0]): readonly Reference[] {
  const nodes = (
    section: string,
    map: Readonly<Record<string, { nodes?: readonly string[] }>> | undefined,
  ) => entries(map).flatMap(([name, value]) => list([section, name, 'nodes'], 'node', value.nodes))
  return [
    ...nodes('verbatim', spec.verbatim),
    ...nodes('exports', spec.exports),
    ...nodes('mounts', spec.mounts),
    ...nodes('services', spec.services),
    ...nodes('packages', spec.packages),
    ...nodes('sysctl', spec.sysctl),
    ...nodes('modules', spec.modules),
    ...entries(spec.firewall?.allow).flatMap(([name, opening]) =>
      list(['firewall', 'allow', name, 'nodes'], 'node', opening.nodes),
    ),
    ...entries(spec.exports).flatMap(([name, { vip, clients }]) => [
      ...one(['exports', name, 'vip'], 'vip', vip),
      ...list(['exports', name, 'clients', 'nodes'], 'node', clients.nodes),
    ]),
    ...entries(spec.mounts).flatMap(([name, mount]) =>
      one(['mounts', name, 'export'], 'export', mount.export),
    ),
    ...entries(spec.services).flatMap(([name, { after }]) =>
      list(['services', name, 'after'], 'mount', after),
    ),
  ]
}

function ofProxy([name, proxy]: readonly [
  string,
  NonNullable<Parameters<Rule>[0]['proxies']>[string],
]): readonly Reference[] {
  const at = ['proxies', name]
  const { vip, pool, split } = proxy
  return [
    ...(vip === undefined ? [] : [{ keys: [...at, 'vip'], kind: 'vip' as const, name: vip }]),
    ...(pool === undefined ? [] : [{ keys: [...at, 'pool'], kind: 'pool' as const, name: pool }]),
    ...(split === undefined
      ? []
      : [{ keys: [...at, 'split', 'pool'], kind: 'pool' as const, name: split.pool }]),
    ...list([...at, 'pools'], 'pool', proxy.pools),
    ...(proxy.nodes ?? []).map((node, index) => ({
      keys: [...at, 'nodes', index],
      kind: 'node' as const,
      name: node,
    })),
    ...(proxy.routes ?? []).map((route, index) => ({
      keys: [...at, 'routes', index, 'pool'],
      kind: 'pool' as const,
      name: route.pool,
    })),
  ]
}
