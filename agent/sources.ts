// From the agent's configuration to the one source it pulls from.
import type { AgentConfig } from './config.ts'
import { fileSource, httpSource, hubSource } from './source/index.ts'
import type { Host, Source } from './world.ts'

const FETCH_TIMEOUT_MS = 5_000

/** Throws when a token file is named and cannot be read. */
export async function sourcesOf(config: AgentConfig, host: Host): Promise<readonly Source[]> {
  const { path, url } = config.source
  if (path !== undefined) return [fileSource(path, host)]
  if (url !== undefined) return [httpSource({ url, timeoutMs: FETCH_TIMEOUT_MS })]
  if (config.hub === undefined) return []
  const token = await tokenOf(config.hub, host)
  return [hubSource({ url: config.hub.url, token, timeoutMs: FETCH_TIMEOUT_MS })]
}

/** '' where none is configured: the hub then refuses, which its answer says. */
export async function tokenOf(hub: NonNullable<AgentConfig['hub']>, host: Host): Promise<string> {
  if (hub.tokenFile === undefined) return hub.token ?? ''
  const file = await host.read(hub.tokenFile)
  if (file === undefined)
    throw new Error(`cannot read the hub's token: ${hub.tokenFile} does not exist`)
  return file.body.trim()
}
