// What one agent must know before it can fetch a spec: who it is, where its state lies, where specs come from.
import { Secret } from '../spec/secret.ts'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  parseTree,
  type ParseError,
  printParseErrorCode,
} from 'jsonc-parser'
import type { Diagnostic, Parsed, Position } from '../spec/diagnostic.ts'
import { PASS_INTERVAL_MS, PASS_INTERVAL_MS_MIN, PEER_PORT } from '../spec/limits.ts'
import { GitConfig } from './config-git.ts'
import { HttpConfig, httpFaults } from './config-http.ts'
import { FenceConfig, fenceFaults } from './config-fence.ts'
import { keyFaults, TrustConfig } from './config-trust.ts'
import { JOIN_PATTERN, splitJoin } from '../spec/tls/fingerprint.ts'
import { Name, oneOf, Path, Port } from '../spec/names.ts'

const closed = { additionalProperties: false }
const Token = Type.String({ minLength: 8, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' })
/** One use; `hactl hub join-token` makes it. */
const JoinToken = Type.String({
  pattern: JOIN_PATTERN,
  description:
    'join token, exchanged once for a token of this node; one of a hub with TLS names its CA',
})
const Url = (description: string, schemes: string) =>
  Type.String({ pattern: `^(?:${schemes})[\\x21-\\x7e]{1,500}$`, description })

/** The file as written, every default absent. */
export const AgentConfigFile = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    node: Name('name of this node in the spec'),
    state: Type.Optional(Path('directory of what must survive a reboot, default /var/lib/hactl')),
    run: Type.Optional(Path('directory of sockets and pid files, default /run/hactl')),
    supervisor: Type.Optional(
      oneOf(['auto', 'systemd', 'builtin'], 'who keeps daemons running, default auto'),
    ),
    source: Type.Object(
      {
        path: Type.Optional(Path('spec file on this machine')),
        url: Type.Optional(Url('spec over HTTP(S)', 'https?://')),
        http: Type.Optional(HttpConfig),
        git: Type.Optional(GitConfig),
        hub: Type.Optional(Type.Boolean({ description: 'newest revision of the hub' })),
      },
      { ...closed, description: 'exactly one of path, url (with http), git, hub' },
    ),
    hub: Type.Optional(
      Type.Object(
        {
          url: Url('http(s)://host:port or unix:/path', 'https?://|unix:/'),
          token: Type.Optional(Token),
          tokenFile: Type.Optional(Path('file with the token')),
          join: Type.Optional(JoinToken),
          ca: Type.Optional(Path('PEM file of the CA that the hub is believed by')),
        },
        closed,
      ),
    ),
    peer: Type.Optional(
      Type.Object(
        { port: Type.Optional(Port('default 9440')), token: Type.Optional(Token) },
        closed,
      ),
    ),
    trust: Type.Optional(TrustConfig),
    fence: Type.Optional(FenceConfig),
    intervalMs: Type.Optional(
      Type.Integer({
        minimum: PASS_INTERVAL_MS_MIN,
        maximum: 3_600_000,
        description: 'time between passes that nothing woke (milliseconds)',
      }),
    ),
  },
  closed,
)
export type AgentConfigFile = Static<typeof AgentConfigFile>

/** The file with its defaults filled in. */
export type AgentConfig = Omit<
  AgentConfigFile,
  'state' | 'run' | 'supervisor' | 'intervalMs' | 'peer' | 'hub'
> & {
  readonly state: string
  readonly run: string
  readonly supervisor: 'auto' | 'systemd' | 'builtin'
  readonly intervalMs: number
  readonly peer: { readonly port: number; readonly token?: Secret }
  readonly hub?: Omit<NonNullable<AgentConfigFile['hub']>, 'token' | 'join'> & {
    readonly token?: Secret
    readonly join?: Secret
  }
}

const DIAGNOSTICS_MAX = 50

/** Reads an agent's configuration, in which comments are allowed; all faults at once, with their place. Pure. */
export function parseAgentConfig(text: string): Parsed<AgentConfig> {
  const faults: ParseError[] = []
  const tree = parseTree(text, faults, { allowTrailingComma: false, disallowComments: false })
  if (tree === undefined || faults.length > 0)
    return { ok: false, diagnostics: [syntax(text, faults)] }
  // Plain objects with the usual prototype, and without the comments.
  const value: unknown = JSON.parse(JSON.stringify(getNodeValue(tree)))
  if (!Value.Check(AgentConfigFile, value))
    return { ok: false, diagnostics: shape(text, tree, value) }
  const diagnostics = meaning(text, tree, value)
  if (diagnostics.length > 0) return { ok: false, diagnostics }
  return { ok: true, value: withDefaults(value), diagnostics: [] }
}

const withDefaults = ({ hub, peer, ...file }: AgentConfigFile): AgentConfig => ({
  ...file,
  ...(hub && { hub: hubOf(hub) }),
  state: file.state ?? '/var/lib/hactl',
  run: file.run ?? '/run/hactl',
  supervisor: file.supervisor ?? 'auto',
  intervalMs: file.intervalMs ?? PASS_INTERVAL_MS,
  peer: {
    port: peer?.port ?? PEER_PORT,
    ...(peer?.token !== undefined && { token: new Secret(peer.token) }),
  },
})

const hubOf = ({ token, join, ...hub }: NonNullable<AgentConfigFile['hub']>) => ({
  ...hub,
  ...(token !== undefined && { token: new Secret(token) }),
  ...(join !== undefined && { join: new Secret(join) }),
})

function syntax(text: string, faults: readonly ParseError[]): Diagnostic {
  const first = faults[0]
  const what = first === undefined ? 'the file is empty' : wordsOf(printParseErrorCode(first.error))
  return {
    code: 'HA900',
    severity: 'error',
    path: '',
    message: `cannot read the configuration as JSON: ${what}`,
    hint: 'the file is one JSON object, for instance {"node": "lb1", "source": {"hub": true}, "hub": {"url": "http://192.0.2.10:9400"}}',
    at: positionAt(text, first?.offset ?? 0),
  }
}

/** 'CommaExpected' to 'comma expected'. */
const wordsOf = (code: string): string => code.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()

/** The first error of each place: what TypeBox says after it about the same place is an echo. */
function shape(text: string, tree: Node, value: unknown): readonly Diagnostic[] {
  const seen = new Map<string, Diagnostic>()
  for (const { path, message, schema } of Value.Errors(AgentConfigFile, value)) {
    if (seen.size >= DIAGNOSTICS_MAX) break
    if (seen.has(path)) continue
    const says: unknown = schema['description']
    seen.set(path, {
      code: 'HA901',
      severity: 'error',
      path,
      message: `cannot use ${path === '' ? 'the configuration' : path.slice(1).replaceAll('/', '.')}: ${message.toLowerCase()}`,
      hint: typeof says === 'string' ? `expected: ${says}` : 'see `hactl agent --help`',
      ...placeOf(text, tree, path),
    })
  }
  return [...seen.values()]
}

/** What types cannot say. */
function meaning(text: string, tree: Node, file: AgentConfigFile): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  const say = (path: string, message: string, hint: string) =>
    found.push({
      code: 'HA902',
      severity: 'error',
      path,
      message,
      hint,
      ...placeOf(text, tree, path),
    })
  const { path, url, http, git, hub } = file.source
  const sources = [path, url, git, hub === true ? hub : undefined].filter(
    (s) => s !== undefined,
  ).length
  if (sources !== 1)
    say(
      '/source',
      `cannot choose a source: ${sources === 0 ? 'none is' : `${sources} are`} given`,
      'give exactly one of "path", "url", "git" or "hub": true',
    )
  for (const { path, message, hint } of http === undefined ? [] : httpFaults(http, url))
    say(path, message, hint)
  if (git?.branch !== undefined && git.tag !== undefined)
    say(
      '/source/git/tag',
      'cannot follow both a branch and a tag',
      'keep "branch" to take what is pushed, or "tag" to take what is tagged',
    )
  if (git?.tokenFile !== undefined && !git.url.startsWith('https://'))
    say(
      '/source/git/tokenFile',
      'cannot send a token over this: anybody on the way could read it',
      'use https://, or "identity" with ssh',
    )
  if (hub === true && file.hub === undefined)
    say(
      '/source/hub',
      'cannot use the hub as source: there is no hub',
      'add "hub": {"url": "http://host:9400"}',
    )
  const { token, tokenFile, join } = file.hub ?? {}
  if (token !== undefined && tokenFile !== undefined)
    say(
      '/hub/token',
      'cannot use both token and tokenFile',
      'keep tokenFile, and make the file mode 0600',
    )
  if (join !== undefined && (token !== undefined || tokenFile !== undefined))
    say(
      '/hub/join',
      'cannot use both join and a token',
      'keep join: it gives this node a token of its own',
    )
  if (file.hub?.url.startsWith('http:') && splitJoin(join ?? '').ca !== undefined)
    say(
      '/hub/url',
      'cannot send this join token over plain HTTP: it is of a hub that speaks TLS',
      'write https:// instead of http://',
    )
  if (file.hub?.ca !== undefined && !file.hub.url.startsWith('https:'))
    say('/hub/ca', 'cannot use a CA without TLS', 'write "url": "https://..."')
  for (const { path, message, hint } of file.fence === undefined ? [] : fenceFaults(file.fence))
    say(path, message, hint)
  for (const { path, why } of file.trust === undefined ? [] : keyFaults(file.trust))
    say(path, `cannot use this key: ${why}`, 'hactl key show prints the line of a key')
  return found
}

/** Of the place itself, or of the nearest place above it that is there. */
function placeOf(text: string, tree: Node, pointer: string): { at?: Position } {
  const path = pointer === '' ? [] : pointer.slice(1).split('/')
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node !== undefined) return { at: positionAt(text, node.offset) }
  }
  return { at: positionAt(text, tree.offset) }
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
