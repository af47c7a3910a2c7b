// Kernel settings and modules that the operator asks for. Turns the spec into wants, nothing else.
import type { Cluster } from '../../../spec/cluster.ts'
import type { Facts, Provider, Want } from '../../plan/types.ts'

export const kernel = {
  name: 'kernel',
  compile(cluster: Cluster, facts: Facts) {
    const here = ({ nodes }: { readonly nodes: readonly string[] }) => nodes.includes(facts.node)
    const wants: Want[] = [
      ...cluster.modules
        .filter(here)
        .map(({ name }): Want => ({ kind: 'module', name, why: 'the spec asks for it' })),
      ...cluster.sysctl
        .filter(here)
        .map(
          ({ key, value }): Want => ({ kind: 'sysctl', key, value, why: 'the spec asks for it' }),
        ),
    ]
    return { wants, notes: [] }
  },
} satisfies Provider
