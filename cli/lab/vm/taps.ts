// Taps of VMs in the bridges of a lab; they stay when a VM is off, without carrier.
import { batch, inSwitch } from '../namespace.ts'
import { must } from '../process.ts'
import type { State } from '../state.ts'

/** One tap per network card of the named members. */
export async function plugTaps(
  root: string,
  state: State,
  names: readonly string[],
): Promise<void> {
  const nics = state.members.filter(({ name }) => names.includes(name)).flatMap((m) => m.nics)
  for (const { port } of nics)
    await must(root, `make the tap ${port}`, [
      ...[...inSwitch(state), 'ip', 'tuntap', 'add', 'dev', port, 'mode', 'tap'],
    ])
  const lines = nics.flatMap(({ port, bridge }) => [
    `link set ${port} master ${bridge}`,
    `link set ${port} up`,
  ])
  await batch(root, inSwitch(state), 'plug the VMs in', lines)
}
