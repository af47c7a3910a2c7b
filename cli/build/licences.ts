// Licence texts of all that is inside the executable: node (with V8, OpenSSL and the rest) and the bundled libraries.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

type Locked = { readonly dev?: boolean; readonly license?: string; readonly version?: string }

/** One text, in the order of the lock file. @throws when a library has no licence file */
export function thirdPartyLicences(root: string, node: string): string {
  const lock: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  )
  const bundled = Object.entries(lock.packages).filter(([path, one]) => path !== '' && !one.dev)
  const parts = bundled.map(([path, one]) => {
    const file = readdirSync(join(root, path)).find((name) => /^licen[cs]e/i.test(name))
    if (file === undefined) throw new Error(`cannot find the licence of ${path}`)
    const name = path.replace(/^.*node_modules\//, '')
    return titled(`${name} ${one.version ?? ''} (${one.license ?? ''})`, join(root, path, file))
  })
  return [titled('Node.js', join(node, '../../LICENSE')), ...parts].join('\n')
}

const titled = (title: string, file: string): string =>
  `${'='.repeat(72)}\n${title}\n${'='.repeat(72)}\n\n${readFileSync(file, 'utf8').trimEnd()}\n`
