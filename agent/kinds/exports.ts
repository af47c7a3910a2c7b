// What an NFS server exports: our file, and the rows that exportfs(8) made of it. Pure diff.
import { HOST_PREFIX, netText, parseNet } from '../../spec/address.ts'
import type { Action } from '../action.ts'
import type { Diffed, ExportRow, Observed, Owned, Removal, WantExports } from '../plan/types.ts'
import { differs, isForeign, putBack } from './plain-file.ts'

/** The table that rpc.mountd answers the kernel from, exportfs(8). */
export const ETAB_PATH = '/var/lib/nfs/etab'
const EXPORTFS_TIMEOUT_MS = 20_000
const LOOK_TIMEOUT_MS = 5_000

export const exportsId = (path: string) => `exports:${path}`

/** Reads our file and all others again; clients keep their mounts. */
const exportfs: Extract<Removal, { do: 'run' }> = {
  do: 'run',
  argv: ['exportfs', '-ra'],
  timeoutMs: EXPORTFS_TIMEOUT_MS,
  next: 'retry',
}

/** Lines of etab: `/srv/www<TAB>192.0.2.11(rw,sync,...)`. */
export function parseEtab(text: string): readonly ExportRow[] {
  return text.split('\n').flatMap((line) => {
    const [, path, client, options] = /^(\S+)\s+([^\s(]+)\(([^)]*)\)/.exec(line) ?? []
    if (path === undefined || client === undefined || options === undefined) return []
    return [{ path, client, options: options.split(',') }]
  })
}

const clientText = (client: string): string => {
  const net = parseNet(client, HOST_PREFIX)
  return net === undefined ? client : netText(net)
}

/** Old exportfs writes the name of a single address where it finds one: then the path must do. */
const serves = (have: ExportRow, want: ExportRow): boolean =>
  have.path === want.path &&
  (parseNet(have.client, HOST_PREFIX) === undefined ||
    clientText(have.client) === clientText(want.client)) &&
  want.options.every((option) => have.options.includes(option))

export function diffExports(want: WantExports, observed: Observed): Diffed {
  const { file } = want
  const id = exportsId(file.path)
  const table = parseEtab(observed.files.get(ETAB_PATH)?.body ?? '')
  const missing = want.rows.filter((row) => !table.some((have) => serves(have, row)))
  const changed = differs(file, observed)
  if (!changed && missing.length === 0) {
    return { kept: { id, why: `${want.rows.length} rows are exported` } }
  }
  const have = observed.files.get(file.path)
  const why = [
    ...(changed ? [`${file.path} ${have === undefined ? 'is missing' : 'differs'}`] : []),
    ...missing.slice(0, 5).map((row) => `${row.path} is not exported to ${row.client}`),
    ...(missing.length > 5 ? [`and ${missing.length - 5} more`] : []),
  ].join(', ')
  return {
    step: {
      id,
      why,
      // A row that changes or goes is felt by its clients at once; new ones by nobody.
      impact: changed && have !== undefined ? 'reload' : 'quiet',
      says: 'clients see the exports at once, the NFS server is not restarted',
      vips: want.vips,
      removes: 0,
      prepare: [
        ...[...new Set(want.rows.map((row) => row.path))].map(isDirectory),
        ...(isForeign(file.path, observed)
          ? [{ do: 'keep-original', path: file.path } satisfies Action]
          : []),
      ],
      commit: [
        ...(changed ? [{ ...file, do: 'write' } satisfies Action] : []),
        exportfs,
        { do: 'remember', path: file.path, body: file.body },
      ],
      undo: [...(changed ? [putBack(file, observed)] : []), exportfs],
      cleanup: [],
      owns: [ownedExports(file.path)],
      diff: changed ? [{ path: file.path, have: have?.body, want: file.body }] : [],
    },
  }
}

/** Not made when missing: an empty directory in place of a disk that is not mounted yet would take the clients' data. */
const isDirectory = (path: string): Action => ({
  do: 'run',
  argv: ['stat', '-c', '%F', `${path}/.`],
  timeoutMs: LOOK_TIMEOUT_MS,
  next: 'retry',
})

const ownedExports = (path: string): Owned => ({
  id: exportsId(path),
  says: 'this node exports nothing of the spec any more; clients that have it mounted get errors',
  remove: [{ do: 'restore-original', path }, exportfs],
})
