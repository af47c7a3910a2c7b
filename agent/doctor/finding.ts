// How checks word their findings: one builder, bounded texts.
import type { Finding } from '../../spec/report.ts'

type Words = {
  readonly what: string
  readonly why: string
  /** Shell commands, each on a line of its own. */
  readonly fix?: readonly string[]
  readonly hint?: string
}

const WORDS_MAX = 600
const FIX_MAX = 1000
const cut = (text: string, max: number): string => text.replaceAll(/\p{Cc}/gu, ' ').slice(0, max)

/** A fix that does not fit is no command: it is left out whole, never cut. */
const fixOf = (commands: readonly string[]): string => {
  const text = commands.map((line) => cut(line, FIX_MAX)).join('\n')
  return text.length > FIX_MAX ? '' : text
}

const finding =
  (severity: Finding['severity']) =>
  (check: string, words: Words): Finding => ({
    check,
    severity,
    what: cut(words.what, WORDS_MAX),
    why: cut(words.why, WORDS_MAX),
    fix: fixOf(words.fix ?? []),
    hint: cut(words.hint ?? '', WORDS_MAX),
  })

/** It does not work, or will not when it is needed. */
export const error = finding('error')
/** It works, and something makes that less sure. */
export const warning = finding('warning')
/** What could not be found out, or is worth knowing. */
export const info = finding('info')

/** The command that installs a package with what the node has; words where it has neither. */
export const install = (
  packager: 'apt' | 'dnf' | 'none',
  apt: string,
  dnf: string = apt,
): string =>
  packager === 'apt'
    ? `apt-get install -y ${apt}`
    : packager === 'dnf'
      ? // EL7 has yum only; on later ones yum is dnf.
        `yum install -y ${dnf}`
      : ''

/** `['a']` for a command, nothing for ''. */
export const only = (command: string): readonly string[] => (command === '' ? [] : [command])
