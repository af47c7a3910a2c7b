// Defects of what keeps secrets secret: a value that is quoted, shown, kept too wide, forgotten too early, or told to a thief.
import type { Mutant } from './table.ts'

const tests = (file: string) => ['--test', `test/${file}.test.ts`]

export const SECRET_MUTANTS: readonly Mutant[] = [
  {
    name: 'a daemon is quoted with the secret that it repeats',
    file: 'agent/apply.ts',
    find: 'const text = vault?.redact(error.message) ?? error.message',
    replace: "const text = vault === undefined ? '' : error.message",
    kill: tests('agent/vault'),
  },
  {
    name: 'the status says what it is told, secrets and all',
    file: 'agent/status.ts',
    find: 'const text = redact(said).slice(0, 1000)',
    replace: 'const text = said.slice(0, 1000)',
    kill: tests('agent/status'),
  },
  {
    name: 'a file with a secret is for everybody',
    file: 'agent/plan/index.ts',
    find: '.map(narrowed)',
    replace: '',
    kill: tests('agent/vault'),
  },
  {
    name: 'what is read of a file shows its values',
    file: 'agent/vault.ts',
    find: 'body: texts.seal(file.body)',
    replace: 'body: file.body',
    kill: tests('agent/vault'),
  },
  {
    name: 'a fingerprint that anybody can make',
    file: 'agent/vault.ts',
    find: "createHmac('sha256', key)",
    replace: "createHmac('sha256', 'key')",
    kill: tests('agent/vault'),
  },
  {
    name: 'a value may be anything',
    file: 'agent/vault.ts',
    find: "want.kind === 'daemon' && !wordOf(want.engine).test(text)",
    replace: 'false',
    kill: tests('agent/vault'),
  },
  {
    name: 'the value of before is forgotten before the new one is proved',
    file: 'agent/vault.ts',
    find: 'const needed = new Set([...wanted, ...[...good().values()].flatMap(marksOf)])',
    replace: 'const needed = new Set(wanted)',
    kill: tests('agent/vault'),
  },
  {
    name: 'a secret prints itself',
    file: 'spec/secret.ts',
    find: '  toJSON(): string {\n    return SECRET_MASK',
    replace: '  toJSON(): string {\n    return this.#value',
    kill: tests('spec/secret'),
  },
  {
    name: 'another key by the hub than by the spec is taken',
    file: 'cli/secret-keys.ts',
    find: 'mine !== other && flags.replaceKeys !== true',
    replace: 'mine !== other && flags.replaceKeys === true',
    kill: tests('cli/secret'),
  },
]
