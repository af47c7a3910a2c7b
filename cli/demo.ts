// npm run demo: the example cluster on this machine, its master killed while a client asks every 5 ms. Option: --once.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { prepare } from './build/prepare.ts'
import { defaultRoot, labDown, labFail, labProbe, labUp } from './lab/index.ts'

const PROBE_SECONDS = 6
const KILL_AFTER_MS = 2_000

const root = resolve(import.meta.dirname, '..')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function killUnderLoad(lab: string): Promise<void> {
  say(`a client asks every 5 ms for ${PROBE_SECONDS} s; lb1 loses its power after 2 s`)
  const asked = labProbe({ root: lab, seconds: PROBE_SECONDS })
  await sleep(KILL_AFTER_MS)
  await labFail({ root: lab, node: 'lb1', how: 'power' })
  const seen = await asked
  say(`the client saw: ${seen.requests} requests, ${seen.failed} failed`)
  say(`longest time without an answer: ${Math.round(seen.longestGapMs)} ms`)
  for (const [server, answers] of Object.entries(seen.byServer))
    say(`  ${server}: ${answers} answers`)
}

async function show(signal: AbortSignal, once: boolean): Promise<void> {
  const specText = readFileSync(join(root, 'spec/examples/wordpress.json'), 'utf8')
  // A place of its own: a lab that the user has up is not ours to take down.
  const lab = defaultRoot('demo')
  const hactl = [join(root, 'dist/hactl')]
  // Outside of the try: what fails here has cleaned up after itself, or found a lab that someone else started.
  const up = await labUp({ specText, hactl, root: lab, cwd: root, log: say, signal })
  try {
    say(`status page: ${up.url ?? 'none'}`)
    await killUnderLoad(lab)
    if (once || signal.aborted) return
    say(`the cluster stays up: look at ${up.url ?? 'it'}, end it with Ctrl-C`)
    await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
  } finally {
    await labDown({ root: lab, log: say })
    say('everything is cleaned up')
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ended.abort())
  await prepare(say, process.env['PATH'] ?? '')
  const build = [join(root, 'cli/build/build.ts'), '--fast']
  await execa(process.execPath, build, { stdio: 'inherit', timeout: 180_000 })
  await show(ended.signal, values.once)
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
