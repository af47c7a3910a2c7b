// Who else gives addresses to this node: other cluster managers, a second keepalived, a vip written into the network's files.
import { error, warning } from '../finding.ts'
import { vipsOf } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const PS = ['ps', '-eo', 'pid=,ppid=,comm='] as const
const TIMEOUT_MS = 5_000
/** Where distributions keep addresses that are given at boot. */
const NETWORK_FILES = [
  '/etc/NetworkManager/system-connections',
  '/etc/sysconfig/network-scripts',
  '/etc/network/interfaces',
  '/etc/network/interfaces.d',
  '/etc/netplan',
  '/etc/systemd/network',
  '/etc/rc.local',
  '/etc/rc.d/rc.local',
] as const

const RIVALS: Readonly<Record<string, { readonly what: string; readonly unit: string }>> = {
  pacemakerd: { what: 'Pacemaker', unit: 'pacemaker' },
  corosync: { what: 'Corosync', unit: 'corosync' },
  heartbeat: { what: 'Heartbeat', unit: 'heartbeat' },
  ucarp: { what: 'ucarp', unit: 'ucarp' },
  vrrpd: { what: 'vrrpd', unit: 'vrrpd' },
  'vip-manager': { what: 'vip-manager', unit: 'vip-manager' },
}

type Process = { readonly pid: number; readonly parent: number; readonly name: string }
export const parseProcesses = (text: string): readonly Process[] =>
  text.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line)
    return found === null
      ? []
      : [{ pid: Number(found[1]), parent: Number(found[2]), name: found[3] ?? '' }]
  })

/** Fixed strings and whole words: 10.0.0.3 must not be found in 10.0.0.33. Only names of files come back. */
const grep = (address: string): readonly string[] => [
  ...['grep', '-rlswF', '-e', address, ...NETWORK_FILES],
]
const addresses = (patient: Patient): readonly string[] =>
  vipsOf(patient).flatMap((vip) => vip.nets.map((net) => net.address))

function rivals(processes: readonly Process[]): readonly Finding[] {
  const seen = new Set(processes.map((p) => p.name))
  return Object.entries(RIVALS).flatMap(([name, { what, unit }]) =>
    seen.has(name)
      ? [
          warning('managers', {
            what: `${what} runs on this node too`,
            why: 'two managers of addresses and daemons undo what the other does',
            fix: [`systemctl disable --now ${unit}`],
            hint: 'only when nothing that it manages is needed any more',
          }),
        ]
      : [],
  )
}

/** keepalived forks: every process of it descends from one, unless there are two of them. */
function second(processes: readonly Process[]): readonly Finding[] {
  const all = processes.filter((p) => p.name === 'keepalived')
  const pids = new Set(all.map((p) => p.pid))
  const heads = all.filter((p) => !pids.has(p.parent)).map((p) => p.pid)
  if (heads.length < 2) return []
  return [
    error('managers', {
      what: `${heads.length} keepalived run here, pids ${heads.join(' and ')}`,
      why: 'one of them is not ours and may hold the same addresses with an old configuration',
      hint: `ps -o pid,lstart,args -p ${heads.join(',')} shows which is not ours: end that one`,
    }),
  ]
}

function judge(patient: Patient, answers: Answers): readonly Finding[] {
  const processes = parseProcesses(answers.run(...PS)?.out ?? '')
  const written = addresses(patient).flatMap((address) =>
    (answers.run(...grep(address))?.out ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((file) =>
        error('managers', {
          what: `${address}, an address of a vip, is written in ${file}`,
          why: 'after a reboot this node has it by itself, while another holds it by VRRP',
          hint: 'take it out there (nmcli connection modify NAME -ipv4.addresses ADDRESS): only keepalived may give it',
        }),
      ),
  )
  return [...rivals(processes), ...second(processes), ...written]
}

export const managers: Check = {
  name: 'managers',
  cheap: true,
  asks: (patient) =>
    [PS, ...addresses(patient).map(grep)].map(
      (argv): Ask => ({ ask: 'run', argv, timeoutMs: TIMEOUT_MS }),
    ),
  judge,
}
