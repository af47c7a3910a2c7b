// The section global: most of it is hactl's own business, which renders it for the node and the version it finds.
import { lose } from './haproxy-back.ts'
import { keepText } from './haproxy-kept.ts'
import type { Line, Section } from './haproxy-text.ts'
import type { Import } from './types.ts'

/** Rendered by hactl with the same meaning. */
const RENDERED = new Set(['daemon', 'user', 'group', 'uid', 'gid', 'description'])
const BETTER: Readonly<Record<string, string>> = {
  pidfile: 'hactl has its own in /run/hactl',
  nbproc: 'processes are gone since haproxy 2.5; threads follow the CPUs of the node',
  nbthread: 'threads follow the CPUs of the node',
  'cpu-map': 'threads follow the CPUs of the node',
  'master-worker': 'hactl starts haproxy with -W',
  'mworker-max-reloads': 'hactl renders it',
  'ulimit-n': 'haproxy works it out from maxconn',
  'hard-stop-after': 'hactl renders 30 minutes',
  debug: 'a service does not run in the foreground',
  quiet: 'the journal has it all',
}

export function readGlobal({ head, lines }: Section, node: string, imp: Import): undefined {
  if (head !== undefined) imp.say(head, 'modelled', 'rendered for the node and its version')
  const kept = lines.filter((line) => {
    // What a condition decides about is kept as a whole.
    if (line.condition !== undefined) return true
    const free = line.words[0]?.startsWith('.') === true
    if (free)
      lose(line, 'a condition around sections has no place: every branch of it is read', imp)
    return !free && readLine(line, imp)
  })
  keepText({ place: 'global', name: 'haproxy-global', lines: kept, node }, imp)
}

/** True when the line is to be kept as it is. */
function readLine(line: Line, imp: Import): boolean {
  const [first = '', second = ''] = line.words
  const better = Object.hasOwn(BETTER, first) ? BETTER[first] : undefined
  if (RENDERED.has(first)) imp.say(line, 'modelled', 'hactl renders it')
  else if (first === 'stats' && second === 'socket') return socket(line, imp)
  else if (first === 'chroot') askForFolder(line, imp)
  else if (better !== undefined) imp.say(line, 'replaced', better)
  else if (first === 'log') return log(line, imp)
  const settled = RENDERED.has(first) || better !== undefined
  return !settled
}

/** Brought by the package, so it is on every node. */
const FOLDER = '/var/lib/haproxy'

/** haproxy does not start without the directory. */
function askForFolder(line: Line, imp: Import): undefined {
  const [, folder = ''] = line.words
  if (folder.replace(/\/$/, '') !== FOLDER)
    imp.decide(`${line.file}:${line.line}`, `see that every node has the directory ${folder}`)
}

/** A socket of the operator's own beside hactl's; one in a directory that may be missing would keep haproxy from starting. */
function socket(line: Line, imp: Import): boolean {
  const [, , path = ''] = line.words
  if (!/^(?:unix@)?\//.test(path) || path.replace(/^unix@/, '').startsWith(`${FOLDER}/`))
    return true
  imp.say(line, 'replaced', 'hactl has a runtime socket of its own, for root only')
  imp.decide(
    `${line.file}:${line.line}`,
    `what reads ${path} finds the same at /run/hactl/haproxy.sock, as root`,
  )
  return false
}

/** The first target is the section `logs`; further ones are kept. */
function log(line: Line, imp: Import): boolean {
  const [, target = '', ...words] = line.words
  const facility = words.find((word) => /^(?:local[0-7]|daemon)$/.test(word))
  const path = target.startsWith('/') && target !== '/dev/log'
  if (path) {
    imp.say(line, 'replaced', 'to /dev/log of the node, the only socket there is everywhere')
    if (imp.sections.logs === undefined && facility !== undefined) imp.sections.logs = { facility }
    return false
  }
  if (imp.sections.logs !== undefined) return true
  const place = target === 'stdout' ? 'stdout' : logPlace(target)
  const exact = words.every((word) => word === facility || /^(?:format|raw|debug|info)$/.test(word))
  if (place === undefined || !exact) return true
  imp.sections.logs = { target: place, ...(facility !== undefined && { facility }) }
  imp.say(line, 'modelled')
  return false
}

function logPlace(target: string): string | undefined {
  if (target === '/dev/log') return target
  if (/^[0-9.]{7,15}$/.test(target)) return `${target}:514`
  return /^[0-9.]{7,15}:[0-9]{1,5}$/.test(target) ? target : undefined
}
