// npm run demo: the example cluster on this machine, its master killed while a client asks every 5 ms. Option: --once.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { prepare, thisMachine } from './build/prepare.ts'
import {
  defaultRoot,
  isLab,
  labDown,
  LabError,
  labFail,
  labProbe,
  labStatus,
  labUp,
} from './lab/index.ts'

const NAME = 'demo'
const PROBE_SECONDS = 6
const KILL_AFTER_MS = 2_000
const FOLLOW_EVERY_MS = 500
const BUILD_TIMEOUT_MS = 180_000
/** As a shell says it of a program that Ctrl-C ended. */
const INTERRUPTED = 130

const root = resolve(import.meta.dirname, '..')
const binary = join(root, 'dist/hactl')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function build(signal: AbortSignal): Promise<void> {
  const script = join(root, 'cli/build/build.ts')
  const options = { stdio: 'inherit', timeout: BUILD_TIMEOUT_MS, cancelSignal: signal } as const
  await execa(process.execPath, [script, '--fast'], options)
}

async function killUnderLoad(lab: string): Promise<void> {
  say(`a client asks every 5 ms for ${PROBE_SECONDS} s; lb1 loses its power after 2 s`)
  const asked = labProbe({ root: lab, seconds: PROBE_SECONDS })
  await Promise.race([asked, sleep(KILL_AFTER_MS)])
  await labFail({ root: lab, node: 'lb1', how: 'power' })
  const seen = await asked
  say(`the client saw: ${seen.requests} requests, ${seen.failed} failed`)
  say(`longest time without an answer: ${Math.round(seen.longestGapMs)} ms`)
  for (const [server, answers] of Object.entries(seen.byServer))
    say(`  ${server}: ${answers} answers`)
}

function sayWhatNext(url: string): void {
  say(`the cluster stays up; look at ${url} and, in another terminal, try`)
  for (const words of ['status', 'lab heal', 'lab fail lb2 --proxy', 'lab probe'])
    say(`  dist/hactl ${words} --lab ${NAME}`)
  say('Ctrl-C ends it')
}

/** Says what the user's own breaking and healing does, until Ctrl-C or until the lab was taken down by hand. */
async function follow(lab: string, signal: AbortSignal): Promise<void> {
  let said = ''
  while (!signal.aborted && isLab(lab)) {
    // A node that is killed while it is asked has no answer now; the next look has.
    const seen = await labStatus({ root: lab }).catch(() => undefined)
    const { vips, faults } = seen ?? { vips: [], faults: [] }
    const held = vips.map(
      (vip) => `vip ${vip.name} is held by ${vip.holders.join(', ') || 'nobody'}`,
    )
    const now = [...held, ...faults.map(({ node, how }) => `${node} is broken: ${how}`)].join('; ')
    if (now !== said && now !== '') say(now)
    if (now !== '') said = now
    await sleep(FOLLOW_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function show(signal: AbortSignal, once: boolean): Promise<void> {
  const specText = readFileSync(join(root, 'spec/examples/wordpress.json'), 'utf8')
  // A place of its own: a lab that the user has up is not ours to take down.
  const lab = defaultRoot(NAME)
  // Outside of the try: what fails here has cleaned up after itself, or found a demo that runs already.
  const up = await labUp({ specText, hactl: [binary], root: lab, cwd: root, log: say, signal })
  const aborted = new Promise<void>((done) => {
    signal.addEventListener('abort', () => done(), { once: true })
    if (signal.aborted) done()
  })
  say(`status page: ${up.url ?? 'none'}`)
  const kill = killUnderLoad(lab)
  try {
    await Promise.race([kill, aborted])
    if (!once && !signal.aborted) {
      sayWhatNext(up.url ?? '')
      await follow(lab, signal)
    }
  } finally {
    await labDown({ root: lab, log: say })
    // Whatever it was doing when it was cut short has lost the lab under it by now, and writes no more.
    await kill.catch(() => undefined)
    await labDown({ root: lab, log: say })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
  const ended = new AbortController()
  const end = () => {
    if (!ended.signal.aborted) say('\nending')
    ended.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // A terminal that is gone must not end the cleaning up.
  process.stdout.on('error', () => undefined)
  let shown = false
  try {
    const machine = thisMachine(process.env['PATH'] ?? '')
    await prepare({ say, machine, signal: ended.signal })
    await build(ended.signal)
    shown = true
    await show(ended.signal, values.once)
  } catch (error) {
    if (!ended.signal.aborted) throw error
    process.exitCode = INTERRUPTED
    const clean = !existsSync(defaultRoot(NAME))
    say(shown && !clean ? messageOf(error) : 'ended before the cluster served; nothing is left')
  }
}

const messageOf = (error: unknown): string => {
  const hint = error instanceof LabError && error.hint !== '' ? `\n  ${error.hint}` : ''
  return `${error instanceof Error ? error.message : String(error)}${hint}`
}

await main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
})
