// HA122: a file that holds a secret and that everybody on the node may read.
import { entries } from '../maps.ts'
import { referencesIn } from '../secrets.ts'
import { error, type Rule } from './rule.ts'

export const secretMode: Rule = (spec) =>
  entries(spec.services).flatMap(([name, { files }]) =>
    entries(files).flatMap(([path, { lines, mode = '0600' }]) => {
      const [secret] = lines.flatMap(referencesIn)
      if (secret === undefined || mode === '0600' || mode === '0640') return []
      const message = `cannot write secret ${secret} into a file that everybody may read`
      const hint = 'leave mode away: 0600'
      return [error('HA122', ['services', name, 'files', path, 'mode'], message, hint)]
    }),
  )
