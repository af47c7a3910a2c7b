// The digest that the running process reports, so that a reload is proved and not assumed (FIELD 4.7).
import { createHash } from 'node:crypto'
import { EXTRA_MARK, INDENT, LIVE_MARK } from './words.ts'

const DIGEST_DIGITS = 16
const DESCRIPTION = /^(\s*description hactl:)[0-9a-f]*$/m
const LIVE_SERVER = /^( {4}server \S+ \S+) weight \d+(?: disabled)?/

/** The text without what the runtime API changes and without the digest itself. */
export function withoutLive(text: string): string {
  let live = false
  return text
    .replace(DESCRIPTION, '$1')
    .split('\n')
    .map((line) => {
      if (line === INDENT + LIVE_MARK) live = true
      // Lines of the operator and the next section: nothing there is set by the runtime API.
      else if (line === INDENT + EXTRA_MARK || /^\S/.test(line)) live = false
      return live ? line.replace(LIVE_SERVER, '$1') : line
    })
    .join('\n')
}

/** 16 hex digits of the sha256; the same for two texts that differ only in live settings. */
export function digestOf(text: string): string {
  return createHash('sha256').update(withoutLive(text)).digest('hex').slice(0, DIGEST_DIGITS)
}

/** Puts the digest of the text into its description line. */
export function stamped(text: string): { readonly text: string; readonly digest: string } {
  const digest = digestOf(text)
  return { digest, text: text.replace(/^(\s*description hactl:)$/m, `$1${digest}`) }
}

/** Digest in the answer to `show info` or in a configuration text, '' when there is none. */
export function digestIn(text: string): string {
  return /^\s*description:? hactl:([0-9a-f]{16})\s*$/im.exec(text)?.[1] ?? ''
}
