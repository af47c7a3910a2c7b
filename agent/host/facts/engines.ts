// Versions and features as the daemons print them themselves: never inferred from os-release.
import type { Version } from '../../engine.ts'

export type EngineFacts = { readonly version: Version; readonly features: readonly string[] }

const versionOf = (text: string | undefined): Version | undefined =>
  text === undefined ? undefined : text.split('.').map(Number)
const words = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/\s+/).filter((word) => word !== '')
const unique = (list: readonly string[]): readonly string[] => [...new Set(list)].sort()

/**
 * `haproxy -vv`, 1.5 to 3.x. Features are the names of the feature list (2.0 and later), of
 * USE_<name> build options before that, and `service:<name>` for built-in services.
 */
export function parseHaproxy(text: string): EngineFacts | undefined {
  const version = versionOf(/^HA-?Proxy version v?(\d+(?:\.\d+)*)/m.exec(text)?.[1])
  if (version === undefined) return undefined
  const list = words(/^Feature list *: *(.*)$/m.exec(text)?.[1])
    .filter((word) => word.startsWith('+'))
    .map((word) => word.slice(1))
  const options = words(/^ *OPTIONS *= *(.*)$/m.exec(text)?.[1]).flatMap((word) => {
    const name = /^USE_([A-Z0-9_]+)=(?!$|0$|no$)/.exec(word)?.[1]
    return name === undefined ? [] : [name]
  })
  // "Available services :" may be followed by "none".
  const services = words(/^Available services *: *(.*)$/m.exec(text)?.[1])
    .filter((word) => word !== 'none')
    .map((word) => `service:${word}`)
  return { version, features: unique([...list, ...options, ...services]) }
}

/**
 * `keepalived -v`, which prints to stderr; 1.3 says "Build options", 2.x "Config options" and
 * "System options". INIT=systemd keeps its value.
 */
export function parseKeepalived(text: string): EngineFacts | undefined {
  const version = versionOf(/^Keepalived v(\d+(?:\.\d+)*)/m.exec(text)?.[1])
  if (version === undefined) return undefined
  const lists = [...text.matchAll(/^(?:Build|Config|System) options: *(.*)$/gim)]
  return { version, features: unique(lists.flatMap((match) => words(match[1]))) }
}

/** `nginx -V`, which prints to stderr. Features are configure's `--with-` names: `http_v2_module`, `stream=dynamic`; and `modules-path=<folder>`. */
export function parseNginx(text: string): EngineFacts | undefined {
  const version = versionOf(/^nginx version: [^/\s]+\/(\d+(?:\.\d+)*)/m.exec(text)?.[1])
  if (version === undefined) return undefined
  const line = /^configure arguments: *(.*)$/m.exec(text)?.[1] ?? ''
  const features = [...line.matchAll(/(?:^|\s)--with-([a-z0-9_-]+(?:=dynamic)?)(?=\s|$)/g)]
  const modules = /(?:^|\s)--modules-path=(\/\S+)/.exec(line)?.[1]
  return {
    version,
    features: unique([
      ...features.flatMap((match) => match[1] ?? []),
      ...(modules === undefined ? [] : [`modules-path=${modules}`]),
    ]),
  }
}
