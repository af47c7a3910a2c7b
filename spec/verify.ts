// What a cluster answers to its clients, as questions that somebody else can ask: each listener, through its vip and at each node. Pure.
import { type Static, Type } from '@sinclair/typebox'
import type { Cluster, ClusterProxy, ClusterRoute } from './cluster.ts'
import { sha256 } from './hash.ts'
import { VERIFY_PROBES_MAX } from './limits.ts'
import { NAME_PATTERN } from './names.ts'

export type Question = {
  readonly how: 'connect' | 'http' | 'https'
  readonly address: string
  readonly port: number
  /** Of the request, and its Host; '' for a connection. */
  readonly path: string
  readonly host: string
}
export type Probe = Question & {
  /** The same for everybody who has the same question in a spec of his own: no address ever travels. */
  readonly key: string
  readonly vip: string
  /** The peer that is asked at its own address; absent: whoever holds the vip. */
  readonly node?: string
  /** 0 for the first question to a listener: when there are too many, the last ones are left out. */
  readonly rank: number
}

/** What came back, by key: 0 nothing, 1 a connection, else the class of the HTTP status (2 for 200). */
export type Answers = ReadonlyMap<string, number>

const Key = Type.String({ pattern: '^[0-9a-f]{12}$' })
export const Keys = Type.Array(Key, {
  minItems: 1,
  maxItems: VERIFY_PROBES_MAX,
  uniqueItems: true,
})
export const AnswerList = Type.Array(
  Type.Object(
    { key: Key, answer: Type.Integer({ minimum: 0, maximum: 5 }) },
    { additionalProperties: false },
  ),
  { maxItems: VERIFY_PROBES_MAX },
)
/** What an asker says. A question that it has in no spec of its own, or cannot ask, is missing. */
export const Asked = Type.Object(
  {
    node: Type.String({ pattern: NAME_PATTERN }),
    /** It reaches the node that wants to know, at its address in the network of the vip. */
    path: Type.Boolean(),
    answers: AnswerList,
  },
  // Open: a newer asker may say more.
  { additionalProperties: true },
)
export type Asked = Static<typeof Asked>

const ROUTES_ASKED_MAX = 6
const NFS_PORT = 2049
const AGENT_PATH = '/hactl-verify'

const known = new WeakMap<Cluster, readonly Probe[]>()

/** Every question of a spec, those of rank 0 first; the same array for the same cluster. */
export function probesOf(cluster: Cluster): readonly Probe[] {
  const found = known.get(cluster) ?? ask(cluster)
  known.set(cluster, found)
  return found
}

function ask(cluster: Cluster): readonly Probe[] {
  const all = [
    ...cluster.proxies.flatMap((proxy) => proxyProbes(cluster, proxy)),
    ...cluster.lvs
      .filter(({ protocol }) => protocol === 'tcp')
      .flatMap(({ vip, port, addresses }) =>
        addresses.map(({ address }) => probe(vip, connectTo(address, port), 0)),
      ),
    ...cluster.exports.flatMap(({ vip }) =>
      cluster.vips
        .filter(({ name }) => name === vip)
        .flatMap(({ name, nets }) =>
          nets.map(({ address }) => probe(name, connectTo(address, NFS_PORT), 0)),
        ),
    ),
  ]
  const once = new Map(all.map((one) => [one.key, one]))
  return [...once.values()].toSorted((a, b) => a.rank - b.rank)
}

const connectTo = (address: string, port: number): Question => ({
  ...{ how: 'connect', address, port, path: '', host: '' },
})

const probe = (vip: string, question: Question, rank: number, node?: string): Probe => ({
  ...question,
  key: sha256(
    [question.how, question.address, question.port, question.path, question.host].join(' '),
  ).slice(0, 12),
  vip,
  rank,
  ...(node === undefined ? {} : { node }),
})

function proxyProbes(cluster: Cluster, proxy: ClusterProxy): readonly Probe[] {
  const vip = cluster.vips.find(({ name }) => name === proxy.vip)
  if (vip === undefined) return []
  const everywhere = proxy.addresses.includes('*')
  const through = vip.nets
    .map(({ address }) => address)
    .filter((address) => everywhere || proxy.addresses.includes(address))
    .flatMap((address) =>
      questionsAt(cluster, proxy, address).map((one, at) => probe(vip.name, one, at)),
    )
  if (!everywhere) return through
  const direct = vip.peers.flatMap(({ node, address }) =>
    questionsAt(cluster, proxy, address).map((one, at) => probe(vip.name, one, at, node)),
  )
  return [...through, ...direct]
}

/** The root, what the spec names, what the pool's servers are checked by, and one request for each route that one can be made up for. */
function questionsAt(cluster: Cluster, proxy: ClusterProxy, address: string): readonly Question[] {
  const { port, pool, routes, mode, tls, verify } = proxy
  if (mode === 'tcp') return [connectTo(address, port)]
  const check = cluster.pools.find(({ name }) => name === pool)?.check
  const literal = address.includes(':') ? `[${address}]` : address
  const host = check?.host ?? literal
  const asks = [
    { path: '/', host },
    ...(verify === undefined ? [] : [{ host, ...verify }]),
    ...(check?.type === 'http' ? [{ path: check.path, host }] : []),
    ...routes.flatMap((route) => requestOf(route, host)).slice(0, ROUTES_ASKED_MAX),
  ]
  const how = tls === undefined ? 'http' : 'https'
  const unique = new Map(asks.map((one) => [`${one.host} ${one.path}`, one]))
  return [...unique.values()].map((one) => ({ how, address, port, ...one }))
}

/** Nothing for conditions that no plain GET can be made up for. */
function requestOf({ when }: ClusterRoute, host: string) {
  const { pathPrefix, pathSuffix, pathRegex, header, method } = when
  if (pathRegex !== undefined || header !== undefined) return []
  if (method !== undefined && !method.includes('GET')) return []
  const path = `${pathPrefix?.[0] ?? (pathSuffix === undefined ? '/' : AGENT_PATH)}${pathSuffix?.[0] ?? ''}`
  return path.startsWith('/') ? [{ path, host: when.host?.[0] ?? host }] : []
}

/** For people: what was asked. */
export const questionText = ({ how, address, port, path, host }: Question): string => {
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}`
  if (how === 'connect') return at
  const named = host === address || host === `[${address}]` ? '' : ` (Host: ${host})`
  return `${how}://${at}${path}${named}`
}

export const answerText = (answer: number): string =>
  answer === 0 ? 'no answer' : answer === 1 ? 'a connection' : `${answer}xx`
