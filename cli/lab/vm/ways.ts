// Breaking and healing that is another thing for a VM than for a namespace.
import { logOf } from '../namespace.ts'
import { detach, kill, type Proc, run } from '../process.ts'
import type { State } from '../state.ts'
import { askKeeper, switchOn } from './keeper.ts'
import { killVmAgent, reviveVmAgent, slowVm, unslowVm } from './nodes.ts'

/** Switched on again, its units and its agent come back by themselves: that is what is to be seen. */
export const vmPower = {
  fail: async (root: string, node: string): Promise<void> => {
    await askKeeper(root, { do: 'cut', name: node })
  },
  heal: async (root: string, state: State, node: string): Promise<void> => {
    state.inits[node] = await switchOn(root, node)
  },
}

export const vmAgent = { fail: killVmAgent, heal: reviveVmAgent }

export const vmSlow = {
  fail: (root: string, state: State, node: string): Proc | undefined => {
    const init = state.inits[node]
    return init === undefined ? undefined : detach(root, slowVm(init), logOf(root, node))
  },
  heal: async (
    root: string,
    state: State,
    node: string,
    slowing: Proc | undefined,
  ): Promise<void> => {
    if (slowing !== undefined) kill(slowing)
    const init = state.inits[node]
    if (init !== undefined) await run(root, unslowVm(init))
  },
}
