// What installing the agent does to a machine, as data: printed by --dry-run, performed by perform.ts. Pure.
import type { Secret } from '../../spec/secret.ts'
import { type AgentConfigFile, parseAgentConfig } from '../../agent/config.ts'
import type { Diagnostic } from '../../spec/diagnostic.ts'
import { AGENT_UNIT, agentUnit, CONFIG_PATH, UNIT_DIRECTORY } from './unit.ts'

export const TOKEN_PATH = '/etc/hactl/token'
export const CA_PATH = '/etc/hactl/hub-ca.pem'
export const STATE_PATH = '/var/lib/hactl'
const MODE_PROGRAM = 0o755
const MODE_UNIT = 0o644
const MODE_SECRET = 0o600

export type Step =
  | { readonly do: 'copy'; readonly from: string; readonly to: string; readonly mode: number }
  | {
      readonly do: 'write'
      readonly path: string
      readonly body: string
      readonly mode: number
    }
  | { readonly do: 'directory'; readonly path: string; readonly mode: number }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'run'; readonly argv: readonly string[] }

/** What was asked for, every file already read. */
export type Wanted = {
  readonly node: string
  readonly hub?: {
    readonly url: string
    /** PEM of the CA that it is believed by. */
    readonly ca?: string
  } & ({ readonly token: Secret } | { readonly join: Secret })
  /** Absent: the hub is the source. */
  readonly source?: AgentConfigFile['source']
  readonly peerToken?: Secret
  /** The program that runs now, and where it goes. */
  readonly self: string
  readonly program: string
  /** The package's own unit is there and starts this very program: only the configuration is missing. */
  readonly packaged: boolean
  /** systemd 219 knows fewer keys. */
  readonly oldSystemd: boolean
  /** Prepares a tree that is not the running machine: nothing is started. */
  readonly root?: string
}

export type Made =
  | { readonly ok: true; readonly config: string; readonly steps: readonly Step[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/** agent.json as the agent's own parser takes it; mistakes of the flags come back as its diagnostics. */
function configText({ node, hub, source, peerToken }: Wanted): string {
  const from = source ?? { hub: true }
  const key =
    hub !== undefined && 'join' in hub ? { join: hub.join.reveal() } : { tokenFile: TOKEN_PATH }
  const ca = hub?.ca === undefined ? {} : { ca: CA_PATH }
  const told = hub === undefined ? {} : { hub: { url: hub.url, ...key, ...ca } }
  const peer = peerToken === undefined ? {} : { peer: { token: peerToken.reveal() } }
  return `${JSON.stringify({ node, source: from, ...told, ...peer }, null, 2)}\n`
}

/** In this order a cut anywhere leaves either no agent, or one that can start. */
export function installPlan(wanted: Wanted): Made {
  const config = configText(wanted)
  const parsed = parseAgentConfig(config)
  if (!parsed.ok) return parsed
  const { self, program, packaged, hub } = wanted
  const own: readonly Step[] = packaged
    ? []
    : [
        ...(self === program
          ? []
          : [{ do: 'copy', from: self, to: program, mode: MODE_PROGRAM } as const]),
        {
          do: 'write',
          path: `${UNIT_DIRECTORY}/${AGENT_UNIT}`,
          body: agentUnit(program, CONFIG_PATH, wanted.oldSystemd),
          mode: MODE_UNIT,
        },
      ]
  const token: readonly Step[] =
    hub === undefined || 'join' in hub
      ? []
      : [{ do: 'write', path: TOKEN_PATH, body: `${hub.token.reveal()}\n`, mode: MODE_SECRET }]
  const ca: readonly Step[] =
    hub?.ca === undefined ? [] : [{ do: 'write', path: CA_PATH, body: hub.ca, mode: MODE_UNIT }]
  return {
    ok: true,
    config,
    steps: [
      { do: 'directory', path: '/etc/hactl', mode: 0o750 },
      { do: 'directory', path: STATE_PATH, mode: 0o750 },
      ...token,
      ...ca,
      { do: 'write', path: CONFIG_PATH, body: config, mode: MODE_SECRET },
      ...own,
      ...startSteps(wanted.root),
    ],
  }
}

const startSteps = (root: string | undefined): readonly Step[] =>
  root === undefined
    ? [
        { do: 'run', argv: ['systemctl', 'daemon-reload'] },
        { do: 'run', argv: ['systemctl', 'enable', AGENT_UNIT] },
        // A running agent takes the new program and configuration only by a restart; daemons do not feel it.
        { do: 'run', argv: ['systemctl', 'restart', AGENT_UNIT] },
      ]
    : [{ do: 'run', argv: ['systemctl', `--root=${root}`, 'enable', AGENT_UNIT] }]

/** The daemons go on: KillMode=process ends the agent alone, and nothing of theirs is touched. */
export const uninstallPlan = (options: {
  readonly program: string
  readonly purge: boolean
}): readonly Step[] => [
  { do: 'run', argv: ['systemctl', 'disable', '--now', AGENT_UNIT] },
  { do: 'remove', path: `${UNIT_DIRECTORY}/${AGENT_UNIT}` },
  { do: 'run', argv: ['systemctl', 'daemon-reload'] },
  ...(options.purge
    ? ([CONFIG_PATH, TOKEN_PATH, options.program].map((path) => ({
        do: 'remove',
        path,
      })) satisfies readonly Step[])
    : []),
]

/** One line, in words; secrets are not shown. */
export function stepText(step: Step): string {
  switch (step.do) {
    case 'copy':
      return `copy    ${step.from} to ${step.to}`
    case 'write':
      return `write   ${step.path} (mode ${step.mode.toString(8)}, ${step.body.length} bytes)`
    case 'directory':
      return `make    ${step.path} (mode ${step.mode.toString(8)})`
    case 'remove':
      return `remove  ${step.path}`
    case 'run':
      return `run     ${step.argv.join(' ')}`
  }
}
