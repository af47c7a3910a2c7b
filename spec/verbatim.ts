// Configuration text that the spec does not model, kept in its place: `extra` lines, nginx's server blocks, sections of haproxy.
import { type Static, Type } from '@sinclair/typebox'
import { SITES_MAX, VERBATIM_LINES_MAX } from './limits.ts'
import { Name, oneOf } from './names.ts'

const closed = { additionalProperties: false }

/** One directive of haproxy (`.if` and its like begin with a dot) or nginx. */
export const ExtraLine = Type.String({ pattern: '^[a-z.][\\x20-\\x7e]{1,2000}$' })
/** A line of a block: a directive, the head of a block, or its closing brace. */
export const BLOCK_LINE_PATTERN = '^[^\\s\\x00-\\x1f\\x7f][^\\x00-\\x1f\\x7f]{0,2000}$'
const BlockLine = Type.String({ pattern: BLOCK_LINE_PATTERN })
const Lines = (description: string) =>
  Type.Array(BlockLine, { maxItems: VERBATIM_LINES_MAX, description })

/** Words of a bind or listen line, one each: nothing that ends a word, a line or a block. */
export const ListenWord = Type.String({
  pattern: '^[\\x21\\x24-\\x26\\x28-\\x3a\\x3c-\\x5b\\x5d-\\x7a\\x7c\\x7e]{1,200}$',
})

export const Site = Type.Object(
  {
    names: Type.Optional(
      Type.Array(Type.String({ pattern: '^[\\x21-\\x7e]{0,253}$' }), {
        maxItems: 500,
        uniqueItems: true,
        description: "words of nginx's server_name",
      }),
    ),
    default: Type.Optional(
      Type.Boolean({ description: 'it takes every name that no other site has' }),
    ),
    lines: Lines('directives and blocks of the server block, checked by nginx itself'),
  },
  { ...closed, description: 'a server block of nginx, written out' },
)
export type Site = Static<typeof Site>
export const Sites = (of: typeof Site) =>
  Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' }), of, {
    additionalProperties: false,
    maxProperties: SITES_MAX,
    description:
      'nginx: server blocks in place of routes, where locations do more than go to a pool',
  })

export const PLACES = ['global', 'section', 'main', 'events', 'http', 'stream'] as const
/** Sections of haproxy that stand for themselves; what listens or serves is a proxy or a pool. */
export const SECTIONS_KEPT = [
  'userlist',
  'peers',
  'resolvers',
  'mailers',
  'ring',
  'cache',
  'http-errors',
  'program',
  'fcgi-app',
  'log-forward',
  'log-profile',
  'crt-store',
  'acme',
  'traces',
] as const

export const Verbatim = Type.Object(
  {
    engine: oneOf(['haproxy', 'nginx'], 'program whose file it belongs to'),
    place: oneOf(
      PLACES,
      'haproxy: global, or a section of its own; nginx: main, events, http, stream',
    ),
    section: Type.Optional(
      Type.String({
        pattern: `^(?:${SECTIONS_KEPT.join('|')})(?: [\\x21\\x24-\\x26\\x28-\\x7e]{1,100}){0,3}$`,
        description: 'place section: its head, for instance "userlist people"',
      }),
    ),
    nodes: Type.Optional(
      Type.Array(Name('node'), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'nodes that have it, where not all of those that run the program',
      }),
    ),
    lines: Lines('lines as the program reads them, checked by the program itself'),
  },
  { ...closed, description: 'configuration text of a program that the spec does not model' },
)
export type Verbatim = Static<typeof Verbatim>

/** Whether a # begins a comment in it: not in quotes, not behind a backslash. */
export const hasComment = (line: string): boolean =>
  line.replace(/\\.|"(?:\\.|[^"\\])*"|'[^']*'/g, '').includes('#')

export type KeptPlace = (typeof PLACES)[number] | 'site'
const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))
/** Directives that hactl renders there: a second one would be refused, or win unseen. */
const OWNED: Readonly<Record<KeptPlace, ReadonlySet<string>>> = {
  site: set('listen server_name server'),
  global: set(
    `description daemon user group uid gid nbproc nbthread hard-stop-after pidfile master-worker
    mworker-max-reloads`,
  ),
  section: set(''),
  main: set(
    `user pid daemon master_process worker_processes worker_rlimit_nofile worker_shutdown_timeout pcre_jit error_log events
    http stream`,
  ),
  events: set('worker_connections'),
  http: set(
    'server upstream map_hash_bucket_size variables_hash_max_size variables_hash_bucket_size',
  ),
  stream: set('server upstream'),
}
export const isOwned = (place: KeptPlace, head: string): boolean => OWNED[place].has(head)
