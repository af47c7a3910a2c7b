// Keys that people sign with: found, made and read; what has a passphrase or lies in an agent is left to ssh-keygen.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  EncryptedKey,
  parsePrivateKey,
  parsePublicKey,
  privateKeyText,
  type PublicKey,
  publicLine,
} from '../spec/trust/ssh-key.ts'
import { signer, type SignWith } from '../spec/trust/statement.ts'
import { TrustError } from '../spec/trust/wire.ts'
import { EXIT, Exit, errnoOf, messageOf } from './exit.ts'
import { readText, readTextIfThere, writeText } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut } from './print.ts'

const SIGN_TIMEOUT_MS = 120_000

/** --key, else HACTL_KEY, else ~/.ssh/id_ed25519. */
export function keyPath(io: Io, given: string | undefined): string {
  const home = io.env['HOME'] ?? '/'
  const path = given ?? io.env['HACTL_KEY'] ?? join(home, '.ssh', 'id_ed25519')
  return resolve(io.cwd, path.startsWith('~/') ? join(home, path.slice(2)) : path)
}

const bad = (path: string, error: TrustError): Exit =>
  new Exit(
    EXIT.usage,
    `cannot use the key ${path}: ${error.message}`,
    'hactl key make FILE makes one',
  )

/** A private key in the clear, or the public line of one that only ssh-keygen can use. */
export async function readKey(io: Io, path: string): Promise<SignWith> {
  const text = await readText(io, path)
  try {
    if (text.startsWith('ssh-')) {
      parsePublicKey(text)
      return byProgram(io, path)
    }
    const key = parsePrivateKey(text)
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0)
      throw new Exit(
        EXIT.usage,
        `cannot use the key ${path}: others may read it`,
        `chmod 600 ${path}`,
      )
    return signer(key)
  } catch (error) {
    if (error instanceof EncryptedKey) return byProgram(io, path)
    throw error instanceof TrustError ? bad(path, error) : error
  }
}

/** ssh-keygen asks for the passphrase, or has the ssh-agent sign. */
const byProgram =
  (io: Io, path: string): SignWith =>
  async (namespace, text) => {
    const directory = await mkdtemp(join(tmpdir(), 'hactl-sign-'))
    try {
      const file = join(directory, 'text')
      await writeFile(file, text, { mode: 0o600 })
      await sshKeygen(io, ['-Y', 'sign', '-f', path, '-n', namespace, file])
      return await readFile(`${file}.sig`, 'latin1')
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

/** With this terminal, where it may ask. Throws Exit. */
function sshKeygen(io: Io, args: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn('ssh-keygen', [...args], {
      stdio: ['inherit', 'ignore', 'pipe'],
      signal: io.signal,
      timeout: SIGN_TIMEOUT_MS,
    })
    let said = ''
    child.stderr.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-2_000)
    })
    child.on('error', (error) =>
      fail(
        new Exit(
          EXIT.usage,
          `cannot sign: ${errnoOf(error) === 'ENOENT' ? 'the key has a passphrase, and ssh-keygen is not installed' : messageOf(error)}`,
        ),
      ),
    )
    child.on('close', (code) =>
      code === 0
        ? done()
        : fail(new Exit(EXIT.no, `cannot sign: ssh-keygen says ${said.trim() || `code ${code}`}`)),
    )
  })
}

/** hactl key make */
export async function makeKey(io: Io, file: string, comment: string): Promise<void> {
  const path = resolve(io.cwd, file)
  const text = privateKeyText({
    seed: randomBytes(32),
    check: randomBytes(4).readUInt32BE(),
    comment,
  })
  const { public: made } = parsePrivateKey(text)
  await writeNew(path, text)
  await writeText(io, `${path}.pub`, `${publicLine(made)}\n`)
  if (io.json) jsonOut(io, { ok: true, file: path, ...shown(made) })
  else {
    io.out(`${path} is the private key: keep it from everybody.\n`)
    io.out(`For trust.keys of each agent.json:\n${publicLine(made)}\n`)
  }
}

/** A key is never written over. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await file.close()
  } catch (error) {
    const why =
      errnoOf(error) === 'EEXIST' ? 'it exists; a key is never written over' : messageOf(error)
    throw new Exit(EXIT.usage, `cannot write ${path}: ${why}`, '', error)
  }
}

const shown = (key: PublicKey) => ({ key: publicLine(key), fingerprint: key.fingerprint })

/** The public part of a key file, private or public. */
export async function publicOf(io: Io, path: string): Promise<PublicKey> {
  const text = await readText(io, path)
  try {
    return text.startsWith('ssh-') ? parsePublicKey(text) : parsePrivateKey(text).public
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    // The public part of a key with a passphrase stands beside it.
    const beside = error instanceof EncryptedKey ? await readTextIfThere(`${path}.pub`) : undefined
    if (beside === undefined) throw bad(path, error)
    return parsePublicKey(beside)
  }
}

/** hactl key show, hactl key fingerprint */
export async function showKey(io: Io, file: string | undefined, short: boolean): Promise<void> {
  const key = await publicOf(io, keyPath(io, file))
  if (io.json) jsonOut(io, { ok: true, ...shown(key) })
  else io.out(`${short ? key.fingerprint : publicLine(key)}\n`)
}
