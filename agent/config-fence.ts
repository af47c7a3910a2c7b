// `fence` of agent.json: how this node may cut another one off. Of this file alone: no spec and no hub gives a root a command.
import { type Static, Type } from '@sinclair/typebox'

/** The look for a second holder waits for it. */
const TIMEOUT_MS_MAX = 60_000

export const FenceConfig = Type.Object(
  {
    command: Type.Array(Type.String({ pattern: '^[\\x20-\\x7e]{1,500}$' }), {
      minItems: 1,
      maxItems: 32,
      description:
        'program and arguments, no shell; {node}, {address} and {vip} are put in; exit code 0 says that the node is off',
    }),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: TIMEOUT_MS_MAX,
        description: 'for the command, default 30000 (milliseconds)',
      }),
    ),
    confirmMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 600_000,
        description: 'so long must both be seen to hold it first, default 5000 (milliseconds)',
      }),
    ),
  },
  { additionalProperties: false, description: 'for vips with "onSplit": "fence"' },
)
export type FenceConfig = Static<typeof FenceConfig>

type Fault = { readonly path: string; readonly message: string; readonly hint: string }

/** What the pattern cannot say. */
export function fenceFaults({ command }: FenceConfig): readonly Fault[] {
  const program = command[0] ?? ''
  const unknown = command.flatMap((word) =>
    [...word.matchAll(/\{(\w*)\}/g)].flatMap(([whole, name]) =>
      ['node', 'address', 'vip'].includes(name ?? '') ? [] : [whole],
    ),
  )
  return [
    ...(program.startsWith('/') && !program.includes('{')
      ? []
      : [
          {
            path: '/fence/command/0',
            message: 'cannot run this to fence: it is no absolute path',
            hint: 'for instance ["/usr/sbin/fence_ipmilan", "--ip={node}-bmc", "--action=off"]',
          },
        ]),
    ...unknown.map((word) => ({
      path: '/fence/command',
      message: `cannot put in ${word}`,
      hint: 'there are {node}, {address} (of the vip’s own network) and {vip}',
    })),
  ]
}
