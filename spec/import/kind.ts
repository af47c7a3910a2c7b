// What a file is, told by its content; its name decides between the two that look alike.
import type { Kind } from './types.ts'

export function kindOf(name: string, text: string): Kind {
  const base = name.split('/').at(-1) ?? ''
  const plain = text.replace(/^\s*[#!].*$/gm, '')
  const score = (pattern: RegExp) => plain.match(pattern)?.length ?? 0
  const scores: readonly (readonly [Kind, number])[] = [
    [
      'haproxy',
      score(
        /^\s*(?:global|defaults|frontend|backend|listen|bind|default_backend|use_backend|balance)\b(?!.*[;{])/gm,
      ) + (/haproxy/i.test(base) ? 1 : 0),
    ],
    [
      'keepalived',
      score(
        /\b(?:vrrp_instance|virtual_server|real_server|global_defs|vrrp_script|virtual_router_id|virtual_ipaddress|vrrp_sync_group)\b/g,
      ) + (/keepalived/i.test(base) ? 1 : 0),
    ],
    [
      'nginx',
      score(/\b(?:upstream|server|http|location|proxy_pass|listen|events)\b[^\n]*[{;]/g) +
        (/nginx/i.test(base) ? 1 : 0),
    ],
    ['exports', score(/^\s*"?\/\S*\s+\S+\([a-z_,=0-9:.]*\)/gm) + (/exports/i.test(base) ? 2 : 0)],
    [
      'fstab',
      score(/^\s*\S+\s+(?:\/\S*|none|swap)\s+[a-z0-9]+\s+\S+(?:\s+[0-9]){0,2}\s*$/gm) +
        (/fstab/i.test(base) ? 2 : 0),
    ],
  ]
  const best = scores.reduce((a, b) => (b[1] > a[1] ? b : a))
  return best[0]
}
