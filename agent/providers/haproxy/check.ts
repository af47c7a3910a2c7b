// How servers of a pool are found healthy, in the words of each version.
import type { ClusterCheck } from '../../../spec/cluster.ts'
import type { Version } from '../../engine.ts'
import { has } from './profiles.ts'
import { word } from './words.ts'

/** What haproxy expects when nothing is said: 2xx and 3xx (configuration manual, "option httpchk"). */
const STATUS_DEFAULT = '200-399'

/** "200" or "200-399" as a regular expression for versions without ranges: ^(2..|30[0-3])$ in the long form. */
export function statusRegex(status: string): string {
  const [from = '200', to = from] = status.split('-')
  const codes: string[] = []
  for (let code = Number(from); code <= Number(to); code++) {
    if (code % 100 === 0 && code + 99 <= Number(to)) {
      codes.push(`${code / 100}..`)
      code += 99
    } else codes.push(String(code))
  }
  return `^(${codes.join('|')})$`
}

function expectLines(status: string, version: Version): readonly string[] {
  if (has(version, 'http-check expect status ranges')) return [`http-check expect status ${status}`]
  if (status === STATUS_DEFAULT) return []
  if (!status.includes('-')) return [`http-check expect status ${status}`]
  return [`http-check expect rstatus ${word(statusRegex(status))}`]
}

/** HTTP/1.1 wants a Host header (RFC 9112 section 3.2), so without a host the request is HTTP/1.0. */
function httpLines(check: ClusterCheck, version: Version): readonly string[] {
  const { method, path, host } = check
  if (has(version, 'http-check send')) {
    const tail = host === undefined ? 'ver HTTP/1.0' : `ver HTTP/1.1 hdr Host ${word(host)}`
    return ['option httpchk', `http-check send meth ${word(method)} uri ${word(path)} ${tail}`]
  }
  // Before 2.2 headers can only ride on the version field; the blanks are escaped to stay one word.
  const tail =
    host === undefined ? 'HTTP/1.0' : `HTTP/1.1\\r\\nHost:\\ ${word(host)}\\r\\nConnection:\\ close`
  return [`option httpchk ${word(method)} ${word(path)} ${tail}`]
}

/** The text is sent as a line: nearly every text protocol ends one with CR LF, and the spec has no way to write it. */
function tcpLines(check: ClusterCheck): readonly string[] {
  const connect =
    check.port === undefined ? 'tcp-check connect' : `tcp-check connect port ${check.port}`
  return [
    'option tcp-check',
    connect,
    ...(check.send === undefined ? [] : [`tcp-check send ${word(check.send)}\\r\\n`]),
    ...(check.expect === undefined ? [] : [`tcp-check expect string ${word(check.expect)}`]),
  ]
}

/** Lines of the backend; the server lines carry the word `check`. */
export function checkLines(check: ClusterCheck, version: Version): readonly string[] {
  if (check.type === 'http')
    return [...httpLines(check, version), ...expectLines(check.status, version)]
  return check.type === 'tcp' ? tcpLines(check) : []
}
