// The values of this node's secrets: between texts with references, which all of the agent works with, and the files that hold values.
import { createHmac, randomBytes } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Cluster } from '../spec/cluster.ts'
import { SECRET_MASK, Secret } from '../spec/secret.ts'
import { textOf } from './failure.ts'
import {
  filesOf,
  MARK,
  marked,
  markOf,
  marksIn,
  narrowMode,
  neededBy,
  unmarkedIn,
} from './plan/secrets.ts'
import type { Compiled } from './plan/index.ts'
import type { Want, WantFile } from './plan/types.ts'
import type { Host } from './world.ts'

/** 48 bits: enough that another value is seen, and worth nothing without the key. */
const PRINT_DIGITS = 12
const KEY_BYTES = 32
/** A shorter value is found in every second line; who uses one hides nothing. */
const REDACT_CHARS_MIN = 4
/** What the agent reads is more than words for people: a shorter value, a port for one, must not change what a parser sees. */
const SEAL_CHARS_MIN = 8
/** A line of a key or certificate; shorter lines ("-----") are no secret. */
const REDACT_LINE_CHARS_MIN = 16

const Kept = Type.Object(
  {
    key: Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' }),
    /** By mark; of files that are wanted now, and of those that proved to load: the way back needs the values of then. */
    values: Type.Record(Type.String(), Type.String()),
  },
  { additionalProperties: false },
)

/** A secret that this node needs and cannot have: nothing is changed until it can. */
export class Unreadable extends Error {
  override name = 'Unreadable'
}

export type Vault = {
  /**
   * What `compile` makes of the cluster, with the fingerprint of its value at each reference that this node writes.
   * @throws Unreadable when a value that is needed cannot be had, or does not fit where it goes.
   */
  compiled<T extends Compiled>(cluster: Cluster, compile: (cluster: Cluster) => T): Promise<T>
  /** Files that last proved to load, those without a value that is gone left out. */
  usable(good: ReadonlyMap<string, string>): ReadonlyMap<string, string>
  /** Every value that was seen here, taken out: the last defence of texts that leave the node. */
  redact(text: string): string
  /** The host as the agent sees it: values go into files and never come back out of them. */
  sealed<T extends Host>(host: T): T
}

export type VaultDoors = {
  readonly host: Pick<Host, 'read' | 'write'>
  /** What lies at a place of the spec, whole. Throws in words, without the value. */
  readonly read: (place: string) => Promise<Secret>
  /** Bodies that last proved to load. */
  readonly good: () => ReadonlyMap<string, string>
}

/** Reads `<path>`; damaged or gone, it begins anew: fingerprints change then, and files are written once more. */
export async function openVault(path: string, { host, read, good }: VaultDoors): Promise<Vault> {
  const { key, values, save } = await openKept(path, { host, good })
  const texts = createTexts(values)
  const printOf = (name: string, secret: Secret): string =>
    createHmac('sha256', key)
      .update(`${name}\0${secret.reveal()}`)
      .digest('hex')
      .slice(0, PRINT_DIGITS)

  /** Every value that is needed, read anew: one that was changed on this machine is seen by the next pass. */
  const printsOf = async (cluster: Cluster, needed: readonly string[]) => {
    const prints = new Map<string, string>()
    const faults: string[] = []
    for (const name of needed) {
      const from = cluster.secrets.find((one) => one.name === name)?.from
      try {
        if (from === undefined) throw new Error('the spec does not say where it lies')
        const secret = await read(from)
        const print = printOf(name, secret)
        prints.set(name, print)
        values.set(markOf(name, print), secret)
      } catch (thrown) {
        faults.push(`secret ${name}: ${textOf(thrown)}`)
      }
    }
    if (faults.length > 0) throw new Unreadable(faults.join('; '))
    return prints
  }
  const usable = (all: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    new Map([...all].filter(([, body]) => marksOf(body).every((at) => values.has(at))))

  return {
    compiled: async (cluster, compile) => {
      const plain = compile(cluster)
      const needed = neededBy(plain.wants)
      if (needed.length === 0) return plain
      const ready = compile(marked(cluster, await printsOf(cluster, needed)))
      const files = ready.wants.flatMap((want) => filesOf(want).map((file) => ({ want, file })))
      const unfit = files.flatMap(({ want, file }) => [
        ...misfits(want, file, values),
        ...unmarkedIn(file.body).map((name) => `secret ${name} has no value for ${file.path}`),
      ])
      if (unfit.length > 0) throw new Unreadable([...new Set(unfit)].join('; '))
      const bodies = files.map(({ file }) => file.body)
      for (const body of [...bodies, ...usable(good()).values()]) texts.open(body)
      await save(bodies.flatMap(marksOf))
      return ready
    },
    usable,
    redact: texts.redact,
    sealed: (real) => ({
      ...real,
      read: async (at) => {
        const file = await real.read(at)
        return file === undefined ? undefined : { ...file, body: texts.seal(file.body) }
      },
      write: (at, body, mode, gid) => {
        const text = texts.open(body)
        return real.write(at, text, text === body ? mode : narrowMode(mode), gid)
      },
    }),
  }
}

const marksOf = (text: string): readonly string[] =>
  marksIn(text).map(({ name, print }) => markOf(name, print))

/** What a word of a daemon's configuration may be: nothing in it ends the word, the line or a quote, in no engine. */
const WORD = /^(?:[A-Za-z0-9._~+/=@:,-]{1,2048}|\$(?:5|6|2y)\$[A-Za-z0-9./$=]{10,200})$/
/** In keepalived's file $ and ~ begin a definition, @ a condition. */
const KEEPALIVED_WORD = /^[A-Za-z0-9._+/=:,-]{1,2048}$/
const wordOf = (engine: string): RegExp => (engine === 'keepalived' ? KEEPALIVED_WORD : WORD)
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/

/** Values that would break out of their place, in words. */
function misfits(want: Want, { body, path }: WantFile, values: ReadonlyMap<string, Secret>) {
  return body.split('\n').flatMap((line) =>
    marksIn(line).flatMap(({ name, print }) => {
      const text = values.get(markOf(name, print))?.reveal() ?? ''
      const why =
        want.kind === 'daemon' && !wordOf(want.engine).test(text)
          ? 'it has characters other than letters, digits and . _ ~ + / = @ : , -, or one that this program reads otherwise'
          : CONTROL.test(text)
            ? 'it has control characters'
            : text.includes('\n') && line.replace(MARK, '').trim() !== ''
              ? 'it has several lines, and its reference is not a line of its own'
              : undefined
      return why === undefined ? [] : [`secret ${name} does not fit into ${path}: ${why}`]
    }),
  )
}

/** Between texts with marks and texts with values. Every text is sealed to one that opens to it again. */
function createTexts(values: ReadonlyMap<string, Secret>) {
  /** Opened texts to what they were opened from: what we wrote is read back as we meant it, whatever its values look like. */
  const written = new Map<string, string>()
  const WRITTEN_MAX = 200
  const open = (body: string): string => {
    const text = body.replace(MARK, (mark) => {
      const secret = values.get(mark)
      if (secret === undefined)
        throw new Error('cannot write a file: the value of a secret in it is gone')
      return secret.reveal()
    })
    if (text !== body) {
      if (written.size >= WRITTEN_MAX) written.clear()
      written.set(text, body)
    }
    return text
  }
  return {
    open,
    seal: (text: string): string => {
      const known = written.get(text)
      if (known !== undefined) return known
      let sealed = text
      for (const [mark, secret] of values) {
        const value = secret.reveal()
        if (value.length >= SEAL_CHARS_MIN) sealed = sealed.replaceAll(value, () => mark)
      }
      return sealed
    },
    redact: (text: string): string => {
      let clean = text
      for (const secret of values.values())
        for (const form of formsOf(secret)) clean = clean.replaceAll(form, SECRET_MASK)
      return clean
    },
  }
}

/** As programs may repeat it: by lines, as base64, in JSON, in a URL. Longest first, so that none leaves a piece of another. */
function formsOf(secret: Secret): readonly string[] {
  const value = secret.reveal()
  const lines = value.split('\n').filter((line) => line.length >= REDACT_LINE_CHARS_MIN)
  return [
    ...new Set([
      value,
      Buffer.from(value).toString('base64'),
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      ...lines,
    ]),
  ]
    .filter((form) => form.length >= REDACT_CHARS_MIN)
    .sort((a, b) => b.length - a.length)
}

/** The file: what it holds is what is needed now and for the way back, and no more. */
async function openKept(path: string, { host, good }: Pick<VaultDoors, 'host' | 'good'>) {
  const kept = await readKept(host, path)
  const values = new Map(Object.entries(kept.values).map(([at, text]) => [at, new Secret(text)]))
  let saved = JSON.stringify(kept)
  const save = async (wanted: readonly string[]): Promise<void> => {
    const needed = new Set([...wanted, ...[...good().values()].flatMap(marksOf)])
    const next: Static<typeof Kept> = {
      key: kept.key,
      values: Object.fromEntries(
        [...values].filter(([at]) => needed.has(at)).map(([at, secret]) => [at, secret.reveal()]),
      ),
    }
    const text = JSON.stringify(next)
    if (text === saved) return
    await host.write(path, `${text}\n`, 0o600)
    saved = text
  }
  return { key: Buffer.from(kept.key, 'base64'), values, save }
}

async function readKept(host: Pick<Host, 'read'>, path: string): Promise<Static<typeof Kept>> {
  const file = await host.read(path)
  try {
    const value: unknown = JSON.parse(file?.body ?? 'null')
    if (Value.Check(Kept, value)) return value
  } catch {
    // Half a file: as one that is gone.
  }
  return { key: randomBytes(KEY_BYTES).toString('base64'), values: {} }
}
