// The real command line as data, for the tests of what is made from it.
import { type CommandNode, treeOf } from '../../../cli/completion/tree.ts'
import { makeProgram } from '../../../cli/program.ts'
import { jumpingClock } from '../fake.ts'

export const tree = (): CommandNode =>
  treeOf(
    makeProgram({
      out: () => {},
      err: () => {},
      color: false,
      terminal: false,
      json: false,
      cwd: '/',
      env: {},
      stdin: async () => '',
      signal: new AbortController().signal,
      clock: jumpingClock(),
    }),
  )
