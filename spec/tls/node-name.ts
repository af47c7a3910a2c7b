// How a certificate says which node it is for: one URI of our own, so that it fits no host name.
const PREFIX = 'hactl:node:'

export const nodeUri = (node: string): string => `${PREFIX}${node}`

/**
 * The node that a certificate of the cluster's CA is for, from the text of its subjectAltName as node:crypto writes it; undefined for
 * every other, also for one with further names: the CA makes none.
 */
export function nodeOf(subjectAltName: string | undefined): string | undefined {
  const [, node] = /^URI:hactl:node:([a-z][a-z0-9-]{0,30})$/.exec(subjectAltName ?? '') ?? []
  return node
}
