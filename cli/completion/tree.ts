// The command line as plain data: what completions and the man page are made of. Pure.
import type { Command } from 'commander'

export type OptionNode = {
  /** '--hub <url>' as help shows it. */
  readonly flags: string
  readonly long: string
  readonly short: string | undefined
  readonly about: string
  /** What stands for its value, 'file' of '--config <file>'; undefined when it takes none. */
  readonly value: string | undefined
  readonly choices: readonly string[]
}
export type CommandNode = {
  /** All words that lead here: ['hactl', 'lab', 'up']. */
  readonly path: readonly string[]
  readonly about: string
  /** '<file>' or '[node]', in order. */
  readonly operands: readonly { readonly name: string; readonly text: string }[]
  readonly options: readonly OptionNode[]
  readonly commands: readonly CommandNode[]
}

/** Hidden commands are left out. */
export function treeOf(command: Command, above: readonly string[] = []): CommandNode {
  const path = [...above, command.name()]
  const help = command.createHelp()
  return {
    path,
    about: command.description(),
    operands: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      text: shown(argument.name(), argument),
    })),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      long: option.long ?? '',
      short: option.short,
      about: help.optionDescription(option),
      value: /[<[]([^\]>.]+)/.exec(option.flags)?.[1],
      choices: option.argChoices ?? [],
    })),
    commands: help.visibleCommands(command).map((sub) => treeOf(sub, path)),
  }
}

function shown(name: string, { required, variadic }: { required: boolean; variadic: boolean }) {
  const text = `${name}${variadic ? '...' : ''}`
  return required ? `<${text}>` : `[${text}]`
}

/** The node itself and all below it. */
export const allOf = (node: CommandNode): readonly CommandNode[] => [
  node,
  ...node.commands.flatMap(allOf),
]

export type Values = 'files' | 'directories' | 'nothing'

/** What a shell can offer for a value of this name. */
export function valuesOf(name: string): Values {
  if (/^(?:file|spec|path)$/.test(name)) return 'files'
  return /^(?:dir|directory)$/.test(name) ? 'directories' : 'nothing'
}
