// age (age-encryption.org/v1): the key of this machine, and texts that are encrypted for it. The format is the library's.
import { Secret } from '../../spec/secret.ts'
import { readFileState, writeFileAtomic } from './files.ts'

/** One line each; the first is today's key, those after it still read what was encrypted for them. */
const KEY = /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/
export const KEYS_MAX = 8

export type Identity = {
  /** age1...: what others encrypt for. */
  readonly recipient: string
  /** `text` is base64 of an age file. @throws in words, never with content. */
  decrypt(text: string): Promise<Secret>
}

const library = () => import('age-encryption')

const fileOf = (recipient: string, keys: readonly string[]): string =>
  `# The age key of this machine: hactl decrypts secrets of the spec with it. For root alone.\n# public key: ${recipient}\n${keys.join('\n')}\n`

const keysIn = (text: string): readonly string[] =>
  text.split(/\r?\n/).filter((line) => KEY.test(line))

/** Reads the keys of a file as age-keygen writes it; undefined where there is no file. */
export async function readIdentity(path: string): Promise<Identity | undefined> {
  const file = await readFileState(path)
  if (file === undefined) return undefined
  if ((file.mode & 0o077) !== 0)
    throw new Error(`cannot use the age key ${path}: others may read it; chmod 600 ${path}`)
  return identityOf(keysIn(file.body), path)
}

/** The machine's key, made at the first start. */
export async function openIdentity(path: string): Promise<Identity> {
  return (await readIdentity(path)) ?? addKey(path, [])
}

/** A new key goes first; the ones before it stay for reading, KEYS_MAX in all. */
export async function rotateIdentity(path: string): Promise<Identity> {
  const file = await readFileState(path)
  return addKey(path, keysIn(file?.body ?? ''))
}

async function addKey(path: string, before: readonly string[]): Promise<Identity> {
  const { generateX25519Identity, identityToRecipient } = await library()
  const key = await generateX25519Identity()
  const keys = [key, ...before].slice(0, KEYS_MAX)
  await writeFileAtomic(path, fileOf(await identityToRecipient(key), keys), 0o600)
  return identityOf(keys, path)
}

async function identityOf(keys: readonly string[], path: string): Promise<Identity> {
  const { identityToRecipient } = await library()
  const [first] = keys
  if (first === undefined) throw new Error(`cannot use ${path}: there is no age key in it`)
  return {
    recipient: await identityToRecipient(first),
    decrypt: (text) => decryptWith(keys, text),
  }
}

async function decryptWith(keys: readonly string[], text: string): Promise<Secret> {
  const { Decrypter } = await library()
  const decrypter = new Decrypter()
  for (const key of keys) decrypter.addIdentity(key)
  try {
    return new Secret(await decrypter.decrypt(Buffer.from(text, 'base64'), 'text'))
  } catch (cause) {
    const none = cause instanceof Error && /no identity matched/.test(cause.message)
    const why = none ? 'it is not encrypted for this machine' : 'it is damaged'
    throw new Error(`cannot decrypt it: ${why}`, { cause })
  }
}

/** Base64 of an age file that each of `recipients` can read. @throws for what is no recipient. */
export async function encryptFor(recipients: readonly string[], secret: Secret): Promise<string> {
  const { Encrypter } = await library()
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return Buffer.from(await encrypter.encrypt(secret.reveal())).toString('base64')
}
