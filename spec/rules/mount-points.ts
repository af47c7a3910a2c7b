// HA094: a mount point belongs to one mount of a node, and is written in one way.
import { entries } from '../maps.ts'
import { error, info, type Rule } from './rule.ts'

export const mountPoints: Rule = (spec) => {
  const all = entries(spec.mounts)
  return all.flatMap(([name, { path, nodes }], index) => {
    const at = ['mounts', name, 'path']
    if (path.split('/').some((part) => part === '.' || part === '..')) {
      const message = `cannot use ${path} as a mount point: it has a "." or ".." in it`
      return [error('HA094', at, message, 'write the path without them')]
    }
    return all.slice(0, index).flatMap(([other, { path: there, nodes: on }]) => {
      const shared = nodes.find((node) => on.includes(node))
      if (shared === undefined) return []
      if (there === path) {
        const message = `cannot mount ${name} and ${other} both at ${path} of ${shared}`
        return [error('HA094', at, message, 'give each a directory of its own')]
      }
      if (!path.startsWith(`${there}/`) && !there.startsWith(`${path}/`)) return []
      const [inner, outer] = path.length > there.length ? [name, other] : [other, name]
      const message = `mount ${inner} lies inside of mount ${outer}`
      const hint = `${inner} hangs with the server of ${outer} as well; its directory must exist there`
      return [info('HA094', at, message, hint)]
    })
  })
}
