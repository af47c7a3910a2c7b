// Completion scripts by the name of the shell.
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import type { CommandNode } from './tree.ts'
import { zshCompletion } from './zsh.ts'

export const COMPLETIONS: Readonly<Record<string, (root: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}
