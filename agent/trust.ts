// Trust: a node whose configuration names keys takes what those keys signed for its cluster, and never an older one.
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { checkSpec } from '../spec/check.ts'
import type { Cluster } from '../spec/cluster.ts'
import { sha256 } from '../spec/hash.ts'
import { SERIAL_MAX, SPEC_BYTES_MAX } from '../spec/limits.ts'
import type { PublicKey } from '../spec/trust/ssh-key.ts'
import { allowSigner, isOneOf, specSigner } from '../spec/trust/statement.ts'
import { TrustError } from '../spec/trust/wire.ts'
import type { Memory } from './memory.ts'
import type { Fetched, Host } from './world.ts'

export type TrustPolicy = {
  readonly cluster: string
  readonly keys: readonly PublicKey[]
  /** Lowest serial that is taken, whatever this node remembers. */
  readonly serialMin?: number
}

/** The newest spec that was taken: its serial and the sha256 of its text. */
const Newest = Type.Object(
  {
    serial: Type.Integer({ minimum: 0, maximum: SERIAL_MAX }),
    text: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  // Open: what a newer agent says beside it must not make an older one forget where it stands.
  { additionalProperties: true },
)
type Newest = Static<typeof Newest>

export type Trust = {
  /** Why the text may not even be read; undefined when one of the keys signed it. */
  unsigned(fetched: Fetched): string | undefined
  /** Why a signed spec is not to be taken; undefined when it is for this cluster and not older. */
  unfit(cluster: Cluster, body: string): string | undefined
  /** Those overrides that one of the keys signed for this very spec. */
  allowed(cluster: Cluster, fetched: Fetched): readonly string[]
  /** Durable before it returns. */
  record(cluster: Cluster, body: string): Promise<void>
  /** This very text is the newest that was taken. */
  covers(body: string): boolean
  /** Said until a signed spec comes: why the wanted spec on this node is not acted by; '' when it is. */
  doubt(): string
}

type Known =
  | { readonly is: 'recorded' | 'inferred'; readonly newest: Newest }
  | { readonly is: 'fresh' }
  | { readonly is: 'lost'; readonly why: string }

export const trustPath = (directory: string): string => `${directory}/trust.json`

/**
 * What was lost is never guessed in the attacker's favour: with a damaged record the serial of the wanted spec on disk
 * holds; where that is gone too, nothing is taken until `trust.serialMin` says from where on.
 */
export async function openTrust(host: Host, memory: Memory, policy: TrustPolicy): Promise<Trust> {
  const path = trustPath(memory.directory)
  let known = await recall(host, path, memory)
  const covers = (body: string) => known.is === 'recorded' && known.newest.text === sha256(body)
  return {
    unsigned: (fetched) => unsigned(policy, fetched),
    unfit: (cluster, body) => unfit(policy, known, cluster, body),
    allowed: (cluster, { allow, signature = '' }) => {
      if (allow.length === 0) return []
      const { name, serial = 0 } = cluster
      const who = allowSigner(signature, { cluster: name, serial, allow })
      return who !== undefined && isOneOf(who, policy.keys) ? allow : []
    },
    record: async ({ serial = 0 }, body) => {
      const newest = { serial, text: sha256(body) }
      await host.write(path, `${JSON.stringify(newest)}\n`, 0o600)
      known = { is: 'recorded', newest }
    },
    covers,
    doubt: () => {
      const wanted = memory.spec('wanted')
      return wanted === undefined || covers(wanted)
        ? ''
        : 'the wanted spec on this node was not taken by its signature: the node stays at what it proved until a signed one comes'
    },
  }
}

async function recall(host: Host, path: string, memory: Memory): Promise<Known> {
  const file = await host.read(path)
  if (file !== undefined) {
    const newest = newestOf(file.body)
    if (newest !== undefined) return { is: 'recorded', newest }
  }
  const wanted = memory.spec('wanted')
  const spec = wanted === undefined ? undefined : checkSpec(wanted).spec
  if (wanted !== undefined && spec !== undefined)
    return { is: 'inferred', newest: { serial: spec.serial ?? 0, text: sha256(wanted) } }
  const lived =
    wanted !== undefined || memory.damaged.length > 0 || memory.meta().wantedDigest !== ''
  if (file === undefined && !lived) return { is: 'fresh' }
  const what = file === undefined ? 'its state is damaged' : `${path} is damaged`
  return { is: 'lost', why: `${what}, and the wanted spec beside it cannot be read` }
}

function newestOf(text: string): Newest | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(Newest, value) ? value : undefined
  } catch {
    return undefined
  }
}

function unsigned({ keys }: TrustPolicy, { body, signature }: Fetched): string | undefined {
  const no = (why: string) => `the source offers a spec that this node does not trust: ${why}`
  if (Buffer.byteLength(body) > SPEC_BYTES_MAX) return no(`it has over ${SPEC_BYTES_MAX} bytes`)
  if (signature === undefined || signature === '') return no('it is not signed')
  try {
    const who = specSigner(signature, body)
    if (isOneOf(who, keys)) return undefined
    return no(`it is signed by ${who.fingerprint}, which is none of trust.keys`)
  } catch (error) {
    if (error instanceof TrustError) return no(error.message)
    throw error
  }
}

function unfit(policy: TrustPolicy, known: Known, cluster: Cluster, body: string) {
  const no = (why: string) => `the source offers a signed spec that is not for now: ${why}`
  const { name, serial } = cluster
  if (name !== policy.cluster)
    return no(`it is of cluster ${name}, this node is of ${policy.cluster}`)
  if (serial === undefined) return no('it has no serial; hactl sign gives it one')
  const { serialMin } = policy
  if (serialMin !== undefined && serial < serialMin)
    return no(`its serial ${serial} is below trust.serialMin ${serialMin}`)
  if (known.is === 'fresh') return undefined
  if (known.is === 'lost')
    return serialMin === undefined
      ? no(`${known.why}, so that its age cannot be told; set trust.serialMin in agent.json`)
      : undefined
  const { newest } = known
  if (serial < newest.serial)
    return no(`its serial ${serial} is older than ${newest.serial}, which this node has taken`)
  if (serial === newest.serial && newest.text !== sha256(body))
    return no(`its serial ${serial} was taken with another text`)
  return undefined
}
