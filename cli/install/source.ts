// Where a node takes its spec from, as `hactl agent install --source` names it. Pure.
import type { AgentConfigFile } from '../../agent/config.ts'

type Source = AgentConfigFile['source']

/** As pip and others write it, git+https://host/repo#branch:path; without "git+" where nothing else can be meant. */
const GIT =
  /^(?:git\+(?=(?:https?|ssh|file):\/\/)|(?=ssh:\/\/)|(?=[A-Za-z0-9_][A-Za-z0-9_.-]*@[^/:]+:[^/]))([^#]+)(?:#([^:]*)(?::(.+))?)?$/

/** undefined for what is a file on this machine. What the words are worth, the agent's parser says. */
export function remoteSource(text: string): Source | undefined {
  const [, url, branch = '', path] = GIT.exec(text) ?? []
  if (url !== undefined)
    return {
      git: { url, ...(branch !== '' && { branch }), ...(path !== undefined && { path }) },
    }
  return /^https?:\/\//.test(text) ? { url: text } : undefined
}
