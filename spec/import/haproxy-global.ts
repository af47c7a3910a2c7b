// The section global: most of it is hactl's own business, which renders it for the node and the version it finds.
import { lose } from './haproxy-back.ts'
import type { Line, Section } from './haproxy-text.ts'
import type { Import } from './types.ts'

/** Rendered by hactl with the same meaning. */
const RENDERED = new Set([
  'daemon',
  'user',
  'group',
  'uid',
  'gid',
  'maxconn',
  'description',
  'hard-stop-after',
])
const BETTER: Readonly<Record<string, string>> = {
  chroot: '/dev/log is out of reach in it, and no fact promises that the directory is there',
  pidfile: 'hactl has its own in /run/hactl',
  stats: 'hactl has a runtime socket of its own, for root only',
  nbproc: 'processes are gone since haproxy 2.5; threads follow the CPUs of the node',
  nbthread: 'threads follow the CPUs of the node',
  'cpu-map': 'threads follow the CPUs of the node',
  'master-worker': 'hactl starts haproxy with -W',
  'mworker-max-reloads': 'hactl renders it',
  'ulimit-n': 'haproxy works it out from maxconn',
  node: 'the agent reports for its node',
  'log-tag': 'the journal names the unit',
  'log-send-hostname': 'the journal names the host',
  spread: 'checks of each pool have their interval',
  'spread-checks': 'checks of each pool have their interval',
  'ca-base': 'certificates have absolute paths in the spec',
  'crt-base': 'certificates have absolute paths in the spec',
  'ssl-default-bind-options': 'hactl asks for TLS 1.2 and later',
  'ssl-default-bind-ciphers': "the system's OpenSSL policy decides, TLS 1.2 and later only",
  'ssl-default-bind-ciphersuites': "the system's OpenSSL policy decides, TLS 1.2 and later only",
  'ssl-default-server-options': "the system's OpenSSL policy decides",
  'ssl-default-server-ciphers': "the system's OpenSSL policy decides",
  'ssl-default-server-ciphersuites': "the system's OpenSSL policy decides",
  'tune.ssl.default-dh-param': 'hactl renders 2048',
  debug: 'a service does not run in the foreground',
  quiet: 'the journal has it all',
}

export function readGlobal({ head, lines }: Section, imp: Import): undefined {
  if (head !== undefined) imp.say(head, 'modelled', 'rendered for the node and its version')
  for (const line of lines) readLine(line, imp)
}

function readLine(line: Line, imp: Import): undefined {
  const [first = ''] = line.words
  const better = Object.hasOwn(BETTER, first) ? BETTER[first] : undefined
  if (RENDERED.has(first)) return imp.say(line, 'modelled', 'hactl renders it')
  if (better !== undefined) return imp.say(line, 'replaced', better)
  if (first === 'log') return log(line, imp)
  if (first.startsWith('tune.') || first.startsWith('ssl-')) {
    return imp.say(line, 'not-taken', 'tuning of the process is not in the spec')
  }
  lose(line, 'the section global belongs to hactl', imp)
}

function log(line: Line, imp: Import): undefined {
  const [, target = '', ...words] = line.words
  const facility = words.find((word) => /^(?:local[0-7]|daemon)$/.test(word))
  if (imp.sections.logs !== undefined)
    return imp.say(line, 'replaced', 'one target takes the logs; the journal sorts them by level')
  const place = target === 'stdout' ? 'stdout' : logPlace(target)
  const logs = {
    ...(place !== undefined && { target: place }),
    ...(facility !== undefined && { facility }),
  }
  if (Object.keys(logs).length > 0) imp.sections.logs = logs
  if (place === undefined)
    imp.say(line, 'replaced', 'to /dev/log of the node, the only socket there is everywhere')
  else imp.say(line, 'modelled')
}

function logPlace(target: string): string | undefined {
  if (target === '/dev/log') return target
  if (/^[0-9.]{7,15}$/.test(target)) return `${target}:514`
  return /^[0-9.]{7,15}:[0-9]{1,5}$/.test(target) ? target : undefined
}
