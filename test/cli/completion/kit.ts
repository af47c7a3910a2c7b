// The real command line as data, for the tests of what is made from it.
import { type CommandNode, treeOf } from '../../../cli/completion/tree.ts'
import { muteIo } from '../../../cli/io.ts'
import { makeProgram } from '../../../cli/program.ts'

export const tree = (): CommandNode => treeOf(makeProgram(muteIo))
