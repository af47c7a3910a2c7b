// HA077: an extra line for nginx is one whole directive, and stays in its block.
import { entries } from '../maps.ts'
import { nginxProxies, poolsBehind } from '../nginx.ts'
import { withoutReferences } from '../secrets.ts'
import { error, type Rule } from './rule.ts'

/** Outside of quotes. */
const bare = (line: string): string => line.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '')

function faultOf(line: string): string | undefined {
  const text = bare(withoutReferences(line))
  if (/["']/.test(text)) return 'a quote stays open'
  if (/[{}]/.test(text)) return 'a block does not fit into a line; sites hold whole blocks'
  if (!text.endsWith(';')) return 'it ends without ;'
  if (text.slice(0, -1).includes(';')) return 'these are two directives'
  // One server per listener: names would pick nothing, and nginx says so with no more than a warning.
  if (/^(?:listen|server_name)\b/.test(text)) return 'listeners and names come from the spec'
  return undefined
}

export const nginxExtra: Rule = (spec) => {
  const sections = { proxies: nginxProxies(spec), pools: poolsBehind(spec, 'nginx') }
  return entries(sections).flatMap(([section, things]) =>
    things.flatMap(([name, { extra = [] }]) =>
      extra.flatMap((line, at) => {
        const why = faultOf(line)
        if (why === undefined) return []
        const message = `cannot use this extra line in nginx: ${why}`
        const hint = 'one directive with its ; as in nginx.conf; hosts and paths are routes'
        return [error('HA077', [section, name, 'extra', at], message, hint)]
      }),
    ),
  )
}
