// Defects in the look from outside and in fencing.
import type { Mutant } from './table.ts'

const tests = (file: string) => ['--test', `test/${file}.test.ts`]

export const OUTSIDE_MUTANTS: readonly Mutant[] = [
  {
    name: 'the hub alone undoes what it likes',
    file: 'agent/outside/judge.ts',
    find: 'else if (by.some(({ name }) => name !== HUB))',
    replace: 'else if (by.length > 0)',
    kill: tests('agent/outside/judge'),
  },
  {
    name: 'an asker without a way of its own is believed',
    file: 'agent/outside/judge.ts',
    find: "return path ? 'failed' : 'none'",
    replace: "return 'failed'",
    kill: tests('agent/outside/judge'),
  },
  {
    name: 'what failed from outside on a peer is kept here',
    file: 'agent/outside/refused.ts',
    find: "    await memory.keepSpec('proven', previous)\n",
    replace: '',
    kill: tests('agent/outside/refused'),
  },
  {
    name: 'a peer that quotes this node falsely is believed',
    file: 'agent/outside/refused.ts',
    find: 'if (!contradicted) return true',
    replace: 'if (of !== node) return true',
    kill: tests('agent/outside/refused'),
  },
  {
    name: 'a peer asks whatever it is told to',
    file: 'agent/outside/answer.ts',
    find: '!keys.includes(probe.key) ||',
    replace: '',
    kill: tests('agent/outside/answer'),
  },
  {
    name: 'the lower priority fences as well',
    file: 'agent/fence.ts',
    find: 'if (priority(node) <= priority(victim))',
    replace: 'if (node === victim)',
    kill: tests('agent/fence'),
  },
  {
    name: 'two that run different specs fence each other',
    file: 'agent/fence.ts',
    find: 'if (!agree)',
    replace: "if (!agree && victim === '')",
    kill: tests('sim/fence'),
  },
  {
    name: 'a shot is noted only when it is over',
    file: 'agent/fencing.ts',
    find: "    await keep(deps, book, victim, { ...note, result: 'asked' })\n",
    replace: '',
    kill: tests('agent/fencing'),
  },
  {
    name: 'a killed agent forgets what answered before its change',
    file: 'agent/outside/index.ts',
    find: 'if (memory.meta().baseline?.digest === cluster.digest) return\n',
    replace: '',
    kill: tests('agent/outside/index'),
  },
  {
    name: 'silence of a vip that a peer holds by now fails a change',
    file: 'agent/outside/index.ts',
    find: 'if (elsewhere.length === gone.length)',
    replace: 'if (elsewhere.length > gone.length)',
    kill: tests('agent/outside/index'),
  },
]
