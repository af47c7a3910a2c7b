// Which hub, and with what token: flags, then environment, then the user's configuration file.
import { Secret } from '../spec/secret.ts'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { certificatesIn } from '../spec/tls/fingerprint.ts'
import { EXIT, Exit, messageOf } from './exit.ts'
import { readText, readTextIfThere } from './files.ts'
import type { HubFlags } from './flags.ts'
import type { Io } from './io.ts'

export type Target = {
  readonly url: string
  readonly token: Secret
  /** PEM of the CA that the hub is believed by; absent: those that this machine believes. */
  readonly ca?: string
}

const UserConfig = Type.Object(
  {
    hub: Type.Optional(Type.String()),
    token: Type.Optional(Type.String()),
    tokenFile: Type.Optional(Type.String()),
    ca: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/** Throws Exit(usage) naming all the ways when no hub is given, or when the one given is not an address. */
export async function hubTarget(io: Io, flags: HubFlags): Promise<Target> {
  if (flags.lab !== undefined) return ofLab(io, flags.lab)
  const file = userConfigPath(io)
  const user = await userConfig(file)
  const url = flags.hub ?? io.env['HACTL_HUB'] ?? user.hub
  if (url === undefined || url === '')
    throw new Exit(
      EXIT.usage,
      'cannot tell which hub to ask',
      `${await labWay()}give --hub http://host:9400, or set HACTL_HUB, or write {"hub": "...", "tokenFile": "..."} to ${file}`,
    )
  const ca = flags.ca ?? io.env['HACTL_HUB_CA'] ?? user.ca ?? ''
  return {
    url: checked(url),
    token: new Secret(await token(io, flags, user)),
    ...(ca === '' ? {} : { ca: await authorityIn(io, ca) }),
  }
}

async function ofLab(io: Io, lab: string): Promise<Target> {
  const { labTarget } = await import('./lab/target.ts')
  try {
    return labTarget(lab, io.cwd)
  } catch (error) {
    const hint = error instanceof Error && 'hint' in error ? String(error.hint) : ''
    throw new Exit(EXIT.usage, messageOf(error), hint, error)
  }
}

/** Whoever has a lab up most likely means that. */
async function labWay(): Promise<string> {
  const { labsHere } = await import('./lab/target.ts')
  return labsHere()
    .map((name) => `give --lab ${name}, or `)
    .slice(0, 3)
    .join('')
}

export const userConfigPath = (io: Io): string =>
  join(
    io.env['XDG_CONFIG_HOME'] ?? join(io.env['HOME'] ?? '/root', '.config'),
    'hactl',
    'config.json',
  )

async function userConfig(file: string) {
  const text = await readTextIfThere(file)
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(UserConfig, value)) return value
    const first = Value.Errors(UserConfig, value).First()
    throw new Error(`${first?.path.slice(1) ?? ''}: ${first?.message.toLowerCase() ?? ''}`)
  } catch (error) {
    throw new Exit(
      EXIT.usage,
      `cannot use ${file}: ${messageOf(error)}`,
      'it may hold "hub", "ca" and "token" or "tokenFile", all strings',
    )
  }
}

/** A file without a certificate would be found out as a hub that nobody believes. */
async function authorityIn(io: Io, file: string): Promise<string> {
  const text = await readText(io, file)
  if (certificatesIn(text).length > 0) return text
  throw new Exit(
    EXIT.usage,
    `cannot use ${file} as a CA: there is no certificate in it`,
    '`hactl hub ca` on the hub prints it',
  )
}

async function token(io: Io, flags: HubFlags, user: HubFlags): Promise<string> {
  const fromFile = async (file: string) => (await readText(io, file)).trim()
  if (flags.token !== undefined) return flags.token
  if (flags.tokenFile !== undefined) return fromFile(flags.tokenFile)
  const fromEnv = io.env['HACTL_TOKEN']
  if (fromEnv !== undefined && fromEnv !== '') return fromEnv
  if (user.token !== undefined) return user.token
  return user.tokenFile === undefined ? '' : fromFile(user.tokenFile)
}

function checked(url: string): string {
  if (/^unix:\/.+/.test(url)) return url
  try {
    const parsed = new URL(url)
    if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return url.replace(/\/+$/, '')
  } catch {
    // Said below, with an example.
  }
  throw new Exit(
    EXIT.usage,
    `cannot use '${url}' as the address of a hub`,
    'expected http://host:9400, https://host or unix:/path/of/socket',
  )
}
