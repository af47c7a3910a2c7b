// Packages of any Debian release through the mirror that this machine uses, with a private state of apt.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from '../error.ts'
import { must } from '../process.ts'

export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const DOWNLOAD_TIMEOUT_MS = 300_000

const step = (doing: string, argv: readonly string[], timeoutMs = DOWNLOAD_TIMEOUT_MS) =>
  must('', doing, argv, { timeoutMs })

/** The mirror this machine uses for Debian itself. Throws LabError when it uses none. */
export async function mirrorOf(): Promise<string> {
  const format = '$(LABEL) $(SITE)'
  const text = await step('ask apt for its mirror', [
    'apt-get',
    'indextargets',
    '--format',
    format,
    'Created-By: Packages',
  ])
  const site = text
    .split('\n')
    .find((line) => line.startsWith('Debian '))
    ?.slice('Debian '.length)
  if (site === undefined || site === '')
    throw new LabError(
      'cannot find a Debian mirror: apt has no package list of one',
      'apt-get update',
    )
  return site
}

/** apt-get of any suite of the mirror, with lists and cache of its own. */
export function aptOf(work: string, mirror: string) {
  return async (suite: string, ...args: readonly string[]): Promise<void> => {
    const home = join(work, `apt-${suite}`)
    const argv = [
      ...[
        'apt-get',
        '-qq',
        '-o',
        `Dir::Etc::sourcelist=${home}/sources.list`,
        '-o',
        'Dir::Etc::sourceparts=/dev/null',
      ],
      ...[
        '-o',
        `Dir::State=${home}/state`,
        '-o',
        'Dir::State::status=/dev/null',
        '-o',
        `Dir::Cache=${home}/cache`,
      ],
      ...['-o', 'Acquire::Languages=none', '-o', 'APT::Sandbox::User=root'],
    ]
    if (!existsSync(home)) {
      mkdirSync(join(home, 'state/lists/partial'), { recursive: true })
      mkdirSync(join(home, 'cache/archives/partial'), { recursive: true })
      // A mirror may lag behind the rolling suite's Valid-Until; signatures are checked all the same.
      const source = `deb [signed-by=${KEYRING} check-valid-until=no] ${mirror} ${suite} main\n`
      writeFileSync(join(home, 'sources.list'), source)
      await step(`read the package lists of ${suite}`, [...argv, 'update'], DOWNLOAD_TIMEOUT_MS)
    }
    const inFolder = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'in', work]
    await step(
      `fetch ${args.slice(1).join(', ')}`,
      [...inFolder, ...argv, ...args],
      DOWNLOAD_TIMEOUT_MS,
    )
  }
}

/** Unpacks the package that apt-get download left in `work`; the folder with its files. */
export async function unpack(work: string, name: string): Promise<string> {
  const file = readdirSync(work).find((f) => f.startsWith(`${name}_`))
  if (file === undefined) throw new LabError(`cannot find the package ${name} that was fetched`)
  const to = join(work, `x-${name}`)
  await step(`unpack ${name}`, ['dpkg-deb', '-x', join(work, file), to])
  return to
}
