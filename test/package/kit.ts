// Packages made quickly (hardly compressed) from the built executable, and a bookworm tree to install them into.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after } from 'node:test'
import { execa } from 'execa'
import { ownBase } from '../../cli/build/base.ts'
import { changelogText, parseChangelog } from '../../cli/build/changelog.ts'
import { contents } from '../../cli/build/contents.ts'
import { makeDeb } from '../../cli/build/deb.ts'
import { makeRpm } from '../../cli/build/rpm.ts'

export const root = resolve(import.meta.dirname, '../..')
export const binary = join(root, 'dist/hactl')
const TOOL_TIMEOUT_MS = 120_000
const BOOTSTRAP_TIMEOUT_MS = 300_000

/** A directory that goes when the test file ends. */
export function workDirectory(name: string): string {
  const work = mkdtempSync(join(tmpdir(), `hactl-${name}-`))
  after(() => rmSync(work, { recursive: true, force: true }))
  return work
}

/** Why a test that needs these programs and root is skipped; false when it is not. */
export function lacks(...programs: readonly string[]): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = programs.filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  if (missing.length > 0) return `needs ${missing.join(', ')}`
  return existsSync(binary) ? false : 'needs dist/hactl: npm run build'
}

/** Parts that take minutes run where they are asked for. */
export const releaseOnly = (): string | false =>
  process.env['HACTL_RELEASE'] === '1' ? false : 'minutes long: set HACTL_RELEASE=1'

const entry = () => {
  const [first] = parseChangelog(changelogText())
  if (first === undefined) throw new Error('no changelog')
  return first
}

export async function quickDeb(version: string, out: string): Promise<void> {
  const node = ownBase().path
  const files = contents({ root, kind: 'deb', el7: false, binary, node, version })
  const { at, by } = entry()
  const common = { files, binary, version, maintainer: by, quick: true, out } as const
  await makeDeb({ ...common, arch: 'amd64', atMs: at })
}

export async function quickRpm(
  version: string,
  out: string,
  el7?: { readonly executable: string },
): Promise<void> {
  const node = ownBase().path
  const program = el7?.executable ?? binary
  const files = contents({
    root,
    kind: 'rpm',
    el7: el7 !== undefined,
    binary: program,
    node,
    version,
  })
  const common = { files, version, quick: true, out, atMs: entry().at } as const
  await makeRpm({ ...common, arch: 'x86_64', el7: el7 !== undefined })
}

/** A bookworm tree, bootstrapped once into .cache and unpacked for each caller. */
async function unpackTree(to: string): Promise<void> {
  const cache = join(root, '.cache/package')
  const tar = join(cache, 'bookworm-1.tar')
  if (!existsSync(tar)) {
    mkdirSync(cache, { recursive: true })
    const site = execFileSync(
      'apt-get',
      ['indextargets', '--format', '$(SITE)', 'Created-By: Packages', 'Codename: bookworm'],
      { encoding: 'utf8' },
    )
    const mirror = site.split('\n').find((line) => line !== '' && !line.includes('security')) ?? ''
    const fresh = `${tar}.new.tar`
    const include = '--include=libstdc++6,passwd'
    const args = ['--mode=root', '--variant=essential', include, 'bookworm', fresh, mirror]
    await execa('mmdebstrap', args, { timeout: BOOTSTRAP_TIMEOUT_MS })
    renameSync(fresh, tar)
  }
  mkdirSync(to, { recursive: true })
  await execa('tar', ['-xf', tar, '-C', to], { timeout: TOOL_TIMEOUT_MS })
}

// Writes down what it is told and does nothing; `is-active` answers from a file, as scriptlets ask it.
const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*" >> /calls
case " $* " in
*" is-enabled "*) echo enabled ;;
*" is-active "*) for unit; do :; done; grep -qx "$unit" /active 2>/dev/null ;;
esac
`

const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
}

export type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

export type Tree = {
  readonly path: string
  /** Runs a program inside, with /proc of its own; fails on a bad exit unless told otherwise. */
  run(argv: readonly string[], reject?: boolean): Promise<Ran>
  /** What systemctl was told since the last call, `daemon-reload` and questions left out. */
  calls(): readonly string[]
  write(path: string, text: string, mode?: number): void
  read(path: string): string
  has(path: string): boolean
}

/** systemd seems to run in it (sd_booted(3)), and systemctl only writes down what it is told. */
export async function makeTree(path: string): Promise<Tree> {
  await unpackTree(path)
  const tree: Tree = {
    path,
    run: async (argv, reject = true) => {
      const inside = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
      const result = await execa('unshare', ['-m', 'sh', '-c', inside, path, ...argv], {
        reject,
        timeout: TOOL_TIMEOUT_MS,
        extendEnv: false,
        env: ENVIRONMENT,
      })
      const { exitCode = -1, stdout = '', stderr = '' } = result
      return { exitCode, stdout, stderr }
    },
    calls: () => {
      const said = tree.has('/calls') ? tree.read('/calls').trim().split('\n') : []
      rmSync(join(path, 'calls'), { force: true })
      return said.filter((line) => !/ (?:daemon-reload|is-active|is-enabled|show)\b/.test(line))
    },
    write: (file, text, mode = 0o644) => {
      mkdirSync(join(path, file, '..'), { recursive: true })
      writeFileSync(join(path, file), text)
      chmodSync(join(path, file), mode)
    },
    read: (file) => readFileSync(join(path, file), 'utf8'),
    has: (file) => existsSync(join(path, file)),
  }
  mkdirSync(join(path, 'run/systemd/system'), { recursive: true })
  tree.write('/usr/bin/systemctl', SYSTEMCTL, 0o755)
  return tree
}

/** Files of the data plane as the agent leaves them: no package may touch one. */
export const DATA_PLANE: Readonly<Record<string, string>> = {
  '/etc/haproxy/haproxy.cfg': 'frontend web\n',
  '/etc/keepalived/keepalived.conf': 'vrrp_instance web {\n}\n',
  '/etc/systemd/system/haproxy.service.d/50-hactl.conf': '[Service]\nRestart=always\n',
}

export function assertDataPlane(
  tree: Tree,
  equal: (actual: string, expected: string) => void,
): void {
  for (const [path, text] of Object.entries(DATA_PLANE)) equal(tree.read(path), text)
}
