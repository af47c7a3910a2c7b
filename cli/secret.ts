// What `hactl secret` does: age-encrypted values in a spec, and the keys they are encrypted for.
import { resolve } from 'node:path'
import { applyEdits, type JSONPath, modify } from 'jsonc-parser'
import { encryptFor, type Identity, readIdentity } from '../agent/host/age.ts'
import { agePath } from '../agent/secrets.ts'
import { checkSpec } from '../spec/check.ts'
import { entries, member } from '../spec/maps.ts'
import { NAME_PATTERN } from '../spec/names.ts'
import { STATE_PATH } from './age-key.ts'
import type { Spec } from '../spec/schema.ts'
import { Secret } from '../spec/secret.ts'
import { secretUses } from '../spec/secret-uses.ts'
import type { ReencryptFlags, EncryptFlags } from './commands/secret.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import { readText, writeText } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut, plural, table } from './print.ts'
import { type Keys, keysFor, type Wanted } from './secret-keys.ts'
import { invalid } from './spec-text.ts'

/** Also of a spec that refers to a secret it does not have yet. */
async function readable(io: Io, file: string): Promise<{ text: string; spec: Spec }> {
  if (file === '-')
    throw new Exit(EXIT.usage, 'cannot write standard input', 'name the file of the spec')
  const text = await readText(io, file)
  const { spec, diagnostics } = checkSpec(text)
  if (spec === undefined) throw invalid(io, file, text, diagnostics)
  return { text, spec }
}

/** Who needs it: the nodes that write it; of a message's login every machine that may send. */
function usersOf(spec: Spec, name: string): Wanted {
  const uses = secretUses(spec).filter((use) => use.name === name)
  const every = Object.keys(spec.nodes)
  const sent = uses.some((use) => use.keys[0] === 'notify')
  const nodes = uses.length === 0 || sent ? every : uses.flatMap((use) => use.nodes)
  return { nodes: [...new Set(nodes)].sort(), hub: sent && spec.hub !== undefined }
}

const put = (text: string, path: JSONPath, value: unknown): string =>
  applyEdits(
    text,
    modify(text, path, value, { formattingOptions: { insertSpaces: true, tabSize: 2 } }),
  )

type Entry = {
  readonly name: string
  readonly secret: Secret
  readonly persons: readonly string[]
} & Wanted
async function written(text: string, { name, secret, nodes, hub, persons }: Entry, keys: Keys) {
  const machines = keys.of({ nodes, hub })
  const from = await encryptFor([...machines, ...persons], secret).catch((error: unknown) => {
    throw new Exit(
      EXIT.usage,
      `cannot encrypt ${name}: ${messageOf(error)}`,
      'a recipient is age1...',
    )
  })
  const entry = {
    from: `age:${from}`,
    nodes,
    ...(persons.length === 0 ? {} : { recipients: persons }),
  }
  return put(text, ['secrets', name], entry)
}

/** Keys that the hub told stand in the spec from now on: reviewed, signed, and compared the next time. */
const pinned = (text: string, keys: Keys): string =>
  keys.fresh.reduce((all, { at, recipient }) => put(all, [...at, 'recipient'], recipient), text)

export async function encrypt(
  io: Io,
  file: string,
  name: string,
  flags: EncryptFlags,
): Promise<void> {
  if (!new RegExp(NAME_PATTERN).test(name))
    throw new Exit(EXIT.usage, `cannot call a secret ${name}`, 'expected a-z, 0-9 and -')
  const { text, spec } = await readable(io, file)
  const use = usersOf(spec, name)
  const nodes = [...new Set(flags.node ?? use.nodes)].sort()
  const hub = use.hub && flags.node === undefined
  const keys = await keysFor(io, spec, { nodes, hub }, flags)
  const persons = [
    ...new Set([...(member(spec.secrets, name)?.recipients ?? []), ...(flags.recipient ?? [])]),
  ]
  const secret = await givenValue(io, flags.valueFile)
  const next = pinned(await written(text, { name, secret, nodes, hub, persons }, keys), keys)
  await save(io, file, next)
  said(io, { names: [name], nodes, persons, keys })
}

async function givenValue(io: Io, file: string | undefined): Promise<Secret> {
  const text = (file === undefined ? await io.stdin() : await readText(io, file)).replace(/\n$/, '')
  if (text === '')
    throw new Exit(EXIT.usage, 'cannot encrypt nothing', 'pipe the value in, or name --value-file')
  return new Secret(text)
}

/** Checked before it is written: a spec that was good stays one. */
async function save(io: Io, file: string, text: string): Promise<void> {
  const { spec, diagnostics } = checkSpec(text)
  if (spec === undefined) throw invalid(io, file, text, diagnostics)
  await writeText(io, file, text)
}

export async function reencrypt(io: Io, file: string, flags: ReencryptFlags): Promise<void> {
  const { text, spec } = await readable(io, file)
  const path = resolve(io.cwd, flags.identity ?? agePath(STATE_PATH))
  const identity = await openKey(path)
  const ours = entries(spec.secrets).filter(([, { from }]) => from.startsWith('age:'))
  if (ours.length === 0) throw new Exit(EXIT.no, `nothing in ${file} is encrypted`)
  const uses = ours.map(([name, entry]) => ({ name, entry, ...usersOf(spec, name) }))
  const nodes = [...new Set(uses.flatMap((use) => use.nodes))].sort()
  const hub = uses.some((use) => use.hub)
  const keys = await keysFor(io, spec, { nodes, hub }, flags)
  let next = text
  const persons = new Set<string>()
  for (const { name, entry, ...wanted } of uses) {
    const secret = await identity
      .decrypt(entry.from.slice('age:'.length))
      .catch((error: unknown) => {
        const hint = 'use --identity, or hactl secret encrypt with the value again'
        throw new Exit(EXIT.no, `cannot read ${name} with ${path}: ${messageOf(error)}`, hint)
      })
    const readers = [...new Set([...(entry.recipients ?? []), ...(flags.recipient ?? [])])]
    for (const person of readers) persons.add(person)
    next = await written(next, { name, secret, ...wanted, persons: readers }, keys)
  }
  await save(io, file, pinned(next, keys))
  said(io, { names: uses.map(({ name }) => name), nodes, persons: [...persons], keys })
}

async function openKey(path: string): Promise<Identity> {
  const hint = 'give --identity FILE, as age-keygen writes it'
  const identity = await readIdentity(path).catch((error: unknown) => {
    throw new Exit(EXIT.usage, messageOf(error), hint)
  })
  if (identity === undefined) throw new Exit(EXIT.usage, `cannot find an age key at ${path}`, hint)
  return identity
}

type Done = {
  readonly names: readonly string[]
  readonly nodes: readonly string[]
  readonly persons: readonly string[]
  readonly keys: Keys
}
function said(io: Io, { names, nodes, persons, keys }: Done): void {
  if (io.json) {
    jsonOut(io, { ok: true, secrets: names, nodes, recipients: persons, new: keys.fresh })
    return
  }
  const who = persons.length === 0 ? '' : ` and ${plural(persons.length, 'person')}`
  io.out(
    `${names.join(', ')}: encrypted for ${nodes.join(', ')}${keys.hub ? ', the hub' : ''}${who}\n`,
  )
  for (const { at, recipient } of keys.fresh)
    io.out(
      `new in the spec: ${at.join('.')}.recipient ${recipient}; hactl key age shows it there\n`,
    )
}

export async function listSecrets(io: Io, file: string): Promise<void> {
  const { spec } = await readable(io, file)
  const all = entries(spec.secrets).map(([name, { from, nodes }]) => ({
    name,
    from: from.startsWith('age:') ? 'age' : from,
    ...(nodes === undefined ? {} : { nodes }),
    usedBy: secretUses(spec)
      .filter((use) => use.name === name)
      .map((use) => use.keys.slice(0, 2).join('.')),
  }))
  if (io.json) return jsonOut(io, { ok: true, secrets: all })
  io.out(
    table(
      all.map(({ name, from, nodes, usedBy }) => [
        name,
        nodes === undefined ? from : `${from} for ${nodes.join(', ')}`,
        [...new Set(usedBy)].join(', ') || '(nothing)',
      ]),
    ),
  )
}
