// What a haproxy directive is called, which half of a `listen` it belongs to, and what old words are called today.
import type { Line } from './haproxy-text.ts'

const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))
const FRONT = set(
  `bind maxconn default_backend use_backend monitor-uri monitor monitor-net capture backlog rate-limit unique-id-format
  unique-id-header log-format log-format-sd declare grace`,
)
const FRONT_WORDS = set(
  `client http-keep-alive http-request client-fin client-hs httplog tcplog dontlognull dontlog-normal logasap
  log-separate-errors http-ignore-probes contstats tcp-smart-accept clitcpka accept-invalid-http-request socket-stats
  http-use-proxy-header`,
)
const BACK = set(
  `server server-template balance cookie default-server http-check tcp-check hash-type http-reuse stick stick-table
  appsession fullconn source use-server load-server-state-from-file retry-on dispatch external-check persist force-persist
  ignore-persist http-send-name-header retries transparent tcp-response email-alert hash-balance-factor
  max-keep-alive-queue max-session-srv-conns`,
)
const BACK_WORDS = set(
  `server connect queue check server-fin tunnel httpchk tcp-check ssl-hello-chk mysql-check pgsql-check redis-check smtpchk
  ldap-check external-check spop-check redispatch persist allbackups abortonclose prefer-last-server srvtcpka
  tcp-smart-connect transparent checkcache log-health-checks accept-invalid-http-response`,
)

/** `no option X` and `option X` have one key, so has `timeout X`. */
export function keyOf(words: readonly string[]): string {
  const plain = words[0] === 'no' || words[0] === 'default' ? words.slice(1) : words
  const [first = '', second = ''] = plain
  return first === 'option' || first === 'timeout' ? `${first} ${second}` : first
}

export function sideOf(key: string): 'front' | 'back' | 'both' {
  const [first = '', second = ''] = key.split(' ')
  if (second !== '')
    return FRONT_WORDS.has(second) ? 'front' : BACK_WORDS.has(second) ? 'back' : 'both'
  return FRONT.has(first) ? 'front' : BACK.has(first) ? 'back' : 'both'
}

const RENAMED: Readonly<Record<string, readonly string[]>> = {
  contimeout: ['timeout', 'connect'],
  clitimeout: ['timeout', 'client'],
  srvtimeout: ['timeout', 'server'],
  redispatch: ['option', 'redispatch'],
  forceclose: ['option', 'httpclose'],
  block: ['http-request', 'deny'],
}
/** Directives that haproxy 2.1 refuses (its CHANGELOG: "the req* and rsp* keywords were removed"). */
const GONE = /^(?:req|rsp)(?:i?(?:rep|del|deny|pass|allow|tarpit)|add)$/

export type Today = { readonly raws: readonly string[]; readonly words: readonly string[] }

/** The same in today's words; 'gone' for an old directive that has no equal, undefined for what is not old. */
export function todayOf(line: Line): Today | 'gone' | undefined {
  const [first = '', ...rest] = line.words
  if (first === 'option' && rest[0] === 'forceclose')
    return { words: ['option', 'httpclose'], raws: ['option', 'httpclose'] }
  const renamed = Object.hasOwn(RENAMED, first) ? RENAMED[first] : undefined
  if (renamed !== undefined)
    return { words: [...renamed, ...rest], raws: [...renamed, ...line.raws.slice(1)] }
  if (first === 'appsession') return 'gone'
  if (first === 'dispatch')
    return { words: ['server', 'dispatch', ...rest], raws: ['server', 'dispatch', ...rest] }
  if (!GONE.test(first)) return undefined
  return rewritten(first, line) ?? 'gone'
}

function rewritten(first: string, line: Line): Today | undefined {
  const action = first.startsWith('req') ? 'http-request' : 'http-response'
  const verb = first.slice(3).replace(/^i/, '')
  const [, pattern = '', replacement = ''] = line.raws
  const both = (...raws: readonly string[]): Today => ({ raws, words: raws })
  if (verb === 'add') {
    const found = /^([A-Za-z0-9-]+):(?:\\ )?(.*)$/.exec(pattern)
    if (found === null || found[2] === '') return undefined
    return both(action, 'add-header', found[1] ?? '', found[2] ?? '', ...line.raws.slice(2))
  }
  if (verb === 'del') {
    const found = /^\^?([A-Za-z0-9-]+):?(?:\.\*)?$/.exec(pattern)
    return found === null
      ? undefined
      : both(action, 'del-header', found[1] ?? '', ...line.raws.slice(2))
  }
  const ends = Object.hasOwn(VERDICTS, verb) ? VERDICTS[verb] : undefined
  if (ends !== undefined) return verdictOf(`${action} ${ends}`, /^...i/.test(first), line)
  if (verb !== 'rep') return undefined
  return uriOf(pattern, replacement, line) ?? headerOf(action, pattern, replacement, line)
}

const VERDICTS: Readonly<Record<string, string>> = {
  deny: 'deny',
  allow: 'allow',
  pass: 'allow',
  tarpit: 'tarpit',
}

/** A verdict about a header by its name, or about the path behind the method; a pattern for any line has no equal. */
function verdictOf(action: string, ignoreCase: boolean, line: Line): Today | undefined {
  const [, pattern = '', word = '', ...conditions] = line.raws
  // A condition beside the pattern would need an "and" with each of its alternatives.
  if (word !== '' || conditions.length > 0) return undefined
  const flag = ignoreCase ? ' -i' : ''
  const fetch = action.startsWith('http-request') ? 'req.fhdr' : 'res.fhdr'
  const header = /^\^([A-Za-z0-9-]+):\\ (\S.*)$/.exec(pattern)
  const path = /^\^\[\^\\ :?\]\*\\ (\/\S*)$/.exec(pattern)?.[1]
  const test =
    header !== null && !header[2]?.includes('\\ ')
      ? `${fetch}(${header[1]}) -m reg${flag} ^${header[2]}`
      : path !== undefined && action.startsWith('http-request') && !path.includes('\\ ')
        ? `url_reg${flag} ^${path}`
        : undefined
  if (test === undefined) return undefined
  const raws = [...action.split(' '), 'if', '{', ...test.split(' '), '}']
  return { raws, words: raws }
}

/** `^([^\ :]*)\ /a/(.*)` to `\1\ /\2`: a rewrite of the request line that leaves the method alone. */
function uriOf(pattern: string, replacement: string, line: Line): Today | undefined {
  const from = /^\^?\(\[\^\\ :?\]\*\)\\ (\/.*|\(.*)$/.exec(pattern)?.[1]
  const to = /^\\1\\ (.*)$/.exec(replacement)?.[1]
  if (from === undefined || to === undefined || /HTTP|\\ /.test(from + to)) return undefined
  if (/\\1/.test(to)) return undefined
  const shifted = to.replace(/\\([2-9])/g, (_, n: string) => `\\${Number(n) - 1}`)
  const raws = ['http-request', 'replace-uri', `^${from}`, shifted, ...line.raws.slice(3)]
  return { raws, words: raws }
}

function headerOf(
  action: string,
  pattern: string,
  replacement: string,
  line: Line,
): Today | undefined {
  const from = /^\^([A-Za-z0-9-]+):\\ (.+)$/.exec(pattern)
  const to = /^([A-Za-z0-9-]+):\\ (.+)$/.exec(replacement)
  if (from === null || to === null || from[1]?.toLowerCase() !== to[1]?.toLowerCase())
    return undefined
  const raws = [action, 'replace-header', from[1] ?? '', from[2] ?? '', to[2] ?? '']
  return { raws: [...raws, ...line.raws.slice(3)], words: raws }
}
