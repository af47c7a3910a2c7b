// Reusable scalars. Each one that reaches a config file has an allow-list: no value can break out of its line.
import { type TSchema, Type } from '@sinclair/typebox'

/** A closed set of words as one string schema: no union, so a validator says one thing. */
export const oneOf = <const T extends readonly string[]>(words: T, description: string) =>
  Type.Unsafe<T[number]>(
    Type.String({ enum: [...words], pattern: `^(?:${words.join('|')})$`, description }),
  )

export const NAME_PATTERN = '^[a-z][a-z0-9-]{0,30}$'
/** A name of a thing in the spec: it becomes a section name in haproxy and keepalived. */
export const Name = (description: string) => Type.String({ pattern: NAME_PATTERN, description })

/** A map by name: every thing has a stable identity. */
export const mapOf = <T extends TSchema>(value: T, max: number, description: string) =>
  Type.Record(Type.String({ pattern: NAME_PATTERN }), value, {
    additionalProperties: false,
    maxProperties: max,
    description,
  })

export const Port = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 65_535, description })
export const Ms = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description: `${description} (milliseconds)` })
/** IPv4 or IPv6 literal, no prefix. Syntax only here; spec/address.ts proves it. */
export const Ip = (description: string) =>
  Type.String({ pattern: '^[0-9a-fA-F.:]{2,45}$', description })
/** IPv4 or IPv6 literal with an optional /prefix. */
export const Cidr = (description: string) =>
  Type.String({ pattern: '^[0-9a-fA-F.:]{2,45}(?:/[0-9]{1,3})?$', description })
/** Host name or address literal. */
export const HostName = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,253})$', description })
/** Linux interface name, IFNAMSIZ 16. */
export const Interface = (description: string) =>
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,14}$', description })
/** Absolute path of plain characters. */
export const Path = (description: string) =>
  Type.String({ pattern: '^(?:/[A-Za-z0-9_.@+-]{1,128}){1,16}$', description })
/** URL path, prefix or suffix as it stands in a request line; no space, quote, backslash or control. */
export const UrlText = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9/._~!$&()*+,;=:@%?-]{1,256}$', description })
/** Path of keepalived's HTTP_GET: in its file `!` and `#` begin a comment, `$` and `~` a definition, `@` a condition. */
export const CheckPath = (description: string) =>
  Type.String({ pattern: '^/[A-Za-z0-9/._&,;=:%?+-]{0,255}$', description })
/** PCRE for haproxy: printable ASCII without blanks, quotes; the renderer quotes and escapes it. */
export const Regex = (description: string) =>
  Type.String({ pattern: '^[\\x21\\x23-\\x26\\x28-\\x7e]{1,256}$', description })
/** HTTP token, RFC 9110 section 5.6.2. */
export const Token = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9!#$%&*+.^_|~-]{1,64}$', description })
/** A header value or other word: printable ASCII, no quotes, no backslash. */
export const Word = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9 ._~!$&()*+,;=:@%?/<>|-]{1,256}$', description })
