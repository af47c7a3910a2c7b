// Completion for bash, without the bash-completion package: COMP_WORDS walks down the commands. Pure.
import { allOf, type CommandNode, type OptionNode, valuesOf } from './tree.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const words = (list: readonly string[]): string => quoted(list.join(' '))

/** Words that `compgen` gives for a value. */
function generator(name: string, choices: readonly string[]): string {
  if (choices.length > 0) return `-W ${words(choices)}`
  const values = valuesOf(name)
  return values === 'files' ? '-f' : values === 'directories' ? '-d' : "-W ''"
}

const spellings = (option: OptionNode): readonly string[] =>
  [option.long, option.short ?? ''].filter((spelling) => spelling !== '')

function valueCases(node: CommandNode): readonly string[] {
  return node.options.flatMap((option) =>
    option.value === undefined
      ? []
      : spellings(option).map(
          (spelling) =>
            `    ${quoted(`${node.path.join(' ')}|${spelling}`)}) _${node.path[0]}_offer ${generator(option.value ?? '', option.choices)}; return ;;`,
        ),
  )
}

function placeCase(node: CommandNode): string {
  const options = node.options.flatMap(spellings)
  const offer = `_${node.path[0]}_offer`
  const operand = node.operands[0]
  const plain =
    node.commands.length > 0
      ? `-W ${words(node.commands.map((c) => c.path.at(-1) ?? ''))}`
      : generator(operand?.name ?? '', [])
  return `    ${quoted(node.path.join(' '))})
      if [[ $cur == -* ]]; then ${offer} -W ${words(options)}; else ${offer} ${plain}; fi ;;`
}

export function bashCompletion(root: CommandNode): string {
  const all = allOf(root)
  const below = all
    .filter((node) => node.path.length > 1)
    .map((node) => quoted(node.path.join(' ')))
  const name = root.path[0] ?? ''
  return `# bash completion for ${name}; written by \`${name} completion bash\`.
# The words of compgen, one reply each; names with spaces stay one word. Sees cur of its caller.
_${name}_offer() { mapfile -t COMPREPLY < <(compgen "$@" -- "$cur"); }
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at=${name} i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${below.join('|')}) at+=" \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at|$prev" in
${all.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${all.map(placeCase).join('\n')}
  esac
}
complete -o filenames -F _${name} ${name}
`
}
