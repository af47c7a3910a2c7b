// The verbs of hactl lab: find the lab, do one thing, print it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EXIT, Exit } from '../exit.ts'
import type { Io } from '../io.ts'
import { jsonOut, table } from '../print.ts'
import * as lab from './index.ts'

type At = { readonly root?: string; readonly cluster?: string }

/** A named root, a named cluster, or the only lab there is. */
function rootOf(io: Io, { root, cluster }: At): string {
  if (root !== undefined) return resolve(io.cwd, root)
  if (cluster !== undefined) return lab.defaultRoot(cluster)
  const base = dirname(lab.defaultRoot('x'))
  const found = existsSync(base) ? readdirSync(base) : []
  if (found.length === 1) return join(base, found[0] ?? '')
  const hint = found.length === 0 ? 'hactl lab up spec.json' : `--cluster ${found.join(' | ')}`
  throw new Exit(EXIT.usage, `cannot choose a lab: ${found.length} are there`, hint)
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

export async function up(io: Io, spec: string, at: At): Promise<void> {
  const specText = readFileSync(resolve(io.cwd, spec), 'utf8')
  const root = at.root === undefined ? {} : { root: resolve(io.cwd, at.root) }
  const options = { specText, hactl: self(), cwd: io.cwd, log: say(io), signal: io.signal, ...root }
  const made = await told(lab.labUp(options))
  if (io.json) jsonOut(io, made)
  else io.out(`the lab serves; status page ${made.url ?? '-'}\n`)
}

export const down = async (io: Io, at: At): Promise<void> =>
  told(lab.labDown({ root: rootOf(io, at), log: say(io) }))

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
