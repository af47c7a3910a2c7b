// `bind` lines: ports and addresses, TLS by one certificate, and the words that go with them.
import { lose } from './haproxy-back.ts'
import type { Line } from './haproxy-text.ts'
import type { Import } from './types.ts'
import { placeOf, whole } from './words.ts'

export type Bind = {
  readonly port: number
  /** '*' or literals. */
  readonly addresses: readonly string[]
  readonly certificate?: string
  /** Further words of the line. */
  readonly listen: readonly string[]
}
type Place = { readonly address: string; readonly port: number }

/** Names for haproxy's own statistics, and processes, which are gone since 2.5. */
const IDLE = new Set(['name', 'id', 'process'])
/** bindLine renders v6only for the IPv6 wildcard. */
const PLAIN = new Set(['v4v6', 'v6only'])
const WORD = /^[\x21\x24-\x26\x28-\x3a\x3c-\x5b\x5d-\x7a\x7c\x7e]{1,200}$/
const CERTIFICATE = /^(?:\/[A-Za-z0-9_.@+-]{1,128}){1,16}$/
const ALPN = 'h2,http/1.1'
/** Each port is a listener of its own in the spec. */
const PORTS_MAX = 20

/** `addr:8000-8003` is four places. */
function placesIn(text: string): readonly (Place | undefined)[] {
  const range = /^(.*):([0-9]{1,5})-([0-9]{1,5})$/.exec(text)
  const from = whole(range?.[2], 1, 65_535)
  const to = whole(range?.[3], 1, 65_535)
  if (range === null || from === undefined || to === undefined) return [placeOf(text)]
  if (to < from || to - from >= PORTS_MAX) return [undefined]
  return Array.from({ length: to - from + 1 }, (_, at) => placeOf(`${range[1]}:${from + at}`))
}

/** `ssl crt FILE` is the spec's `tls`; anything more about certificates stays as words of the line. */
function optionsOf(options: readonly string[]) {
  const words: string[] = []
  for (let at = 0; at < options.length; at++) {
    const word = options[at] ?? ''
    if (IDLE.has(word)) at++
    else if (!PLAIN.has(word)) words.push(word)
  }
  const ssl = words.indexOf('ssl')
  const crt = words.indexOf('crt')
  const certificate = words[crt + 1] ?? ''
  const more = words.some((word) => /^(?:crt-list|ecdhe)$/.test(word))
  const one = words.filter((word) => word === 'crt').length === 1
  if (ssl < 0 || !one || more || !CERTIFICATE.test(certificate))
    return { listen: words, offers: false }
  const rest = words.filter((_, at) => ![ssl, crt, crt + 1].includes(at))
  const alpn = rest.indexOf('alpn')
  const plain = alpn >= 0 && rest[alpn + 1] === ALPN
  return {
    certificate,
    listen: plain ? rest.toSpliced(alpn, 2) : rest,
    offers: alpn < 0,
  }
}

export function readBinds(lines: readonly Line[], imp: Import): readonly Bind[] {
  return lines.flatMap((line) => {
    const [, places = '', ...options] = line.words
    const found = places.split(',').flatMap(placesIn)
    const { certificate, listen, offers } = optionsOf(options)
    if (line.condition !== undefined) {
      lose(line, 'a listener of the spec has no condition', imp)
      return []
    }
    if (found.some((place) => place === undefined)) {
      lose(line, 'the spec listens on a port of addresses: no socket, variable or long range', imp)
      return []
    }
    if (!listen.every((word) => WORD.test(word))) {
      lose(line, 'a word of it has blanks or quotes', imp)
      return []
    }
    imp.say(line, 'modelled')
    if (offers && certificate !== undefined)
      imp.decide(`${line.file}:${line.line}`, 'HTTP/2 is offered as well where TLS ends')
    return found.flatMap((place) =>
      place === undefined ? [] : [bindOf(place, certificate, listen)],
    )
  })
}

function bindOf(
  { address, port }: Place,
  certificate: string | undefined,
  listen: readonly string[],
): Bind {
  const any = ['*', '0.0.0.0', '::'].includes(address)
  return {
    port,
    addresses: [any ? '*' : address],
    ...(certificate !== undefined && { certificate }),
    listen,
  }
}
