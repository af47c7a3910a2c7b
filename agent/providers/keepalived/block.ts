// How blocks are written in keepalived.conf.

/** A name with its inner lines, indented. */
export function block(name: string, inner: readonly string[]): readonly string[] {
  return [`${name} {`, ...inner.map((line) => `    ${line}`), '}']
}
