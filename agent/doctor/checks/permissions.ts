// Who may read what holds secrets, and who may change what root reads.
import { CONFIG_PATH as HAPROXY_PATH } from '../../providers/haproxy/paths.ts'
import { CONFIG_PATH as KEEPALIVED_PATH } from '../../providers/keepalived/paths.ts'
import { error, warning } from '../finding.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const GROUP_OR_OTHERS = 0o077
const WRITE_GROUP_OR_OTHERS = 0o022
const OTHERS_READ = 0o004

type Rule = {
  readonly path: string
  /** Bits that must not be set. */
  readonly never: number
  readonly mode: string
  readonly what: string
  readonly why: string
  readonly bad: 'error' | 'warning'
}

const above = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

function rules(patient: Patient): readonly Rule[] {
  const secretsInHaproxy = Object.keys(patient.cluster?.stats?.users ?? {}).length > 0
  const open = (path: string): Rule => ({
    path,
    never: WRITE_GROUP_OR_OTHERS,
    mode: 'go-w',
    what: 'can be changed by others than root',
    why: 'who can change it becomes root on this node',
    bad: 'error',
  })
  return [
    {
      path: patient.configPath,
      never: GROUP_OR_OTHERS,
      mode: '600',
      what: 'can be read by others than root',
      why: "it may hold this node's token: who has it speaks for the node",
      bad: 'error',
    },
    {
      path: KEEPALIVED_PATH,
      never: OTHERS_READ | WRITE_GROUP_OR_OTHERS,
      mode: 'go-w,o-r',
      what: 'can be read by everybody, or changed by others than root',
      why: 'it may hold the password of the virtual routers',
      bad: 'warning',
    },
    {
      path: HAPROXY_PATH,
      never: secretsInHaproxy ? WRITE_GROUP_OR_OTHERS | OTHERS_READ : WRITE_GROUP_OR_OTHERS,
      mode: secretsInHaproxy ? 'go-w,o-r' : 'go-w',
      what: secretsInHaproxy
        ? 'can be read by everybody, or changed by others than root'
        : 'can be changed by others than root',
      why: secretsInHaproxy
        ? 'it holds the password hashes of the stats page'
        : 'who can change it decides where traffic goes',
      bad: 'warning',
    },
    open(patient.statePath),
    ...[patient.configPath, KEEPALIVED_PATH, HAPROXY_PATH].map((path) => open(above(path))),
  ]
}

function judge(patient: Patient, answers: Answers): readonly Finding[] {
  return rules(patient).flatMap((rule) => {
    const at = answers.stat(rule.path)
    if (at === undefined) return []
    const say = rule.bad === 'error' ? error : warning
    const loose =
      (at.mode & rule.never) === 0
        ? []
        : [
            say('permissions', {
              what: `${rule.path} (mode ${at.mode.toString(8)}) ${rule.what}`,
              why: rule.why,
              fix: [`chmod ${rule.mode} ${rule.path}`],
            }),
          ]
    const owned =
      at.uid === 0
        ? []
        : [
            error('permissions', {
              what: `${rule.path} belongs to uid ${at.uid}, not to root`,
              why: 'its owner can change what root reads',
              fix: [`chown root:root ${rule.path}`],
            }),
          ]
    return [...loose, ...owned]
  })
}

export const permissions: Check = {
  name: 'permissions',
  cheap: true,
  asks: (patient) => rules(patient).map(({ path }): Ask => ({ ask: 'stat', path })),
  judge,
}
