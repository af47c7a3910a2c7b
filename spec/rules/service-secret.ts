// HA066: a service's file in the spec is read by all who read the spec.
import { entries } from '../maps.ts'
import { withoutReferences } from '../secrets.ts'
import { type Rule, warning } from './rule.ts'
import { INSTEAD } from './secret-inline.ts'

/** An assignment of a literal; a variable, a call, a file name or an empty value is none. */
const SECRET =
  /(?:password|passwd|secret|token|api[-_]?key)['"\]]*\s*(?:=>?|:|,|\s)\s*['"]?(?![$/<{%]|[a-z_]+\()[^\s'",;]{4,}/i
const COMMENT = /^\s*(?:#|;|\/\/|\*)/

export const serviceSecret: Rule = (spec) =>
  entries(spec.services).flatMap(([name, { files }]) =>
    entries(files).flatMap(([path, { lines }]) =>
      lines.flatMap((line, at) =>
        COMMENT.test(line) || !SECRET.test(withoutReferences(line))
          ? []
          : [
              warning(
                'HA066',
                ['services', name, 'files', path, 'lines', at],
                'this looks like a secret',
                INSTEAD,
              ),
            ],
      ),
    ),
  )
