// Where labs live on this machine, and which directories are labs: only those are ever emptied.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { LabError } from './error.ts'

/** Says that a directory is ours to empty, from before the first state until the last file. */
const OURS = '.hactl-lab'
/** All that a lab writes below its root. */
const ENTRIES = [
  'state.json',
  'state.json.next',
  'spec.json',
  'peer.token',
  'hub.sock',
  'hub',
  'nodes',
  'log',
  'vms',
  'vms.sock',
] as const
/** sun_path holds 108 bytes with its end (unix(7)); the longest socket of a lab is <root>/hub.sock. */
const ROOT_BYTES_MAX = 108 - 1 - '/hub.sock'.length
const LAB_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

export const uid = (): number => process.getuid?.() ?? 0
const privateBase = (): string => `/tmp/hactl-${uid()}`
/** The directory above all labs of this user. */
export const labsBase = (): string =>
  join(uid() === 0 ? '/run' : (process.env['XDG_RUNTIME_DIR'] ?? privateBase()), 'hactl-lab')

/** Where a lab lives unless told otherwise. Throws LabError for what cannot be the name of one. */
export function defaultRoot(name: string): string {
  if (!LAB_NAME.test(name))
    throw new LabError(`cannot use '${name}' as the name of a lab`, 'letters, digits, - and _')
  return join(labsBase(), name)
}
/** A name, or a directory when there is a slash in it. */
export const rootOfLab = (lab: string, cwd: string): string =>
  lab.includes('/') ? resolve(cwd, lab) : defaultRoot(lab)
/** What to give to --lab for this root. */
export const labName = (root: string): string =>
  dirname(root) === labsBase() ? basename(root) : root

/** Whether `root` is a lab, up or the rest of one. */
export const isLab = (root: string): boolean =>
  existsSync(join(root, OURS)) || existsSync(join(root, 'state.json'))

/** Names of this user's labs that are up or were not taken down; without those that only left logs. */
export function labsHere(): readonly string[] {
  const base = labsBase()
  if (!existsSync(base)) return []
  return readdirSync(base)
    .filter((name) => existsSync(join(base, name, 'state.json')))
    .sort()
}

/** Makes the root. Throws LabError when it is a directory with other things in it, or someone else's. */
export function makeRoot(root: string): void {
  if (Buffer.byteLength(root) > ROOT_BYTES_MAX)
    throw new LabError(`cannot use ${root} for a lab: longer than ${ROOT_BYTES_MAX} bytes`)
  if (existsSync(root) && !isLab(root) && readdirSync(root).length > 0)
    throw new LabError(
      `cannot use ${root} for a lab: it is a directory with other things in it`,
      'give an empty or a new one',
    )
  if (root.startsWith(`${privateBase()}/`)) makePrivate(privateBase())
  mkdirSync(join(root, 'log'), { recursive: true, mode: 0o700 })
  writeFileSync(join(root, OURS), '')
}

/** /tmp is everybody's: a directory that another user made there first could be changed under us. */
function makePrivate(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  if (found.isDirectory() && found.uid === uid() && (found.mode & 0o022) === 0) return
  throw new LabError(
    `cannot use ${path}: it is not a directory of yours alone`,
    `look at it, remove it`,
  )
}

/** Removes what labs write, and the root when nothing else is in it. Leaves what is not a lab alone. */
export function clearRoot(root: string, keepLogs: boolean): void {
  if (!isLab(root)) return
  for (const entry of ENTRIES)
    if (!(keepLogs && entry === 'log')) rmSync(join(root, entry), { recursive: true, force: true })
  if (keepLogs) return
  rmSync(join(root, OURS), { force: true })
  const parents = root.startsWith(`${labsBase()}/`) ? [labsBase()] : []
  if (root.startsWith(`${privateBase()}/`)) parents.push(privateBase())
  for (const path of [root, ...parents])
    try {
      rmdirSync(path)
    } catch {
      return // Other labs, or files of the user: not ours to remove.
    }
}
