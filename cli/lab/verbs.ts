// The verbs of hactl lab: find the lab, do one thing, print it.
import { resolve } from 'node:path'
import { EXIT, Exit } from '../exit.ts'
import type { Io } from '../io.ts'
import { jsonOut, table } from '../print.ts'
import { needSpec } from '../spec-text.ts'
import * as lab from './index.ts'

type At = { readonly root?: string; readonly lab?: string }

/** The root that was named, or undefined. */
function namedRoot(io: Io, { root, lab: name }: At): string | undefined {
  if (root !== undefined) return resolve(io.cwd, root)
  try {
    return name === undefined ? undefined : lab.rootOfLab(name, io.cwd)
  } catch (error) {
    if (!(error instanceof lab.LabError)) throw error
    throw new Exit(EXIT.usage, error.message, error.hint, error)
  }
}
/** Where people look for a lab and there is none: with sudo it lives elsewhere than without. */
const noLab = (what: string) =>
  new Exit(
    EXIT.no,
    `cannot find ${what} in ${lab.labsBase()}`,
    'start one with hactl lab up spec.json; root and other users have labs of their own',
  )
/** The lab that was named, or the only one there is. */
function rootOf(io: Io, at: At): string {
  const named = namedRoot(io, at)
  if (named !== undefined) return named
  const here = lab.labsHere()
  const [only] = here
  if (only === undefined) throw noLab('a lab')
  if (here.length === 1) return lab.defaultRoot(only)
  throw new Exit(
    EXIT.usage,
    `cannot choose a lab: ${here.length} are up`,
    `give one of ${here.map((name) => `--lab ${name}`).join(', ')}`,
  )
}
const say = (io: Io) => (line: string) => (io.json ? io.err : io.out)(`${line}\n`)

/** LabError becomes an exit with its hint; anything else is our bug and passes. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof lab.LabError) throw new Exit(EXIT.no, error.message, error.hint, error)
    throw error
  }
}

/** The program that runs now: the single file by itself, or node and its script. */
const self = (): string[] => {
  const [program = '', script = ''] = process.argv
  return /\.(?:ts|js|cjs|mjs)$/.test(script) ? [program, script] : [process.execPath]
}

export async function up(io: Io, spec: string, at: At & { readonly vm?: boolean }): Promise<void> {
  const { text: specText } = await needSpec(io, spec)
  const named = namedRoot(io, at)
  const root = named === undefined ? {} : { root: named }
  const options = {
    specText,
    hactl: self(),
    cwd: io.cwd,
    log: say(io),
    signal: io.signal,
    ...root,
    vm: at.vm === true,
  }
  const made = await told(lab.labUp(options))
  if (io.json) return jsonOut(io, made)
  const name = lab.labName(made.root)
  io.out(`the lab serves; status page ${made.url ?? '-'}\n`)
  io.out(`break it: hactl lab fail <node> --power; end it: hactl lab down ${name}\n`)
}

/** Never guesses: what is taken down was named, or all of them were meant. */
export async function down(
  io: Io,
  name: string | undefined,
  at: At & { readonly all?: boolean },
): Promise<void> {
  const here = lab.labsHere()
  const named = namedRoot(io, name === undefined ? at : { lab: name })
  const ways = [name, at.root, at.lab, at.all].filter((way) => way !== undefined).length
  if (ways !== 1) {
    const which = here.length === 0 ? 'none is up' : `up now: ${here.join(', ')}`
    throw new Exit(
      EXIT.usage,
      `cannot choose what to take down: name ${ways === 0 ? 'a lab' : 'one lab'} (${which})`,
      `hactl lab down ${here[0] ?? '<name>'}, or hactl lab down --all`,
    )
  }
  if (named !== undefined && !lab.isLab(named) && lab.leftOf(named).processes.length === 0)
    throw noLab(`a lab '${lab.labName(named)}'`)
  const roots = named === undefined ? here.map(lab.defaultRoot) : [named]
  const down: string[] = []
  for (const root of roots) {
    const log = (line: string) => say(io)(`${lab.labName(root)}: ${line}`)
    await told(lab.labDown({ root, log }))
    down.push(root)
  }
  if (io.json) jsonOut(io, { down })
  else if (roots.length === 0) io.out('no lab is up\n')
}

export async function status(io: Io, at: At): Promise<void> {
  const now = await told(lab.labStatus({ root: rootOf(io, at) }))
  if (io.json) return jsonOut(io, now)
  io.out(`${now.cluster}  ${now.url ?? ''}  hub ${now.hub}\n`)
  io.out(
    table([
      ...now.vips.map((v) => [`vip ${v.name}`, v.addresses.join(' '), v.holders.join(' ') || '-']),
      ...now.members.map((m) => [
        m.name,
        m.addresses.join(' '),
        m.power ? `agent ${m.agent}` : 'no power',
      ]),
      ...now.faults.map((f) => ['broken', f.node, f.how]),
    ]),
  )
}

export async function fail(
  io: Io,
  node: string,
  flags: At & Record<string, unknown>,
): Promise<void> {
  const key = (how: string) => how.replace('-s', 'S')
  const hows = lab.HOWS.filter((how) => flags[key(how)] === true)
  const [how] = hows
  if (how === undefined || hows.length > 1)
    throw new Exit(EXIT.usage, 'cannot choose how to fail', `give one of --${lab.HOWS.join(' --')}`)
  await told(lab.labFail({ root: rootOf(io, flags), node, how }))
  say(io)(`${node}: ${how}`)
}

export async function heal(io: Io, node: string | undefined, at: At): Promise<void> {
  const options = node === undefined ? {} : { node }
  const healed = await told(lab.labHeal({ root: rootOf(io, at), ...options }))
  if (io.json) return jsonOut(io, healed)
  for (const fault of healed) io.out(`${fault.node}: ${fault.how} healed\n`)
}

export async function probe(
  io: Io,
  url: string | undefined,
  flags: At & { seconds: string },
): Promise<void> {
  const seconds = Number(flags.seconds)
  if (!(seconds > 0 && seconds <= 3_600))
    throw new Exit(EXIT.usage, 'cannot probe for that long', '--seconds from 1 to 3600')
  const where = url === undefined ? {} : { url }
  const seen = await told(lab.labProbe({ root: rootOf(io, flags), seconds, ...where }))
  if (io.json) return jsonOut(io, seen)
  io.out(`${seen.requests} requests, ${seen.failed} failed, longest gap ${seen.longestGapMs} ms\n`)
  io.out(table(Object.entries(seen.byServer).map(([name, n]) => [name, String(n)])))
}

export async function exec(io: Io, node: string, argv: string[], at: At): Promise<void> {
  const code = await told(lab.labShell({ root: rootOf(io, at), node, argv }))
  if (code !== 0) throw new Exit(EXIT.no)
}
