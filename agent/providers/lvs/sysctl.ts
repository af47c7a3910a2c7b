// Kernel settings of LVS, each once, behind those that the spec sets itself.
import type { Cluster } from '../../../spec/cluster.ts'
import type { Want } from '../../plan/types.ts'

export type Wanted = { readonly key: string; readonly value: string; readonly why: string }

/** A key that the operator set has its owner already; where the value differs, a note says so. */
export function sysctlOf(
  cluster: Cluster,
  node: string,
  settings: readonly Wanted[],
): { readonly wants: readonly Want[]; readonly notes: readonly string[] } {
  const first = [...new Map(settings.toReversed().map((one) => [one.key, one])).values()].reverse()
  const own = cluster.sysctl.filter((one) => one.nodes.includes(node))
  const setBy = (key: string) => own.find((one) => one.key.replaceAll('/', '.') === key)
  return {
    wants: first
      .filter(({ key }) => setBy(key) === undefined)
      .map((one): Want => ({ kind: 'sysctl', ...one })),
    notes: first.flatMap(({ key, value, why }) => {
      const set = setBy(key)?.value
      return set === undefined || set === value
        ? []
        : [`sysctl ${key}: ${why} needs ${value}, the spec sets ${set}`]
    }),
  }
}
