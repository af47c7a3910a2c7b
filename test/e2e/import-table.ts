// What to ask an old configuration: the hosts, paths, methods and headers that it names, and some that it does not.
import { isIP } from 'node:net'
import type { Ask } from './import-peer.ts'

export type Program = 'haproxy' | 'nginx'
/** Of one configuration; more would only repeat. */
const ASKS_MAX = 60

/** Paths and users of the machine that a file was written for; what the program itself needs stays. */
export function sandboxed(text: string, program: Program, folder: string): string {
  const files = text
    .replace(/(?<=\s|["'])\/[\w./@-]+\.(?:pem|crt|key|cert)\b/g, `${folder}/cert.pem`)
    .replace(/(?<=errorfile\s+[0-9]{3}\s+)\S+/g, `${folder}/error.http`)
  if (program === 'nginx') {
    const whole = /^\s*(?:http|events)\s*\{/m.test(files)
      ? files
      : `events {}\nhttp {\n${files}\n}\n`
    return whole
      .replace(/^\s*user\s[^;]*;/gm, '')
      .replace(/^\s*pid\s[^;]*;/gm, '')
      .replace(/include\s+mime\.types;/g, 'include /etc/nginx/mime.types;')
  }
  const rest = files
    .split('\n')
    .filter(
      (line) => !/^\s*(?:chroot|pidfile|user|group|daemon|stats\s+(?:socket|timeout))\b/.test(line),
    )
  return `${rest.join('\n').trimEnd()}\n`
}

/** Names that must have an address, and the addresses with ports that servers are expected at. */
export function serversIn(text: string): readonly (readonly [string, number])[] {
  const found = [
    ...text.matchAll(
      /(?:^|[{;])\s*(?:server(?:-template)?|dispatch)\s+(?:\S+\s+)?([\w.-]+):([0-9]{1,5})\b/gm,
    ),
    ...text.matchAll(/_pass\s+(?:https?:\/\/)?([\w.-]+):([0-9]{1,5})/g),
  ]
  return found.map(([, host = '', port]) => [host, Number(port)] as const)
}

export type Listener = { readonly address: string; readonly port: number; readonly tls: boolean }
/** `any`: the address for those that listen on every one. */
export function listenersIn(text: string, program: Program, any: string): readonly Listener[] {
  const pattern =
    program === 'nginx'
      ? /^\s*listen\s+(?:([0-9.]+):)?([0-9]{1,5})\b([^;]*)/gm
      : /^\s*(?:bind|listen\s+\S+)\s+(?:\*|([0-9.]+)|::|\[::\])?:([0-9]{1,5})\b(.*)$/gm
  const found = [...text.matchAll(pattern)].map(([, address = '', port, more = '']) => ({
    address: ['', '0.0.0.0'].includes(address) ? any : address,
    port: Number(port),
    tls: /\bssl\b/.test(more),
  }))
  const key = (one: Listener) => `${one.address}:${one.port}`
  return [...new Map(found.map((one) => [key(one), one])).values()]
}

const wordsOf = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].flatMap(([, words = '']) => words.trim().split(/\s+/))

/** Something that the pattern of a file may match. */
const sample = (pattern: string): string =>
  pattern
    .replace(/^["'^]+|["'$]+$/g, '')
    .replace(/\(\?[^)]*\)|\\|[()?+*^$]/g, '')
    .replace(/\[[^\]]*\]/g, 'a')
    .split('|')[0] ?? ''

export function tableOf(text: string, listeners: readonly Listener[]): readonly Ask[] {
  const plain = text.replace(/^\s*#.*$/gm, '')
  const hosts = [
    ...wordsOf(plain, /hdr(?:_\w+)?\(host\)\s+(?:-\w+\s+)*([^}\n]+)/gi),
    ...wordsOf(plain, /server_name\s+([^;]+)/g),
  ]
    .map((name) => sample(name).replace(/^\./, 'www.'))
    .filter((name) => /^[\w.-]+$/.test(name))
  const paths = [
    ...wordsOf(plain, /\b(?:path|path_beg|path_end|path_reg|url_beg|uri)\s+(?:-\w+\s+)*([^}\n]+)/g),
    ...wordsOf(plain, /location\s+(?:[~=^*]+\s+)?([^\s{]+)/g),
  ]
    .map(sample)
    .map((path) => (path.startsWith('/') ? path : `/a${path}`))
    .filter((path) => /^\/[\w./~-]*$/.test(path))
  const headers = [...plain.matchAll(/hdr\(([\w-]+)\)\s+(?:-\w+\s+)*([^\s}]+)/g)]
    .filter(([, name = '']) => !/^host$/i.test(name))
    .map(([, name = '', value = '']) => ({ [name]: value }))
  const unique = (all: readonly string[]) => [...new Set(all)]
  const asked = listeners.flatMap((listener) => {
    const base = { ...listener, host: 'www.example.org', path: '/', method: 'GET', headers: {} }
    const some = unique([
      '/',
      '/x/index.html?y=1',
      '/a%20b.png',
      ...paths.flatMap((p) => [p, `${p}/z`]),
    ])
    return [
      ...some.map((path) => ({ ...base, path })),
      ...unique(hosts).flatMap((host) => some.slice(0, 8).map((path) => ({ ...base, host, path }))),
      ...['POST', 'HEAD', 'OPTIONS'].map((method) => ({ ...base, method })),
      ...headers.map((more) => ({ ...base, headers: more })),
      ...['10.9.8.7'].map((from) => ({ ...base, headers: { 'X-Forwarded-For': from } })),
    ]
  })
  const step = Math.max(1, asked.length / ASKS_MAX)
  return asked.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
}

export const isLiteral = (host: string): boolean => isIP(host) !== 0
