// Directories and daemons of one test, removed and ended after it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

export async function temporaryDirectory(context: TestContext): Promise<string> {
  const path = await mkdtemp(`${tmpdir()}/hactl-host-`)
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Polls until it holds; fails after 4 s, which is far above what anything here needs. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return
    await sleep(10)
  }
  throw new Error(`never came true: ${what}`)
}
