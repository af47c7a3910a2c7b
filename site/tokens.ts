// Whose a token is, and until when: the shared ones of the first start and those made since. Pure but for what is passed in.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Secret } from '../spec/secret.ts'
import { NODES_MAX } from '../spec/limits.ts'
import type { TokenInfo } from '../spec/enrol.ts'
import type { Grant, Grants, Tokens } from './token-file.ts'

export type Role = 'viewer' | 'operator' | 'agent' | 'node' | 'join'
export type Who = {
  readonly role: Role
  /** Of the token; stands in revisions and events. */
  readonly name: string
  /** The only node it may speak for. */
  readonly node?: string
  /** Tells two tokens of one name apart, made one after the other. */
  readonly id: string
}
/** Why something was refused, in words. */
type Refused = { readonly refused: string }
type Made = { readonly token: Secret; readonly expiresAt?: number }

export type TokenBook = {
  /** undefined for a token that is unknown, revoked or expired. */
  whoIs(token: string): Who | undefined
  /** Of a browser's cookie: it may be a shared viewer's token or a ticket that only looks. */
  whoLooks(cookie: string): Who | undefined
  /** A cookie that looks and can do nothing else, and dies with the token. */
  cookieFor(who: Who): string
  /** Whether what was admitted with this token may still go on. */
  valid(who: Who): boolean
  /** The node has a token of its own, so a shared one may not speak for it. */
  enrolled(node: string): boolean
  list(): readonly TokenInfo[]
  create(of: {
    readonly role: 'viewer' | 'operator'
    readonly name: string
    readonly ttlMs?: number
    readonly by: string
  }): Made | Refused
  join(of: { readonly node?: string; readonly ttlMs: number; readonly by: string }): Made | Refused
  /** undefined when well. `who` is what whoIs said of a join token. */
  enrol(who: Who, node: string, tokenHash: string): Refused | undefined
  /** undefined when done. */
  revoke(name: string): Refused | undefined
}
export type BookDeps = {
  readonly shared: Tokens
  readonly grants: Grants
  /** Durable before it returns. @throws when it cannot be. */
  readonly save: (grants: Grants) => void
  /** Wall clock. */
  readonly now: () => number
  /** 24 random bytes as base64url. */
  readonly random: () => string
}

const GRANTS_MAX = 2 * NODES_MAX + 1_000
const SHARED = ['operator', 'agent', 'viewer'] as const
const sha256 = (text: string) => createHash('sha256').update(text).digest()
/** Equal or not in a time that tells nothing. */
const same = (a: Buffer, b: Buffer) => a.length === b.length && timingSafeEqual(a, b)
const nameOfNode = (node: string): string => `node-${node}`

const whoOf = (grant: Grant): Who => ({
  role: grant.role,
  name: grant.name,
  id: grant.hash,
  ...('node' in grant && grant.node !== undefined ? { node: grant.node } : {}),
})

const infoOf = ({ name, role, madeAt, expiresAt, by, ...rest }: Grant): TokenInfo => ({
  name,
  role,
  madeAt,
  by,
  ...(expiresAt === undefined ? {} : { expiresAt }),
  ...('node' in rest && rest.node !== undefined ? { node: rest.node } : {}),
})

/** By hash, and by the ticket of a browser. Looked up by what an attacker cannot steer, compared in constant time. */
function createIndex(key: string) {
  const ticket = (hash: string) =>
    createHmac('sha256', key).update(`look ${hash}`).digest('base64url')
  let byHash = new Map<string, Grant>()
  let byTicket = new Map<string, Grant>()
  return {
    ticket,
    use(grants: readonly Grant[]) {
      byHash = new Map(grants.map((grant) => [grant.hash, grant]))
      byTicket = new Map(
        grants
          .filter(({ role }) => role === 'viewer' || role === 'operator')
          .map((grant) => [sha256(ticket(grant.hash)).toString('hex'), grant]),
      )
    },
    find(digest: Buffer): Grant | undefined {
      const grant = byHash.get(digest.toString('hex'))
      return grant !== undefined && same(Buffer.from(grant.hash, 'hex'), digest) ? grant : undefined
    },
    ofHash: (hash: string) => byHash.get(hash),
    ofTicket: (text: string) => byTicket.get(sha256(text).toString('hex')),
  }
}

type Kept = { grants: readonly Grant[]; retired: readonly string[] }

/** Why `name` cannot be taken away, if so: nobody could mend that from afar. */
function lastOperator({ grants, retired }: Kept, name: string): boolean {
  const lasting = grants.filter((g) => g.role === 'operator' && g.expiresAt === undefined)
  const names = [...lasting.map((g) => g.name), 'shared-operator'].filter(
    (one) => !retired.includes(one),
  )
  return names.length === 1 && names[0] === name
}

function enrolInto(kept: Kept, join: Grant, node: string, hash: string, now: number) {
  const { grants } = kept
  if (join.role !== 'join') return { refused: 'cannot enrol: this is no join token' }
  if (join.usedFor !== undefined)
    return join.usedFor === hash && grants.some((g) => g.role === 'node' && g.node === node)
      ? undefined
      : { refused: 'cannot enrol: this join token was used already; make another' }
  if (join.node !== undefined && join.node !== node)
    return { refused: `cannot enrol ${node}: this join token is for ${join.node}` }
  if (grants.some((g) => g.hash === hash)) return { refused: 'cannot enrol: that token is taken' }
  const had = grants.some((g) => g.role === 'node' && g.node === node)
  if (had && join.node === undefined)
    return {
      refused: `cannot enrol ${node}: it has a token already; hactl hub join-token --node ${node} replaces it`,
    }
  const others = grants.filter((g) => g !== join && !(g.role === 'node' && g.node === node))
  const made = { name: nameOfNode(node), role: 'node', node, hash, madeAt: now, by: join.name }
  return [...others, { ...join, usedFor: hash }, { ...made, role: 'node' as const }]
}

/** What is kept, on disk and in memory, and whose a token is by that. */
function createKeeper({ shared, grants, save, now }: BookDeps) {
  const index = createIndex(shared.viewer.reveal())
  let kept: Kept = grants
  index.use(kept.grants)
  const alive = (grant: Grant) => grant.expiresAt === undefined || grant.expiresAt > now()
  const sharedOf = (token: string): Who | undefined => {
    const digest = sha256(token)
    const role = SHARED.filter((r) => same(sha256(shared[r].reveal()), digest))[0]
    const name = `shared-${role}`
    return role === undefined || kept.retired.includes(name) ? undefined : { role, name, id: name }
  }
  return {
    index,
    alive,
    kept: () => kept,
    /** On disk first: what cannot be kept is not said to be so. */
    keep(next: Partial<Kept>) {
      const all = { ...kept, ...next }
      const lasting = all.grants.filter(alive)
      save({ version: 1, grants: [...lasting], retired: [...all.retired] })
      kept = { grants: lasting, retired: all.retired }
      index.use(lasting)
    },
    whoIs(token: string): Who | undefined {
      const grant = index.find(sha256(token))
      const known = sharedOf(token)
      return known ?? (grant !== undefined && alive(grant) ? whoOf(grant) : undefined)
    },
  }
}
type Keeper = ReturnType<typeof createKeeper>

const isShared = (id: string): boolean => SHARED.some((role) => `shared-${role}` === id)

function looks({ index, alive, kept, whoIs }: Keeper, cookie: string): Who | undefined {
  const grant = index.ofTicket(cookie)
  if (grant !== undefined) return alive(grant) ? { ...whoOf(grant), role: 'viewer' } : undefined
  const name = SHARED.map((role) => `shared-${role}`).find((one) =>
    same(Buffer.from(index.ticket(one)), Buffer.from(cookie)),
  )
  if (name !== undefined)
    return kept().retired.includes(name) ? undefined : { role: 'viewer', name, id: name }
  // A token of more power in a cookie only ever reads; see access.ts.
  return whoIs(cookie)
}

/** Used join tokens are kept until their time is over, for the same request again, but are no longer of interest. */
const listed = ({ alive, kept }: Keeper): readonly TokenInfo[] => [
  ...SHARED.filter((role) => !kept().retired.includes(`shared-${role}`)).map((role) => ({
    name: `shared-${role}`,
    role,
    by: '',
  })),
  ...kept()
    .grants.filter(
      (grant) => alive(grant) && !(grant.role === 'join' && grant.usedFor !== undefined),
    )
    .map(infoOf),
]

function revoked({ kept, keep }: Keeper, name: string): Refused | undefined {
  const { grants, retired } = kept()
  if (lastOperator(kept(), name))
    return { refused: `cannot revoke ${name}: it is the last operator's token that lasts` }
  if (isShared(name)) {
    if (!retired.includes(name)) keep({ retired: [...retired, name] })
    return undefined
  }
  const rest = grants.filter((grant) => grant.name !== name)
  if (rest.length === grants.length) return { refused: `cannot find a token ${name}` }
  keep({ grants: rest })
  return undefined
}

export function createTokenBook(deps: BookDeps): TokenBook {
  const { shared, now, random } = deps
  const keeper = createKeeper(deps)
  const { index, alive, kept, keep } = keeper
  const add = (grant: Grant, token: Secret): Made | Refused => {
    if (kept().grants.filter(alive).length >= GRANTS_MAX)
      return { refused: `cannot make a token: there are ${GRANTS_MAX}; revoke some` }
    keep({ grants: [...kept().grants, grant] })
    return { token, ...(grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt }) }
  }
  const newToken = () => {
    const text = random()
    return { token: new Secret(text), hash: sha256(text).toString('hex'), madeAt: now() }
  }
  return {
    whoIs: keeper.whoIs,
    whoLooks: (cookie) => looks(keeper, cookie),
    cookieFor: ({ id }) =>
      isShared(id) && !kept().retired.includes('shared-viewer')
        ? shared.viewer.reveal()
        : index.ticket(id),
    valid({ id }) {
      if (isShared(id)) return !kept().retired.includes(id)
      const grant = index.ofHash(id)
      return grant !== undefined && alive(grant)
    },
    enrolled: (node) => kept().grants.some((g) => g.role === 'node' && g.node === node),
    list: () => listed(keeper),
    create({ role, name, ttlMs, by }) {
      if (/^(?:shared|node|join)-/.test(name))
        return {
          refused: `cannot make ${name}: names that begin with shared-, node- or join- are the hub's`,
        }
      if (kept().grants.some((grant) => grant.name === name && alive(grant)))
        return { refused: `cannot make ${name}: there is one of that name; revoke it first` }
      const { token, hash, madeAt } = newToken()
      const until = ttlMs === undefined ? {} : { expiresAt: madeAt + ttlMs }
      return add({ role, name, hash, madeAt, ...until, by }, token)
    },
    join({ node, ttlMs, by }) {
      const { token, hash, madeAt } = newToken()
      const name = `join-${hash.slice(0, 8)}`
      const only = node === undefined ? {} : { node }
      return add(
        { role: 'join', name, ...only, hash, madeAt, expiresAt: madeAt + ttlMs, by },
        token,
      )
    },
    enrol(who, node, tokenHash) {
      const join = index.ofHash(who.id)
      if (join === undefined || !alive(join)) return { refused: 'cannot enrol: no such join token' }
      const next = enrolInto(kept(), join, node, tokenHash, now())
      if (!Array.isArray(next)) return next
      keep({ grants: next })
      return undefined
    },
    revoke: (name) => revoked(keeper, name),
  }
}
