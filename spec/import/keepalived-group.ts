// vrrp_sync_group: the vips of its instances name their group.
import { type Host, keep, mailed, sayAll } from './keepalived-keep.ts'
import type { Block } from './keepalived-text.ts'
import type { Import } from './types.ts'
import { nameOf } from './words.ts'

export function readGroup(block: Block, host: Host): undefined {
  const { imp, vips } = host
  const group = nameOf(block.words[1] ?? '', 'group')
  const members = block.children
    .filter(({ words }) => words[0] === 'group')
    .flatMap(({ children }) => children.flatMap(({ words }) => words))
  const known = [...new Set(members.flatMap((name) => vips.get(name) ?? []))]
  const alone = known.length < 2
  imp.say(block.directive, 'modelled', alone ? 'one vip alone moves as it likes' : '')
  for (const name of alone ? [] : known) join(name, group, block, imp)
  for (const one of block.children) {
    const [first] = one.words
    if (first === 'group') readMembers(one, vips, imp)
    else if (first === 'smtp_alert') mailed(one, host)
    else if (!alone) keep(one, 'group', group, host)
    else if (known[0] !== undefined && /^(?:track|notify)_?/.test(first ?? ''))
      keep(one, 'vip', known[0], host)
    else sayAll(one, imp, 'not-taken', 'a group of one vip is none')
  }
}

function join(name: string, group: string, block: Block, imp: Import): undefined {
  const vip = imp.sections.vips[name]
  if (vip === undefined) return
  if (vip.group !== undefined && vip.group !== group)
    imp.decide(
      `${block.directive.file}:${block.directive.line}`,
      `vip ${name} is in group ${vip.group} already: which one?`,
    )
  vip.group ??= group
}

function readMembers(block: Block, vips: ReadonlyMap<string, string>, imp: Import): undefined {
  imp.say(block.directive, 'modelled')
  for (const { words, directive } of block.children)
    for (const word of words)
      if (vips.has(word)) imp.say(directive, 'modelled')
      else {
        imp.say(directive, 'not-taken', `no vip came of a vrrp_instance ${word}`)
        imp.decide(
          `${directive.file}:${directive.line}`,
          `group names ${word}, which is no instance that became a vip`,
        )
      }
}
