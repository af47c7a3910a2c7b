// Defects planted in the import of keepalived.conf and in the lines that the spec keeps of it.
import type { Mutant } from './table.ts'

const tests = (...files: readonly string[]) => ['--test', ...files.map((f) => `test/${f}.test.ts`)]

export const IMPORT_MUTANTS: readonly Mutant[] = [
  {
    name: 'import: a program without a user runs as root',
    file: 'spec/import/keepalived-keep.ts',
    find: "const USER_DEFAULT = 'keepalived_script'",
    replace: "const USER_DEFAULT = 'root'",
    kill: tests('spec/import/keepalived'),
  },
  {
    name: "import: one host's line is for all",
    file: 'spec/import/keepalived-keep.ts',
    find: '[...all].every((node) => by.has(node))',
    replace: '[...all].some((node) => by.has(node))',
    kill: tests('spec/import/keepalived'),
  },
  {
    name: 'import: the password is asked for by nobody',
    file: 'spec/import/keepalived-vrrp.ts',
    find: "  sayAll(block, imp, 'modelled')\n  imp.decide(",
    replace: "  sayAll(block, imp, 'modelled')\n  void (",
    kill: tests('spec/import/keepalived'),
  },
  {
    name: 'extra: a } may close the block of hactl',
    file: 'spec/rules/keepalived-extra.ts',
    find: 'open(lines, at) < 0',
    replace: 'open(lines, at) < -9',
    kill: tests('spec/lint'),
  },
  {
    name: 'extra: a program without a user is no fault',
    file: 'spec/rules/keepalived-script.ts',
    find: 'user === undefined ? nobody(list, line)',
    replace: 'user === undefined ? undefined',
    kill: tests('spec/lint'),
  },
  {
    name: 'extra: the check reads the user that it falls over',
    file: 'agent/providers/keepalived/extra.ts',
    find: "[...words.slice(0, at), 'root']",
    replace: '[...words.slice(0, at), user]',
    kill: tests('agent/providers/keepalived-engine'),
  },
  {
    name: 'extra: programs run without script security',
    file: 'agent/providers/keepalived/render.ts',
    find: "(runs && has(version, 'enable_script_security'))",
    replace: '(runs && version.length > 9)',
    kill: tests('agent/providers/keepalived'),
  },
]
