// HA082: a notify section that tells nobody, or nothing.
import { entries } from '../maps.ts'
import { type Rule, warning } from './rule.ts'

export const notifyReaches: Rule = ({ notify }) => {
  if (notify === undefined) return []
  const nobody = notify.mail === undefined && entries(notify.webhooks).length === 0
  if (nobody)
    return [
      warning(
        'HA082',
        ['notify'],
        'nobody is told: no mail, no webhook',
        'add "mail" or "webhooks"',
      ),
    ]
  if (notify.on?.length !== 0) return []
  return [
    warning(
      'HA082',
      ['notify', 'on'],
      'nothing is ever told: the list is empty',
      'leave it out to hear of everything',
    ),
  ]
}
