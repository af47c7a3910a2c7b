// An address of ours on an interface: the vip on the loopback of an LVS real server. Pure diff.
import type { Diffed, Observed, WantLocalAddress } from '../plan/types.ts'
import type { KernelAddress } from '../world.ts'
import { quiet } from './quiet.ts'

/** Interfaces on which an LVS real server has the vip without telling anybody (its ARP is silent). */
const SILENT = ['lo', 'tunl0', 'ip6tnl0']
export const isAnnounced = (at: KernelAddress): boolean => !SILENT.includes(at.interface)

export function diffLocalAddress(want: WantLocalAddress, observed: Observed): Diffed {
  const { address } = want
  const id = `local-address:${address.interface}/${address.address}`
  const here = observed.addresses.some(
    (a) =>
      a.address === address.address &&
      a.interface === address.interface &&
      a.prefix === address.prefix,
  )
  if (here) return { kept: { id, why: `is on ${address.interface}` } }
  return {
    step: {
      ...quiet,
      id,
      why: `is not on ${address.interface}`,
      says: `${address.address}/${address.prefix} is added to ${address.interface}: ${want.why}`,
      commit: [{ do: 'add-address', address }],
      undo: [{ do: 'drop-address', address }],
      owns: [
        {
          id,
          says: `${address.address} leaves ${address.interface}`,
          remove: [{ do: 'drop-address', address }],
        },
      ],
    },
  }
}
