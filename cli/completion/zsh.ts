// Completion for zsh: one function that walks down the commands and describes what may follow. Pure.
import { allOf, type CommandNode, type OptionNode, valuesOf } from './tree.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
/** 'name:description' for _describe; a colon of the name itself would end it. */
const described = (name: string, about: string): string =>
  quoted(`${name.replaceAll(':', '\\:')}:${about}`)

function offer(name: string, choices: readonly string[]): string {
  if (choices.length > 0) return `compadd -- ${choices.map(quoted).join(' ')}`
  const values = valuesOf(name)
  return values === 'files' ? '_files' : values === 'directories' ? '_files -/' : '_message value'
}

const spellings = (option: OptionNode): readonly string[] =>
  [option.long, option.short ?? ''].filter((spelling) => spelling !== '')

const valueCases = (node: CommandNode): readonly string[] =>
  node.options.flatMap((option) =>
    option.value === undefined
      ? []
      : spellings(option).map(
          (spelling) =>
            `    (${quoted(`${node.path.join(' ')}|${spelling}`)}) ${offer(option.value ?? '', option.choices)}; return ;;`,
        ),
  )

function placeCase(node: CommandNode): string {
  const options = node.options.flatMap((option) =>
    spellings(option).map((spelling) => described(spelling, option.about)),
  )
  const commands = node.commands.map((c) => described(c.path.at(-1) ?? '', c.about))
  const plain =
    commands.length > 0
      ? `items=(${commands.join(' ')}); _describe command items`
      : offer(node.operands[0]?.name ?? '', [])
  return `    (${quoted(node.path.join(' '))})
      if [[ \${words[CURRENT]} == -* ]]; then
        items=(${options.join(' ')}); _describe -o option items
      else
        ${plain}
      fi ;;`
}

export function zshCompletion(root: CommandNode): string {
  const all = allOf(root)
  const below = all
    .filter((node) => node.path.length > 1)
    .map((node) => quoted(node.path.join(' ')))
  const name = root.path[0] ?? ''
  return `#compdef ${name}
# zsh completion for ${name}; written by \`${name} completion zsh\`.
_${name}() {
  local at=${name} i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      (${below.join('|')}) at+=" \${words[i]}" ;;
    esac
  done
  case "$at|\${words[CURRENT-1]}" in
${all.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${all.map(placeCase).join('\n')}
  esac
}
# Loaded by compinit as a function of this name, or sourced.
if [[ \${funcstack[1]} == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`
}
