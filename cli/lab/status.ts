// What a lab is doing now, by the word of its kernels and processes.
import { addressesOf, isVm } from './namespace.ts'
import { isAlive, type Proc } from './process.ts'
import { readState, type State } from './state.ts'
import { parseInet } from './subnet.ts'
import { vmAgentRuns } from './vm/nodes.ts'

export type Holding = {
  readonly name: string
  readonly addresses: readonly string[]
  readonly holders: readonly string[]
}
export type LabStatus = {
  readonly root: string
  readonly cluster: string
  readonly rootless: boolean
  readonly url?: string
  readonly vips: readonly Holding[]
  readonly members: readonly {
    readonly name: string
    readonly kind: string
    readonly power: boolean
    readonly addresses: readonly string[]
    readonly agent: 'running' | 'dead' | 'none'
  }[]
  readonly hub: 'running' | 'dead' | 'none'
  readonly faults: readonly { readonly node: string; readonly how: string }[]
}

/** Nodes whose kernel has all addresses of a vip. */
export async function holders(root: string, state: State): Promise<readonly Holding[]> {
  const names = [...new Set(state.vips.flatMap((vip) => vip.peers))]
  const texts = await Promise.all(names.map((name) => addressesOf(root, state, name)))
  const has = new Map(
    names.map((name, i) => [name, new Set((texts[i] ?? []).map((a) => parseInet(a)?.value))]),
  )
  return state.vips.map(({ name, addresses, peers }) => ({
    name,
    addresses,
    holders: peers.filter((peer) =>
      addresses.every((a) => has.get(peer)?.has(parseInet(a)?.value)),
    ),
  }))
}

const lifeOf = (proc: Proc | undefined): 'running' | 'dead' | 'none' =>
  proc === undefined ? 'none' : isAlive(proc) ? 'running' : 'dead'

const vmLife = async (root: string, state: State, name: string, power: boolean) =>
  power && (await vmAgentRuns(root, state, name)) ? 'running' : 'dead'

/** Throws LabError when there is no lab in that root. */
export async function labStatus({ root }: { readonly root: string }): Promise<LabStatus> {
  const state = readState(root)
  const one = async ({ name, kind, nics }: State['members'][number]) => {
    const init = state.inits[name]
    const power = init !== undefined && isAlive(init)
    return {
      name,
      kind,
      power,
      addresses: nics.flatMap((nic) => nic.addresses),
      agent: isVm(state, name)
        ? await vmLife(root, state, name, power)
        : lifeOf(state.agents[name]),
    }
  }
  const members = await Promise.all(state.members.map(one))
  return {
    root,
    cluster: state.cluster,
    rootless: state.rootless,
    ...(state.url === undefined ? {} : { url: state.url }),
    vips: await holders(root, state),
    members,
    hub: lifeOf(state.hub),
    faults: state.faults.map(({ node, how }) => ({ node, how })),
  }
}
