// `listen` lines: which port of which address, and the words that go with it.
import { decideAt, unknown } from './nginx-lost.ts'
import type { Part } from './nginx-text.ts'
import type { Import } from './types.ts'
import { placeOf, whole } from './words.ts'

export type Listen = {
  readonly port: number
  /** '*' or a literal. */
  readonly address: string
  /** Words of the line that stay. */
  readonly words: readonly string[]
  readonly isDefault: boolean
}
/** Servers that share an address and port: nginx tells them apart by name. */
export type Listener = {
  readonly port: number
  readonly address: string
  readonly words: readonly string[]
  readonly servers: readonly Part[]
  readonly first: Part
}

const WORD = /^[\x21\x24-\x26\x28-\x3a\x3c-\x5b\x5d-\x7a\x7c\x7e]{1,200}$/
const DEFAULT = /^default(?:_server)?$/
const PORT_HTTP = 80

function placeIn(text: string): { readonly port: number; readonly address: string } | undefined {
  const port = whole(text, 1, 65_535)
  if (port !== undefined) return { port, address: '*' }
  const place = placeOf(text) ?? placeOf(`${text}:${PORT_HTTP}`)
  if (place === undefined) return undefined
  const any = ['*', '0.0.0.0', '::'].includes(place.address)
  const address = any ? '*' : place.address === 'localhost' ? '127.0.0.1' : place.address
  return any || /^[0-9.]+$|:/.test(address) ? { port: place.port, address } : undefined
}

function listenOf(part: Part, imp: Import): Listen | undefined {
  const [, text = '', ...options] = part.words
  const place = placeIn(text)
  const lost =
    place === undefined
      ? 'the spec listens on a port of addresses'
      : options.includes('quic')
        ? 'HTTP/3 comes over UDP, where the spec has no listener'
        : options.every((word) => WORD.test(word))
          ? undefined
          : 'a word of it is none'
  if (place === undefined || lost !== undefined) return unknown(part, imp, lost)
  imp.say(part.directive, 'modelled')
  if (options.includes('udp'))
    decideAt(part, 'it listens on UDP: open the port in the section firewall as well', imp)
  const words = options.filter((word) => !DEFAULT.test(word) && !word.startsWith('ipv6only='))
  return { ...place, words, isDefault: options.some((word) => DEFAULT.test(word)) }
}

/** Where a server block listens; port 80 when it does not say. */
export function listensOf(server: Part, imp: Import): readonly Listen[] {
  const lines = server.children.filter(({ words }) => words[0] === 'listen')
  if (lines.length === 0) return [{ port: PORT_HTTP, address: '*', words: [], isDefault: false }]
  const on = (word: string) =>
    server.children.some(({ words }) => words[0] === word && words[1] === 'on') ? [word] : []
  return lines.flatMap((line) => {
    const listen = listenOf(line, imp)
    if (listen === undefined) return []
    // `http2 on` counts where TLS is; `ssl on` for every listen line of the block.
    const ssl = listen.words.includes('ssl') ? on('http2') : on('ssl')
    return [{ ...listen, words: [...listen.words, ...ssl] }]
  })
}

export function listenersOf(servers: readonly Part[], imp: Import): readonly Listener[] {
  const all = servers.flatMap((server) =>
    listensOf(server, imp).map((listen) => ({ server, listen })),
  )
  const wild = new Set(all.flatMap(({ listen }) => (listen.address === '*' ? [listen.port] : [])))
  const found = new Map<string, { listen: Listen; server: Part }[]>()
  for (const { server, listen } of all) {
    const meets = wild.has(listen.port) && listen.address !== '*'
    if (meets)
      imp.decide(
        `${server.directive.file}:${server.directive.line}`,
        `it listens on ${listen.address}:${listen.port} beside one for every address: both are one listener now`,
      )
    const key = `${meets ? '*' : listen.address} ${listen.port}`
    found.set(key, [...(found.get(key) ?? []), { listen, server }])
  }
  for (const server of servers)
    if (!all.some((one) => one.server === server))
      unknown(server, imp, 'it listens nowhere that the spec can say')
  return [...found].flatMap(([key, members]) => {
    const [one] = members
    const first = members.find(({ listen }) => listen.isDefault) ?? one
    if (one === undefined || first === undefined) return []
    return [
      {
        port: one.listen.port,
        address: key.split(' ')[0] ?? '*',
        words: [...new Set(members.flatMap(({ listen }) => listen.words))],
        servers: [...new Set(members.map(({ server }) => server))],
        first: first.server,
      },
    ]
  })
}
