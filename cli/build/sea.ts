// Puts the bundle into a copy of the base node: usage sea.ts <bundle.cjs> <base node> <output> <x64|arm64>, run by make.ts as a child.
// It calls pkg's own SEA code, because pkg's command line forwards neither seaConfig nor a local base.
// make.ts gives a private TMPDIR: pkg's generator works in $TMPDIR/pkg-sea-XXXXXX, so the relative `main`
// is the same text on every machine; an absolute one would stand in the blob and differ by directory.
import { createRequire } from 'node:module'
import { copyFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const require = createRequire(import.meta.url)
const childProcess = require('node:child_process')

/**
 * The V8 code cache is salted by a random hash seed; with a fixed one two builds are equal. The flag is not
 * allowed in NODE_OPTIONS, so it is added where pkg starts the generator.
 */
function fixSeed(): void {
  const { execFile } = childProcess
  const seeded = (args: readonly string[]) =>
    args[0] === '--experimental-sea-config' ? ['--random-seed=42', ...args] : args
  const wrapped = (file: string, args: readonly string[], ...rest: unknown[]) =>
    execFile(file, seeded(args), ...rest)
  const original = promisify(execFile)
  Object.defineProperty(wrapped, promisify.custom, {
    value: (file: string, args: readonly string[], ...rest: readonly unknown[]) =>
      Reflect.apply(original, undefined, [file, seeded(args), ...rest]),
  })
  childProcess.execFile = wrapped
}

const [bundle = '', base = '', output = '', arch = 'x64'] = process.argv.slice(2)
const own = arch === 'x64'
fixSeed()
copyFileSync(bundle, join(tmpdir(), 'hactl.cjs'))
// Loaded after fixSeed: the module promisifies execFile when it is loaded.
const { default: sea } = require('@yao-pkg/pkg/lib-es5/sea')
await sea(bundle, {
  // pkg would run a base given here; that of another architecture lies in its cache instead.
  nodePath: own ? resolve(base) : undefined,
  signature: false,
  targets: [
    // Absolute output: a relative one would land in pkg's temporary directory and vanish.
    {
      nodeRange: `node${process.versions.node}`,
      platform: 'linux',
      arch,
      output: resolve(output),
    },
  ],
  seaConfig: {
    main: '../hactl.cjs',
    disableExperimentalSEAWarning: true,
    // The cache belongs to the processor that made it.
    useCodeCache: own,
    // A small young generation keeps an idle agent small; SIGUSR1 must never open an inspector;
    // no extension: NODE_OPTIONS of the environment cannot load foreign code into the agent.
    execArgv: ['--max-semi-space-size=1', '--disable-sigusr1'],
    execArgvExtension: 'none',
  },
})
