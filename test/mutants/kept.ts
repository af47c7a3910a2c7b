// Defects of what is kept as it was: text that leaves its place, a page that opens, a Host or a limit that changes unsaid.
import type { Mutant } from './table.ts'

const tests = (...files: readonly string[]) => ['--test', ...files.map((f) => `test/${f}.test.ts`)]

export const KEPT_MUTANTS: readonly Mutant[] = [
  {
    name: 'kept lines may close a block that is not theirs',
    file: 'spec/nginx-text.ts',
    find: 'if (depth < 0) return',
    replace: 'if (depth < -9) return',
    kill: tests('spec/lint'),
  },
  {
    name: 'kept lines may say what hactl renders',
    file: 'spec/verbatim.ts',
    find: 'OWNED[place].has(head)',
    replace: "OWNED[place].has(head) && head === ''",
    kill: tests('spec/lint'),
  },
  {
    name: 'a header of its own ends those that a location inherits',
    file: 'spec/import/nginx-print.ts',
    find: 'const inherited = headers === around ? around : []',
    replace: 'const inherited: Headers = []',
    kill: tests('spec/import/kept'),
  },
  {
    name: 'the page for users only opens',
    file: 'spec/import/haproxy-front.ts',
    find: 'if (!proxy.extra?.includes(deny)) proxy.extra',
    replace: 'if (proxy.extra?.includes(deny)) proxy.extra',
    kill: tests('spec/import/kept'),
  },
  {
    name: "hactl's times stand where haproxy has others",
    file: 'spec/import/haproxy-front.ts',
    find: '  likeHaproxy(proxy, http)\n',
    replace: '',
    kill: tests('spec/import/import'),
  },
  {
    name: 'a second condition loses its end',
    file: 'spec/import/haproxy-back.ts',
    find: 'line.condition === undefined && /^(?:no ',
    replace: '/^(?:\\.endif|no ',
    kill: tests('spec/import/kept'),
  },
  {
    name: 'servers of a site with no pool named by its proxy',
    file: 'agent/providers/listen.ts',
    find: '      ...proxy.pools,\n',
    replace: '',
    kill: tests('agent/providers/nginx'),
  },
]
