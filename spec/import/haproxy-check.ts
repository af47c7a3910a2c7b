// Health checks of a backend: modelled as a whole, or kept as a whole where one line of them is not.
import type { Line } from './haproxy-text.ts'
import type { Draft } from './types.ts'

const PATH = /^\/?[A-Za-z0-9/._~!$&()*+,;=:@%?-]{1,256}$/
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,253})$/
const METHOD = /^[A-Z]{1,20}$/

/** What the lines ask for, undefined when a word of them is not modelled; `{}` when there is none. */
export function readCheck(lines: readonly Line[]): Draft | undefined {
  if (lines.length === 0) return {}
  const check: Draft = {}
  for (const { words } of lines) {
    const [first, second] = words
    const done =
      first === 'option' && second === 'httpchk'
        ? httpchk(words.slice(2), check)
        : first === 'http-check' && second === 'send'
          ? send(words.slice(2), check)
          : first === 'http-check' && second === 'expect'
            ? expect(words.slice(2), check)
            : false
    if (!done) return undefined
  }
  // `http-check` without `option httpchk` does nothing; whoever wrote that is not guessed at.
  return check['type'] === 'http' ? check : undefined
}

/** [method] uri [version]: OPTIONS / when nothing is said (configuration manual, "option httpchk"). */
function httpchk(words: readonly string[], check: Draft): boolean {
  const [method, uri, version, ...rest] = words.length === 1 ? ['OPTIONS', words[0]] : words
  if (rest.length > 0) return false
  if (!METHOD.test(method ?? 'OPTIONS') || !PATH.test(uri ?? '/')) return false
  check['type'] = 'http'
  check['method'] = method ?? 'OPTIONS'
  check['path'] = uri ?? '/'
  if (version === undefined || /^HTTP\/1\.[01]$/.test(version)) return version !== 'HTTP/1.1'
  const host =
    /^HTTP\/1\.[01](?:\r\n|\\r\\n)[Hh]ost: ?([^\r\n\\ ]+)(?:(?:\r\n|\\r\\n)Connection: close)?$/.exec(
      version,
    )
  if (host === null || !HOST.test(host[1] ?? '')) return false
  check['host'] = host[1]
  return true
}

function send(words: readonly string[], check: Draft): boolean {
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at]
    const value = words[at + 1] ?? ''
    if (word === 'meth' && METHOD.test(value)) check['method'] = value
    else if (word === 'uri' && PATH.test(value)) check['path'] = value
    else if (word === 'ver' && /^HTTP\/1\.[01]$/.test(value)) continue
    else if (word === 'hdr' && /^host$/i.test(value) && HOST.test(words[at + 2] ?? '')) {
      check['host'] = words[at + 2]
      at++
    } else return false
  }
  return true
}

const expect = (words: readonly string[], check: Draft): boolean => {
  if (words.length !== 2 || words[0] !== 'status') return false
  if (!/^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?$/.test(words[1] ?? '')) return false
  check['status'] = words[1]
  return true
}
