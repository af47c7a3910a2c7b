// The secret that git servers share with this hub; made at the first start, or put there by the operator.
import { Secret } from '../spec/secret.ts'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LENGTH_MIN = 16

/**
 * Reads <state>/hook-secret, or makes it (mode 0600) when absent.
 * @throws when it is too short to keep anybody out.
 */
export function loadHookSecret(state: string): Secret {
  const path = join(state, 'hook-secret')
  if (!existsSync(path))
    writeFileSync(path, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length < LENGTH_MIN)
    throw new Error(
      `cannot use ${path}: at least ${LENGTH_MIN} characters; remove it to make a new one`,
    )
  return new Secret(secret)
}
