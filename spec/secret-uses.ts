// Where a spec uses its secrets, and which nodes need them for it.
import { keepalivedLists } from './keepalived-lists.ts'
import { entries, member } from './maps.ts'
import { nodesOf, poolsOf } from './resolve.ts'
import type { Spec } from './schema.ts'
import { referencesIn } from './secrets.ts'

export type SecretUse = {
  readonly name: string
  readonly keys: readonly (string | number)[]
  /** Empty for who sends messages: the hub, or without one a node. */
  readonly nodes: readonly string[]
}
type Keys = SecretUse['keys']
type Place = { readonly text: string } & Pick<SecretUse, 'keys' | 'nodes'>

export const secretUses = (spec: Spec): readonly SecretUse[] =>
  [...services(spec), ...extras(spec), ...users(spec), ...routers(spec), ...senders(spec)].flatMap(
    ({ text, keys, nodes }) => referencesIn(text).map((name) => ({ name, keys, nodes })),
  )

const services = (spec: Spec): readonly Place[] =>
  entries(spec.services).flatMap(([name, { files, nodes = Object.keys(spec.nodes) }]) =>
    entries(files).flatMap(([path, { lines }]) =>
      lines.map((text, at) => ({
        ...{ text, nodes },
        keys: ['services', name, 'files', path, 'lines', at],
      })),
    ),
  )

function extras(spec: Spec): readonly Place[] {
  const proxies = entries(spec.proxies).map(([name, proxy]) => ({
    ...{ name, pools: poolsOf(proxy), extra: proxy.extra ?? [] },
    nodes: nodesKnown(spec, proxy),
  }))
  const listeners = proxies.flatMap(({ name, extra, nodes }) =>
    extra.map((text, at) => ({ text, nodes, keys: ['proxies', name, 'extra', at] })),
  )
  const behind = entries(spec.pools).flatMap(([name, { extra = [] }]) => {
    const nodes = proxies.flatMap((one) => (one.pools.includes(name) ? one.nodes : []))
    return extra.map((text, at) => ({
      ...{ text, nodes: [...new Set(nodes)] },
      keys: ['pools', name, 'extra', at],
    }))
  })
  return [...listeners, ...behind, ...kept(spec)]
}

/** Lines of sites and of the section verbatim. */
const kept = (spec: Spec): readonly Place[] => [
  ...entries(spec.proxies).flatMap(([name, proxy]) =>
    entries(proxy.sites).flatMap(([site, { lines }]) =>
      lines.map((text, at) => ({
        ...{ text, nodes: nodesKnown(spec, proxy) },
        keys: ['proxies', name, 'sites', site, 'lines', at],
      })),
    ),
  ),
  ...entries(spec.verbatim).flatMap(([name, { lines, nodes = Object.keys(spec.nodes) }]) =>
    lines.map((text, at) => ({
      ...{ text, nodes: nodes.filter((node) => Object.hasOwn(spec.nodes, node)) },
      keys: ['verbatim', name, 'lines', at],
    })),
  ),
]

/** A rule may read a spec whose references lead nowhere. */
const nodesKnown = (spec: Spec, proxy: Parameters<typeof nodesOf>[1]): readonly string[] =>
  nodesOf(spec, proxy).filter((node) => Object.hasOwn(spec.nodes, node))

function users(spec: Spec): readonly Place[] {
  const nodes = entries(spec.proxies).flatMap(([, proxy]) =>
    proxy.engine === 'nginx' ? [] : nodesKnown(spec, proxy),
  )
  return entries(spec.stats?.users).map(([name, { passwordHash }]) => ({
    ...{ text: passwordHash, nodes: [...new Set(nodes)] },
    keys: ['stats', 'users', name, 'passwordHash'],
  }))
}

/** Passwords of vips, and lines for keepalived.conf: of the peers of a vip, or of all that run keepalived. */
function routers(spec: Spec): readonly Place[] {
  const peersOf = (vip: string | undefined) => Object.keys(member(spec.vips, vip)?.peers ?? {})
  const every = [...new Set(Object.keys(spec.vips ?? {}).flatMap(peersOf))]
  const near = ([section, name]: Keys): readonly string[] => {
    if (section === 'vips') return peersOf(String(name))
    return section === 'lvs' ? peersOf(member(spec.lvs, String(name))?.vip) : every
  }
  return [
    ...entries(spec.vips).map(([name, { auth }]) => ({
      ...{ text: auth?.password ?? '', nodes: peersOf(name) },
      keys: ['vips', name, 'auth', 'password'],
    })),
    ...keepalivedLists(spec).flatMap(({ keys, lines }) =>
      lines.map((text, at) => ({ text, nodes: near(keys), keys: [...keys, at] })),
    ),
  ].map((place) => ({ ...place, nodes: place.nodes.filter((n) => Object.hasOwn(spec.nodes, n)) }))
}

function senders({ notify }: Spec): readonly Place[] {
  const at = (text: string | undefined, ...keys: readonly string[]) =>
    text === undefined ? [] : [{ text, nodes: [], keys: ['notify', ...keys] }]
  return [
    ...at(notify?.mail?.passwordFile, 'mail', 'passwordFile'),
    ...entries(notify?.webhooks).flatMap(([name, { urlFile, tokenFile }]) => [
      ...at(urlFile, 'webhooks', name, 'urlFile'),
      ...at(tokenFile, 'webhooks', name, 'tokenFile'),
    ]),
  ]
}
