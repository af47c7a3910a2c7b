// HA037: specs are read by many; a secret does not belong into one.
import { entries } from '../maps.ts'
import { withoutReferences } from '../secrets.ts'
import { extraOf } from './extra-lines.ts'
import { keepalivedLists } from '../keepalived-lists.ts'
import { keptOf } from './verbatim-lines.ts'
import { type Rule, warning } from './rule.ts'

const SECRETS = [
  /(?:password|passwd|secret|token|api[-_]?key|credential)[^a-z0-9]+\S{4,}/i,
  /\b(?:basic|bearer)\s+[a-z0-9+/=._-]{8,}/i,
  /\b(?:stats\s+)?auth\s+\S+:\S+/i,
]
/** A hash in a userlist: what stands there is not the password. */
const HASHED = /^user \S+ password \$[0-9a-z]+\$/
const URL_LOGIN = /^https?:\/\/[^/@]*:[^/@]*@/
/** Whoever knows this address can post: Slack, Teams, Discord, and most of their kind. */
const URL_SECRET =
  /^https:\/\/(?:hooks\.slack\.com|[a-z0-9.-]*discord(?:app)?\.com\/api\/webhooks|[a-z0-9.-]+\.webhook\.office\.com)\//

/** What to do instead, for HA066 as well. */
export const INSTEAD = `name it in "secrets" and write \${secret:NAME} here; hactl secret encrypt keeps it in the spec for the nodes alone`

const AS_FILE = `use "urlFile": file:/PATH, credential:NAME, env:HACTL_SECRET_NAME or \${secret:NAME}`
const ON_NODES = 'give it in agent.json of the nodes: "user" and "tokenFile" of source.git'

export const secretInline: Rule = (spec) => {
  const kept = [...keepalivedLists(spec), ...keptOf(spec)].flatMap(({ keys, lines: list }) =>
    list.map((line, at) => ({ keys: [...keys, at], line })),
  )
  const lines = [...extraOf(spec), ...kept]
    .filter(({ line }) => !HASHED.test(line))
    .filter(({ line }) => SECRETS.some((secret) => secret.test(withoutReferences(line))))
    .map(({ keys }) => ({ keys, hint: INSTEAD }))
  const urls = entries(spec.notify?.webhooks)
    .filter(([, { url = '' }]) => URL_LOGIN.test(url) || URL_SECRET.test(url))
    .map(([name]) => ({ keys: ['notify', 'webhooks', name, 'url'], hint: AS_FILE }))
  const logins = spec.source?.url !== undefined && URL_LOGIN.test(spec.source.url)
  const source = logins ? [{ keys: ['source', 'url'], hint: ON_NODES }] : []
  return [...lines, ...urls, ...source].map(({ keys, hint }) =>
    warning('HA037', keys, 'this looks like a secret', hint),
  )
}
