// Lookups in a spec that is already checked: what is not there is our own mistake.
import assert from 'node:assert/strict'
import { type HOST_PREFIX, parseNet } from './address.ts'
import type { Net } from './cluster.ts'
import { member } from './maps.ts'

/** A member that a reference of a checked spec names. */
export function known<T>(map: Readonly<Record<string, T>> | undefined, name: string): T {
  const found = member(map, name)
  assert(found !== undefined, `a checked spec refers to unknown "${name}"`)
  return found
}

/** An address of a checked spec; `prefix` is used where the text names none. */
export function netOf(text: string, prefix: typeof HOST_PREFIX): Net {
  const net = parseNet(text, prefix)
  assert(net !== undefined, `a checked spec has a bad address "${text}"`)
  return net
}
