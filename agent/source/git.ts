// A spec from a git repository: the newest commit of a branch or tag, and whether it goes on from the last one.
import { ALLOW_TRAILER, SPEC_BYTES_MAX } from '../../spec/limits.ts'
import type { Fetched, Git, GitAnswer, Source } from '../world.ts'
import { SourceRefusal } from './refusal.ts'

export type GitSourceOptions = {
  readonly url: string
  /** 'HEAD', 'refs/heads/main' or 'refs/tags/live'. */
  readonly ref: string
  readonly path: string
  readonly git: Git
  /** The last commit that was taken from `from`; undefined when none was. */
  readonly base: (from: string) => string | undefined
  /** A commit that is taken whatever it descends from; asked at each look, for a person may say it while the agent runs. */
  readonly force?: () => Promise<string | undefined>
  /** One conversation with the remote; there are up to four. */
  readonly timeoutMs: number
}

const REMOTE_REFS_BYTES_MAX = 64 * 1024
const LOCAL_TIMEOUT_MS = 10_000
/** A detached signature is some hundred bytes. */
const SIGNATURE_BYTES_MAX = 64 * 1024
const AUTHOR_LENGTH_MAX = 100
/** Commits looked back for the last one that was taken. More were never pushed between two looks. */
const DEPTHS = [50, 1_000]
/** Older ones know no partial fetch; CentOS 7 has 1.8.3. */
const FILTER_SINCE = [2, 20] as const
const ALLOW = /^[a-z-]{1,20}$/
const ALLOW_MAX = 8
const OUR_REF = 'refs/hactl/wanted'

type Work = GitSourceOptions & {
  readonly signal: AbortSignal
  readonly filters: boolean
  readonly forced: string | undefined
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
const plain = (words: string): string => words.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()

/** What git says, in one line of the operator's words. Pure; exported for its test. */
export function reasonOf({ code, stderr }: Pick<GitAnswer, 'code' | 'stderr'>): string {
  if (/File size limit|File too large|signal 25\b|index-pack.*signal/i.test(stderr))
    return 'what the repository sends is too large'
  if (/No space left on device/i.test(stderr)) return 'no space left on the disk of the state'
  const lines = stderr.split('\n').map(plain)
  const at = lines.findIndex((line) => /^(?:fatal|error|ERROR):/i.test(line))
  const worst = lines[at]
  const first = worst ?? lines.find((line) => line !== '') ?? `git ended with ${code}`
  // The line before says why ssh failed, at the end of whatever it draws; git's own only that it did.
  const before = lines
    .slice(0, Math.max(0, at))
    .findLast((line) => /[a-z]/i.test(line) && !/^(?:warning|hint):/i.test(line))
  const says = worst !== undefined && before !== undefined ? `${before}; ${worst}` : first
  return code === 127 ? 'git is not installed' : says.slice(0, 300)
}

async function run(
  { git, signal, timeoutMs }: Pick<Work, 'git' | 'signal' | 'timeoutMs'>,
  args: readonly string[],
  { network = false, outputBytesMax = REMOTE_REFS_BYTES_MAX } = {},
): Promise<GitAnswer> {
  const limits = {
    network,
    outputBytesMax,
    signal,
    timeoutMs: network ? timeoutMs : LOCAL_TIMEOUT_MS,
  }
  return git.run(args, limits)
}

async function must(
  work: Work,
  ...rest: [readonly string[], { network?: boolean; outputBytesMax?: number }?]
) {
  const answer = await run(work, ...rest)
  if (answer.code !== 0) throw new Error(reasonOf(answer))
  return answer.stdout
}

const nameOf = (ref: string): string =>
  ref === 'HEAD' ? 'HEAD' : ref.replace('refs/heads/', 'branch ').replace('refs/tags/', 'tag ')

/** Commit that the ref stands at, by the remote's word. */
async function tipOf(work: Work): Promise<string> {
  const { url, ref } = work
  const peeled = `${ref}^{}`
  const out = text(await must(work, ['ls-remote', '--', url, ref, peeled], { network: true }))
  const rows = out.split('\n').map((line) => line.split('\t'))
  const at = (name: string) =>
    rows.find(([id, found]) => found === name && /^[0-9a-f]{40,64}$/.test(id ?? ''))?.[0]
  const tip = at(peeled) ?? at(ref)
  if (tip === undefined)
    throw new SourceRefusal(`the repository has no ${nameOf(ref)}; it was deleted or never pushed`)
  return tip
}

async function fetchTo(work: Work, depth: number, filter: string): Promise<void> {
  const partial = work.filters ? [`--filter=${filter}`] : []
  await must(
    work,
    [
      ...['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', `--depth=${depth}`],
      ...[...partial, 'origin', `+${work.ref}:${OUR_REF}`],
    ],
    { network: true },
  )
}

type Entry = { readonly mode: string; readonly id: string; readonly path: string }

async function entriesOf(work: Work, commit: string): Promise<readonly Entry[]> {
  const paths = [work.path, `${work.path}.sig`]
  const out = text(await must(work, ['ls-tree', '-z', '--full-tree', commit, '--', ...paths]))
  return out.split('\0').flatMap((row) => {
    const [, mode = '', id = '', path = ''] =
      /^(\d{6}) \w+ ([0-9a-f]{40,64})\t(.+)$/s.exec(row) ?? []
    return mode === '' ? [] : [{ mode, id, path }]
  })
}

/** Text of a plain file of the commit. */
async function textOf(work: Work, { mode, id, path }: Entry, bytesMax: number): Promise<string> {
  if (!['100644', '100755', '100664'].includes(mode))
    throw new SourceRefusal(`${path} in the repository is not a plain file (mode ${mode})`)
  const size = await run(work, ['cat-file', '-s', id])
  // Absent although the tree names it: the fetch left it out for its size.
  if (size.code !== 0 || Number(text(size.stdout)) > bytesMax)
    throw new SourceRefusal(`${path} in the repository is larger than ${bytesMax} bytes`)
  const body = await must(work, ['cat-file', 'blob', id], { outputBytesMax: bytesMax + 1 })
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (cause) {
    throw new SourceRefusal(`${path} in the repository is not UTF-8`, { cause })
  }
}

async function follows(work: Work, commit: string, base: string | undefined): Promise<boolean> {
  if (base === undefined || base === commit || work.forced === commit) return true
  for (const depth of DEPTHS) {
    // Commits without their trees and files, where the server can.
    await fetchTo(work, depth, 'tree:0')
    const { code } = await run(work, ['merge-base', '--is-ancestor', base, commit])
    if (code === 0) return true
  }
  return false
}

/** Overrides of guards in the newest commit's message; words that are none are left out. Pure; exported for its test. */
export function allowOf(message: string): readonly string[] {
  const line = new RegExp(`^${ALLOW_TRAILER}:(.*)$`, 'im').exec(message)?.[1] ?? ''
  const words = line.split(',').map((word) => word.trim())
  return words.filter((word) => ALLOW.test(word)).slice(0, ALLOW_MAX)
}

async function take(work: Work, from: string): Promise<Fetched> {
  await must(work, ['init', '--quiet', '--bare', '--template='])
  await must(work, ['config', 'remote.origin.url', work.url])
  await fetchTo(work, 1, `blob:limit=${SPEC_BYTES_MAX + 1}`)
  const commit = text(await must(work, ['rev-parse', '--verify', `${OUR_REF}^{commit}`])).trim()
  const said = text(
    await must(work, ['log', '-1', '--no-color', '--encoding=UTF-8', '--format=%an%x00%B', commit]),
  )
  const [author = '', message = ''] = said.split('\0')
  const entries = await entriesOf(work, commit)
  const spec = entries.find(({ path }) => path === work.path)
  if (spec === undefined)
    throw new SourceRefusal(`commit ${commit.slice(0, 12)} of the repository has no ${work.path}`)
  const signed = entries.find(({ path }) => path === `${work.path}.sig`)
  const origin = {
    from,
    commit,
    author: plain(author).slice(0, AUTHOR_LENGTH_MAX),
    follows: await follows(work, commit, work.base(from)),
  }
  return {
    body: await textOf(work, spec, SPEC_BYTES_MAX),
    revision: 0,
    allow: allowOf(message),
    origin,
    ...(signed === undefined ? {} : { signature: await textOf(work, signed, SIGNATURE_BYTES_MAX) }),
  }
}

/** Whether this git can leave out what is too large; throws when there is none. */
async function canFilter(options: GitSourceOptions, signal: AbortSignal): Promise<boolean> {
  const answer = await run({ ...options, signal }, ['version'])
  if (answer.code !== 0) throw new Error(reasonOf(answer))
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(text(answer.stdout)) ?? []
  return (
    Number(major) > FILTER_SINCE[0] ||
    (Number(major) === FILTER_SINCE[0] && Number(minor) >= FILTER_SINCE[1])
  )
}

/**
 * Asks the remote where the ref stands, and fetches only when that is not what the last call returned. Each fetch begins
 * with an empty repository and leaves none: nothing grows, and nothing can be damaged. Takes as long as the network
 * does, so the agent runs it through background(). Throws SourceRefusal where a person must mend the repository.
 */
export function gitSource(options: GitSourceOptions): Source {
  const { url, ref, path, git } = options
  const name = `${path} at ${nameOf(ref)} of ${url}`
  const from = `${url} ${ref} ${path}`
  let taken = ''
  let forced: string | undefined
  const fetch = async (signal: AbortSignal): Promise<Fetched | undefined> => {
    const now = await options.force?.()
    // What was refused for its place in history is judged anew.
    if (now !== forced) taken = ''
    forced = now
    await git.fresh()
    try {
      const work = { ...options, signal, forced, filters: await canFilter(options, signal) }
      if ((await tipOf(work)) === taken) return undefined
      const fetched = await take(work, from)
      taken = fetched.origin?.commit ?? ''
      return fetched
    } finally {
      await git.remove()
    }
  }
  return {
    name,
    async fetch(signal) {
      try {
        return await fetch(signal)
      } catch (cause) {
        // What is offered once the fault is mended is judged anew, also when it is what was taken before.
        taken = ''
        const why = `cannot fetch ${name}: ${cause instanceof Error ? cause.message : String(cause)}`
        throw cause instanceof SourceRefusal
          ? new SourceRefusal(why, { cause })
          : new Error(why, { cause })
      }
    },
  }
}
