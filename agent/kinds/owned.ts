// What steps of ours left here and nothing wants any more: one step each, that takes it away. Pure.
import type { Action } from '../action.ts'
import type { Observed, Owned, Removal, Step, Want } from '../plan/types.ts'
import { exportsId } from './exports.ts'
import { mountId } from './mount.ts'
import { firewallIds } from './firewall.ts'
import { DROP_IN_PATH, RULES_PATH } from './nftables.ts'
import { fileId } from './plain-file.ts'
import { selinuxIds } from './selinux.ts'

/** The ids under which a want's traces are recorded; none for wants that leave none. */
export function ownedIdsOf(want: Want, observed: Observed): readonly string[] {
  switch (want.kind) {
    case 'file':
      return [fileId(want.file.path)]
    case 'unit':
      // The service itself is left as it is: hactl cannot know who uses it.
      return want.files.map((file) => fileId(file.path))
    case 'module':
      return [`module:${want.name}`]
    case 'local-address':
      return [`local-address:${want.address.interface}/${want.address.address}`]
    case 'sysctl':
      return [`sysctl:${want.key}`]
    case 'mount':
      return [mountId(want.wish.path)]
    case 'exports':
      return [exportsId(want.file.path)]
    case 'link':
      return [`link:${want.interface}`]
    case 'firewall':
      // Its diff takes its files away, together with the rules that they load.
      return [...firewallIds(want, observed), fileId(RULES_PATH), fileId(DROP_IN_PATH)]
    case 'selinux':
      return selinuxIds(want, observed)
    case 'daemon':
    case 'package':
    case 'packages':
    case 'address':
    case 'virtual-service':
      // Programs are never removed; daemons retire by plan/retired.ts, and rows of IPVS are keepalived's.
      return []
  }
}

/** In the order of their ids, after everything that is added. */
export function retiredSteps(wants: readonly Want[], observed: Observed): readonly Step[] {
  const wanted = new Set(wants.flatMap((want) => ownedIdsOf(want, observed)))
  return observed.owned
    .filter((one) => !wanted.has(one.id))
    .map((one) => retiredStep(one, observed))
}

const retiredStep = (one: Owned, observed: Observed): Step => ({
  id: one.id,
  why: 'nothing in the spec wants it any more',
  impact: 'quiet',
  says: one.says,
  vips: [],
  removes: 1,
  prepare: [],
  commit: [...one.remove, { do: 'forget', id: one.id }],
  undo: one.remove.flatMap((removal) => undone(removal, observed)),
  cleanup: [],
  diff: one.remove.flatMap((removal) =>
    'path' in removal && removal.do !== 'unmount'
      ? [{ path: removal.path, have: observed.files.get(removal.path)?.body, want: undefined }]
      : [],
  ),
})

/** The way back from a removal that could not be finished. */
function undone(removal: Removal, observed: Observed): readonly Action[] {
  if (removal.do === 'drop-address') return [{ do: 'add-address', address: removal.address }]
  if (removal.do === 'run') return [removal]
  // A mount that is half gone is taken away by the next pass; until then its units stand as before.
  if (removal.do === 'sysctl' || removal.do === 'unmount') return []
  const file = observed.files.get(removal.path)
  return file === undefined
    ? []
    : [{ do: 'write', path: removal.path, body: file.body, mode: file.mode }]
}
