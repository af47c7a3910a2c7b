// The agent itself: its configuration, its memory on disk, and whether it gets anywhere.
import { error, info, warning } from '../finding.ts'
import type { Answers, Check, Finding, Patient } from '../types.ts'

const SINCE_READY_MS_WARN = 10 * 60_000

function word(patient: Patient): readonly Finding[] {
  const { agent } = patient
  if (agent === undefined) return []
  if (!agent.answers)
    return [
      error('agent', {
        what: `the agent of this node does not answer on port ${patient.peerPort}`,
        why: 'nothing converges here and nobody looks at this node; what runs goes on',
        fix: patient.facts.supervisor === 'systemd' ? ['systemctl restart hactl-agent'] : [],
        hint:
          patient.facts.supervisor === 'systemd'
            ? 'journalctl -u hactl-agent says why it stopped'
            : `start it: hactl agent --config ${patient.configPath}`,
      }),
    ]
  if (agent.condition === 'Ready' || agent.condition === '') return []
  const since = agent.sinceReadyMs
  const long = since !== undefined && since > SINCE_READY_MS_WARN
  const say = agent.condition === 'Stalled' || long ? error : warning
  return [
    say('agent', {
      what: `the agent is ${agent.condition}${since === undefined ? '' : ` and was last Ready ${Math.round(since / 60_000)} min ago`}: ${agent.reason}`,
      why: 'this node does not run the newest spec; it runs the last one that was proved',
      hint:
        agent.condition === 'Stalled'
          ? 'push a corrected spec, or hactl rollback to the one before'
          : '',
    }),
  ]
}

function judge(patient: Patient, answers: Answers): readonly Finding[] {
  const faults = answers.agentConfig(patient.configPath) ?? []
  const damaged = answers.list(patient.statePath).filter((name) => name.endsWith('.damaged'))
  return [
    ...faults.map((fault) =>
      error('agent', {
        what: `${patient.configPath}: ${fault}`,
        why: 'the agent will not start with it',
        hint: `hactl agent --check --config ${patient.configPath} shows the place`,
      }),
    ),
    ...damaged.map((name) =>
      warning('agent', {
        what: `${patient.statePath}/${name}: a file of the agent's memory was damaged and set aside`,
        why: 'a disk that damages one file may damage others; what was in it is forgotten, no more',
        fix: [`rm ${patient.statePath}/${name}`],
        hint: 'see dmesg and the state of the disk before that',
      }),
    ),
    ...word(patient),
    ...(patient.facts.supervisor === 'builtin' && patient.agent !== undefined
      ? [
          info('agent', {
            what: 'systemd does not run this machine: the agent keeps the daemons running itself',
            why: 'after a reboot they start when something starts the agent',
          }),
        ]
      : []),
  ]
}

export const agentState: Check = {
  name: 'agent',
  cheap: true,
  asks: (patient) => [
    { ask: 'agent-config', path: patient.configPath },
    { ask: 'list', path: patient.statePath },
  ],
  judge,
}
