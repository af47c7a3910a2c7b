// Lines of keepalived.conf that the spec does not model: where they may stand, and how they are read.
import { type Static, Type } from '@sinclair/typebox'
import type { ClusterKeepalived } from './cluster.ts'
import { EXTRA_LINES_MAX } from './limits.ts'
import { entries } from './maps.ts'
import { mapOf } from './names.ts'

const closed = { additionalProperties: false }

/** One statement, the head of a block with its `{`, or a `}`; with `@NODE ` or `@^NODE ` before it for one node, or all others. */
const LINE_PATTERN = '^(?:@\\^?[a-z][a-z0-9-]{0,30} )?(?:\\}|[A-Za-z0-9:][\\x20-\\x7e]{0,400})$'

export const KeepalivedLines = (description: string) =>
  Type.Array(Type.String({ pattern: LINE_PATTERN }), {
    minItems: 1,
    maxItems: EXTRA_LINES_MAX,
    description: `${description}; checked by keepalived itself. "@lb1 " before a line: for lb1 alone, "@^lb1 ": for all others`,
  })

export const SyncGroup = Type.Object(
  { extra: Type.Optional(KeepalivedLines('lines of its vrrp_sync_group')) },
  { ...closed, description: 'a group that vips name' },
)

export const Keepalived = Type.Object(
  {
    globals: Type.Optional(KeepalivedLines('lines of global_defs that the spec does not model')),
    groups: Type.Optional(mapOf(SyncGroup, 64, 'groups of vips by name')),
    blocks: Type.Optional(
      KeepalivedLines(
        'whole blocks beside those of hactl: vrrp_script, bfd_instance, static_routes',
      ),
    ),
  },
  { ...closed, description: 'what keepalived does beyond vips and virtual services' },
)
export type Keepalived = Static<typeof Keepalived>

export const resolveKeepalived = (section: Keepalived | undefined): ClusterKeepalived => ({
  globals: section?.globals ?? [],
  blocks: section?.blocks ?? [],
  groups: Object.fromEntries(
    entries(section?.groups).map(([name, { extra }]) => [name, extra ?? []]),
  ),
})

export const LINE = new RegExp(LINE_PATTERN)

/** The lines that one node has, without their conditions. */
export const linesOf = (lines: readonly string[] | undefined, node: string): readonly string[] =>
  (lines ?? []).flatMap((text) => {
    const found = /^@(\^?)([a-z][a-z0-9-]*) (.*)$/.exec(text)
    if (found === null) return [text]
    const [, not, name, line = ''] = found
    return (name === node) === (not === '') ? [line] : []
  })

/** The node a line is for, or not for. */
export const conditionOf = (text: string): string | undefined =>
  /^@\^?([a-z][a-z0-9-]*) /.exec(text)?.[1]

/**
 * Words as keepalived splits them: a quoted string is one word with its quotes. undefined where a quote stays open or `#` or
 * `!` would begin a comment (decomment() of its parser: anywhere outside of quotes).
 */
export function wordsOf(line: string): readonly string[] | undefined {
  const words = tokensOf(line)
  return words.every((word) => !/[#!"']/.test(word.replace(QUOTED, ''))) ? words : undefined
}
/** Words and braces of any line; a quote that stays open is a letter. */
export const tokensOf = (line: string): readonly string[] => line.match(WORD) ?? []
const QUOTED = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g
const WORD = /(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\$\{[^\s{}]*\}|[^\s{}])+|[{}]/g

export const unquoted = (word: string): string => word.replace(/["']/g, '')
