// From the agent's configuration to the one source it pulls from.
import type { Secret } from '../spec/secret.ts'
import type { AgentConfig } from './config.ts'
import { COMMIT, GIT_FORCE_FILE, GIT_POLL_MS, type GitConfig } from './config-git.ts'
import { HTTP_POLL_MS, HTTP_WAIT_S, type HttpConfig } from './config-http.ts'
import { createGit } from './host/git.ts'
import { webFetch } from './web.ts'
import type { Memory } from './memory.ts'
import { background, fileSource, gitSource, httpSource, hubSource } from './source/index.ts'
import type { Source, World } from './world.ts'

const FETCH_TIMEOUT_MS = 5_000
/** A spec whose signature is not there yet is refused until it is. */
const SIGNED_WAIT_S = 10
/** One conversation of git with its remote: a clone over a slow line takes a while. */
const GIT_TIMEOUT_MS = 60_000

export type SourceNeeds = {
  readonly world: World
  readonly memory: Memory
  /** Asked before each request to the hub: an agent may enrol while it runs. */
  readonly token: () => Secret
  /** Certificates that the hub is believed by; undefined: the usual ones. */
  readonly ca: () => readonly string[] | undefined
  readonly wake: () => void
  readonly signal: AbortSignal
}

export function sourcesOf(config: AgentConfig, needs: SourceNeeds): readonly Source[] {
  const { token, ca } = needs
  const { host } = needs.world
  const { path, url, http, git } = config.source
  const signed = config.trust !== undefined
  if (path !== undefined) return [fileSource(path, host, signed)]
  if (url !== undefined) return [fromWeb(url, http ?? {}, signed, needs)]
  if (git !== undefined) return [fromGit(git, config.state, needs)]
  if (config.hub === undefined) return []
  return [hubSource({ url: config.hub.url, token, ca, timeoutMs: FETCH_TIMEOUT_MS })]
}

function fromWeb(url: string, http: HttpConfig, signed: boolean, needs: SourceNeeds): Source {
  const { world, wake, signal } = needs
  const { ca, headers, waitS = HTTP_WAIT_S, pollMs: everyMs = HTTP_POLL_MS } = http
  const source = httpSource({
    ...{ url, signed, timeoutMs: FETCH_TIMEOUT_MS, monotonic: world.clock.monotonic },
    // The signature lies beside and may come later than the spec: it is looked for between two waits.
    waitS: signed ? Math.min(waitS, SIGNED_WAIT_S) : waitS,
    ...(ca === undefined && headers === undefined ? {} : { fetch: webFetch({ ca, headers }) }),
  })
  return background(source, { ...world, everyMs, holds: source.holds, wake, signal })
}

function fromGit(git: GitConfig, state: string, needs: SourceNeeds): Source {
  const { world, memory, wake, signal } = needs
  const forced = async () => git.force ?? (await forcedHere(world, state))
  const source = gitSource({
    url: git.url,
    ref: refOf(git),
    path: git.path ?? 'spec.json',
    git: createGit({ ...git, directory: `${state}/git` }),
    base: (from) => {
      const { origin } = memory.meta()
      return origin?.from === from ? origin.commit : undefined
    },
    force: forced,
    timeoutMs: GIT_TIMEOUT_MS,
  })
  const everyMs = git.pollMs ?? GIT_POLL_MS
  return hurriedBy(forced, background(source, { ...world, everyMs, wake, signal }))
}

/** Written by root on this node alone: no hub and no repository has a say in it. */
async function forcedHere({ host }: World, state: string): Promise<string | undefined> {
  const said = (await host.read(`${state}/${GIT_FORCE_FILE}`))?.body.trim() ?? ''
  return new RegExp(COMMIT).test(said) ? said : undefined
}

/** A word that changed is followed at once. */
function hurriedBy(word: () => Promise<string | undefined>, source: Source): Source {
  let before: string | undefined
  return {
    ...source,
    async fetch(signal) {
      const now = await word()
      if (now !== before && now !== undefined) source.hurry?.()
      before = now
      return source.fetch(signal)
    },
  }
}

const refOf = ({ branch, tag }: GitConfig): string => {
  if (branch !== undefined) return `refs/heads/${branch}`
  return tag === undefined ? 'HEAD' : `refs/tags/${tag}`
}
