// A CA in a directory of its own, on a clock that the test moves.
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { openAuthority } from '../../../site/tls/authority.ts'
import { temporaryDirectory } from '../../agent/host/temporary.ts'

export const DAY_MS = 86_400_000

export async function authorityHere(t: TestContext) {
  const state = await temporaryDirectory(t)
  const clock = { ms: Date.now() }
  const now = () => clock.ms
  const open = () => openAuthority({ state, now, random: () => randomBytes(16).toString('hex') })
  return { state, clock, now, open, authority: await open() }
}
