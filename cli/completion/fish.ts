// Completion for fish: a test for the place, and one `complete` line for everything that may follow there. Pure.
import { allOf, type CommandNode, type OptionNode, valuesOf } from './tree.ts'

/** In single quotes fish knows two escapes only. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function optionLine(name: string, node: CommandNode, option: OptionNode): string {
  const at = quoted(`__${name}_at ${node.path.join(' ')}`)
  const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`
  const value = option.value
  const offers =
    value === undefined
      ? ''
      : option.choices.length > 0
        ? ` -x -a ${quoted(option.choices.join(' '))}`
        : valuesOf(value) === 'nothing'
          ? ' -x'
          : valuesOf(value) === 'files'
            ? ' -r -F'
            : ` -x -a '(__fish_complete_directories)'`
  return `complete -c ${name} -n ${at}${short} -l ${option.long.slice(2)}${offers} -d ${quoted(option.about)}`
}

function linesOf(name: string, node: CommandNode): readonly string[] {
  const at = quoted(`__${name}_at ${node.path.join(' ')}`)
  const commands = node.commands.map(
    (sub) => `complete -c ${name} -n ${at} -a ${sub.path.at(-1)} -d ${quoted(sub.about)}`,
  )
  const files = valuesOf(node.operands[0]?.name ?? '') === 'files'
  return [
    ...commands,
    ...(files ? [`complete -c ${name} -n ${at} -F`] : []),
    ...node.options.map((option) => optionLine(name, node, option)),
  ]
}

export function fishCompletion(root: CommandNode): string {
  const name = root.path[0] ?? ''
  const all = allOf(root)
  const below = all
    .filter((node) => node.path.length > 1)
    .map((node) => quoted(node.path.join(' ')))
  return `# fish completion for ${name}; written by \`${name} completion fish\`.
function __${name}_at
    set -l at ${name}
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${below.join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv"
end
complete -c ${name} -f
${all.flatMap((node) => linesOf(name, node)).join('\n')}
`
}
