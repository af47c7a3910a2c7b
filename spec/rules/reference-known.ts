// Every name that refers to something is the name of something.
import { entries, member } from '../maps.ts'
import { nearest } from '../words.ts'
import { error, type Rule } from './rule.ts'

type Reference = {
  readonly keys: readonly (string | number)[]
  readonly kind: 'node' | 'vip' | 'pool'
  readonly name: string
}

export const referenceKnown: Rule = (spec) => {
  const sections = { node: spec.nodes, vip: spec.vips ?? {}, pool: spec.pools ?? {} }
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
  return [...peers, ...servers, ...entries(spec.proxies).flatMap(ofProxy)]
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
