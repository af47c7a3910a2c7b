// The fate of every directive: each is entered when it is read, and leaves with exactly one fate.
import assert from 'node:assert/strict'
import { type Decision, type Directive, type Entry, FATES, type Fate } from './types.ts'

export type Ledger = {
  /** Called once for each directive of a file, before anything is said of it. */
  readonly enter: (directives: readonly Directive[]) => undefined
  readonly say: (directive: Directive, fate: Fate, why?: string) => undefined
  readonly decide: (where: string, what: string) => undefined
  /** In the order of the files; what nobody spoke of is not taken, never lost. */
  readonly close: () => {
    readonly report: readonly Entry[]
    readonly decisions: readonly Decision[]
  }
}

type Said = { readonly fate: Fate; readonly why: string }

export function newLedger(): Ledger {
  const entered: Directive[] = []
  const said = new Map<Directive, Said>()
  const decisions = new Map<string, Decision>()
  return {
    enter: (directives) => {
      entered.push(...directives)
    },
    say: (directive, fate, why = '') => {
      const before = said.get(directive)
      if (before === undefined || FATES.indexOf(fate) > FATES.indexOf(before.fate))
        said.set(directive, { fate, why })
    },
    decide: (where, what) => {
      decisions.set(`${where}\n${what}`, { where, what })
    },
    close: () => {
      const known = new Set(entered)
      assert(known.size === entered.length, 'a directive was entered twice')
      for (const directive of said.keys())
        assert(known.has(directive), `nobody read ${directive.text}`)
      const report = entered.map((directive) => entryOf(directive, said.get(directive)))
      const asked = [...decisions.values()].map(({ where, what }) => ({
        where,
        what: masked(what),
      }))
      return { report, decisions: asked }
    },
  }
}

function entryOf({ file, line, text }: Directive, said: Said | undefined): Entry {
  const { fate, why } = said ?? { fate: 'not-taken', why: '' }
  const speechless = why === '' && (fate === 'replaced' || fate === 'not-taken')
  return {
    file,
    line,
    text: masked(text),
    fate,
    why: speechless ? 'hactl has no translation for it' : masked(why),
  }
}

/** Reports are shared: the passwords of old files do not stand in them. */
const masked = (text: string): string =>
  text
    .replace(/\b(auth_pass|(?:insecure-)?password|passphrase)(\s+)("[^"]*"?|\S+)/gi, '$1$2***')
    .replace(/\b(stats\s+auth\s+[^\s:]*:)(?:\\.|\S)+/gi, '$1***')

/** How many directives met each fate; the sum is their number. */
export function countsOf(report: readonly Entry[]): Readonly<Record<Fate, number>> {
  const count = (fate: Fate) => report.filter((entry) => entry.fate === fate).length
  const counts = {
    modelled: count('modelled'),
    kept: count('kept'),
    replaced: count('replaced'),
    'not-taken': count('not-taken'),
  }
  const sum = FATES.reduce((all, fate) => all + counts[fate], 0)
  assert(sum === report.length, 'a directive has no fate')
  return counts
}
