// Which nginx knows which directive; nothing outside its range is rendered (nginx's CHANGES file, FIELD 4.8).
import type { Version } from '../../engine.ts'
import { type Range, within } from '../versions.ts'

/** First version that has it, first that warns about it, and what the operator lives with where it is missing. */
const DIRECTIVES = {
  'balance random': { from: [1, 15, 1], without: 'balance roundrobin is used' },
  'listen http2': {
    from: [1, 9, 5],
    until: [1, 25, 1],
    without: 'the directive http2 stands for it',
  },
  'http2 on': { from: [1, 25, 1], without: 'listen ... http2 stands for it' },
} as const satisfies Readonly<Record<string, Range>>

export type Directive = keyof typeof DIRECTIVES

/** Whether this version takes the directive without an error or a warning that is avoidable. */
export const has = (version: Version, directive: Directive): boolean =>
  within(version, DIRECTIVES[directive])

/** Note for `hactl plan`: what was left out and what follows from it. */
export function leftOut(version: Version, directive: Directive): string {
  const { from, without } = DIRECTIVES[directive]
  return `nginx ${version.join('.')} has no ${directive} (from ${from.join('.')}): ${without}`
}
