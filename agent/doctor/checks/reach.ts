// Do the agents of the peers answer, and the hub? Without the first, changes are not put in turn.
import { isLoopback } from '../../../spec/tls/loopback.ts'
import { info, warning } from '../finding.ts'
import { peersOf } from '../place.ts'
import type { Ask, Check, Finding, Patient } from '../types.ts'

const TIMEOUT_MS = 2_000

const hubAt = (patient: Patient): { host: string; port: number } | undefined => {
  if (patient.hub === undefined) return undefined
  const { hostname, port, protocol } = new URL(patient.hub)
  const plain = protocol === 'https:' ? 443 : 80
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? plain : Number(port),
  }
}

/** What each way of failing says about where to look. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the host answers, but nobody listens there',
  timeout: 'no answer: the host is down or a firewall drops it',
  EHOSTUNREACH: 'no host has that address on the segment, or a firewall refuses',
  ENETUNREACH: 'this node has no route to it',
}

function peers(patient: Patient, connect: (host: string, port: number) => string | undefined) {
  return peersOf(patient).flatMap(({ node, address }): readonly Finding[] => {
    const failed = connect(address, patient.peerPort)
    if (failed === undefined || failed === '') return []
    const refused = failed === 'ECONNREFUSED'
    return [
      warning('reach', {
        what: `the agent of ${node} does not answer at ${address} port ${patient.peerPort}: ${REASONS[failed] ?? failed}`,
        why: 'rolling changes wait for it, and neither node learns what the other holds without the hub',
        fix: refused ? [`ssh ${node} systemctl start hactl-agent`] : [],
        hint: refused
          ? ''
          : `on ${node}: \`hactl doctor\` shows whether its firewall drops port ${patient.peerPort}`,
      }),
    ]
  })
}

export const reach: Check = {
  name: 'reach',
  cheap: true,
  asks: (patient) => {
    const hub = hubAt(patient)
    return [
      ...peersOf(patient).map(
        ({ address }): Ask => ({
          ask: 'connect',
          host: address,
          port: patient.peerPort,
          timeoutMs: TIMEOUT_MS,
        }),
      ),
      ...(hub === undefined
        ? []
        : ([{ ask: 'connect', ...hub, timeoutMs: TIMEOUT_MS }] satisfies readonly Ask[])),
    ]
  },
  judge: (patient, answers) => {
    const hub = hubAt(patient)
    const failed = hub === undefined ? '' : (answers.connect(hub.host, hub.port) ?? '')
    const unheard =
      failed === ''
        ? []
        : [
            warning('reach', {
              what: `the hub does not answer at ${patient.hub}: ${REASONS[failed] ?? failed}`,
              why: 'this node is shown as unknown and gets no new spec from it; what runs goes on',
              hint: 'the hub is `hactl hub` on its host; see `systemctl status hactl-hub` there',
            }),
          ]
    const readable =
      patient.hub?.startsWith('http:') !== true || isLoopback(hub?.host ?? '')
        ? []
        : [
            info('reach', {
              what: `this node speaks plain HTTP with the hub at ${patient.hub}`,
              why: 'whoever can read that wire reads the token and the spec, and can answer in the place of the hub',
              hint: 'start the hub with --tls auto, and write its https:// address and its CA (hactl hub ca) into agent.json',
            }),
          ]
    const lonely =
      patient.cluster === undefined
        ? [
            info('reach', {
              what: 'no spec is known here yet: peers, vips and proxies could not be checked',
              why: 'most checks compare the node with the spec',
              hint: 'give one: hactl doctor --spec FILE',
            }),
          ]
        : []
    return [...peers(patient, answers.connect), ...unheard, ...readable, ...lonely]
  },
}
