// A plan as people read it: what, why, what it does to traffic, and the way back.
import { structuredPatch } from 'diff'
import type { Action } from '../action.ts'
import type { Plan, Step } from './types.ts'

/** One line per action, in words. */
export function actionText(action: Action): string {
  switch (action.do) {
    case 'write':
      return `write ${action.path} (${action.body.length} bytes, mode ${action.mode.toString(8)}${action.gid === undefined ? '' : `, group ${action.gid}`})`
    case 'remove':
      return `remove ${action.path}`
    case 'keep-original':
      return `keep the original of ${action.path}`
    case 'check':
      return `check ${action.path} with ${action.engine}`
    case 'preflight':
      return `prove that ${action.binds.map((b) => `${b.address}:${b.port}`).join(', ')} can be bound`
    case 'install':
      return `install ${action.packages.join(', ')}`
    case 'start':
    case 'reload':
    case 'restart':
    case 'stop':
      return `${action.do} ${action.daemon.name}`
    case 'verify':
      return `read back ${action.digest} from the running ${action.engine}`
    case 'remember':
      return `remember ${action.path} as proved`
    case 'sysctl':
      return `set ${action.key} = ${action.value}`
    case 'add-address':
      return `add ${action.address.address}/${action.address.prefix} to ${action.address.interface}`
    case 'restore-original':
      return `put back what stood at ${action.path} before`
    case 'run':
      return `run ${action.argv.join(' ')}`
    case 'verify-unit':
      return `see that ${action.unit} is ${action.state}`
    case 'unmount':
      return `take NFS off ${action.path}`
    case 'verify-mount':
      return `see that ${action.wish.source} is at ${action.wish.path}`
    case 'forget':
      return `forget ${action.id}`
    case 'drop-address':
      return `remove ${action.address.address} from ${action.address.interface}`
    case 'live':
      return `tell ${action.socket}: ${action.command}`
  }
}

/** Unified diff of one file, without its header; '' when both are equal. */
function diffText(have: string | undefined, want: string | undefined): string {
  const { hunks } = structuredPatch('', '', have ?? '', want ?? '', undefined, undefined, {
    context: 2,
  })
  return hunks.map((h) => [`@@ -${h.oldStart} +${h.newStart} @@`, ...h.lines].join('\n')).join('\n')
}

const indent = (text: string, by: string) =>
  text
    .split('\n')
    .map((line) => by + line)
    .join('\n')

function stepText(step: Step, options: { readonly diff: boolean }): string {
  const lines = [
    `~ ${step.id}  [${step.impact}]`,
    `    why:    ${step.why}`,
    `    effect: ${step.says}`,
    ...[...step.prepare, ...step.commit].map(
      (a, i) => `    ${i === 0 ? 'do:    ' : '       '} ${actionText(a)}`,
    ),
    ...step.undo.map((a, i) => `    ${i === 0 ? 'undo:  ' : '       '} ${actionText(a)}`),
  ]
  const diffs = options.diff
    ? step.diff.map((d) => `    --- ${d.path}\n${indent(diffText(d.have, d.want), '    ')}`)
    : []
  return [...lines, ...diffs].join('\n')
}

/** The whole plan of a node; deterministic. */
export function planText(plan: Plan, options: { readonly diff: boolean }): string {
  const head = `node ${plan.node}: ${
    plan.steps.length === 0 ? 'nothing to do' : `${plan.steps.length} step(s)`
  }, spec ${plan.digest.slice(0, 12)}`
  return `${[
    head,
    ...plan.steps.map((s) => stepText(s, options)),
    ...plan.kept.map((k) => `= ${k.id}  ${k.why}`),
    ...plan.notes.map((n) => `! ${n}`),
    ...(plan.unmet ?? []).map((u) => `! nothing is changed: ${u}`),
  ].join('\n')}\n`
}
