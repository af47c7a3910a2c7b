// All sources as one script: the form that is put into the base node.
import { build, type Plugin } from 'esbuild'
import { CODES } from '../codes.ts'

const BUNDLE_TIMEOUT_MS = 60_000

/** One CommonJS file: the form that runs inside a SEA. Dynamic imports are inlined and stay lazy. */
export async function bundle(
  root: string,
  entry: string,
  to: string,
  version: string,
): Promise<void> {
  const done = build({
    entryPoints: [entry],
    outfile: to,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    // jsonc-parser's main is UMD, whose require no bundler follows.
    mainFields: ['module', 'main'],
    target: 'node24',
    format: 'cjs',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.html': 'text', '.css': 'text', '.client.js': 'text' },
    plugins: [codes],
    define: { __VERSION__: JSON.stringify(version) },
  })
  const late = AbortSignal.timeout(BUNDLE_TIMEOUT_MS)
  const timeout = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('cannot bundle: esbuild does not end')))
  })
  await Promise.race([done, timeout])
}

/** The single file has no READMEs beside it: what codes.ts reads from them goes in as it is now. */
const codes: Plugin = {
  name: 'codes',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]cli[\\/]codes\.ts$/ }, () => ({
      contents: `export const CODES = ${JSON.stringify(CODES)}`,
    }))
  },
}
