// What keepalived's checkers think, from the dump that SIGUSR1 makes them write.
import { parseAddress, placeText } from '../../../spec/address.ts'
import type { CheckedService } from '../../plan/types.ts'

type Draft = {
  place: string
  protocol: string
  rows: Map<string, boolean>
  quorum: boolean | undefined
}

/**
 * Pure. Virtual services by `tcp 172.17.1.160:80`. "RS set" is keepalived's own note whether it put the server into the
 * table, which is more than "alive": while the quorum is lost the sorry server stands there instead. The same words in
 * 2.2.7 and 2.3.3. A server of which the text does not say it is not in `rows`. undefined when it is no such dump.
 */
export function parseCheckDump(text: string): ReadonlyMap<string, CheckedService> | undefined {
  if (!/^-{6}< (?:Health checkers|LVS Topology) >-{6}/m.test(text)) return undefined
  const drafts: Draft[] = []
  let real = ''
  for (const line of text.split('\n')) {
    const draft = drafts.at(-1)
    const place = /^\s*VS VIP = (\S+), VPORT = (\d+)/.exec(line)
    if (place !== null) {
      drafts.push({ place: at(place), protocol: '', rows: new Map(), quorum: undefined })
      real = ''
      continue
    }
    if (draft === undefined) continue
    if (line.startsWith('------<')) break
    const server = /^\s*RIP = (\S+), RPORT = (\d+)/.exec(line)
    if (server !== null) real = at(server)
    const protocol = /^\s*protocol = (TCP|UDP)\s*$/.exec(line)?.[1]
    if (protocol !== undefined) draft.protocol = protocol.toLowerCase()
    const quorum = /^\s*quorum_state_up = ([01])\s*$/.exec(line)?.[1]
    if (quorum !== undefined) draft.quorum = quorum === '1'
    const set = /^\s*RS set = ([01])\s*$/.exec(line)?.[1]
    if (real !== '' && set !== undefined) draft.rows.set(real, set === '1')
  }
  return new Map(
    drafts.flatMap(({ place, protocol, rows, quorum }) =>
      quorum === undefined ? [] : [[`${protocol} ${place}`, { rows, quorum }] as const],
    ),
  )
}

const at = (match: RegExpExecArray): string => {
  const text = match[1] ?? ''
  return placeText({ address: parseAddress(text)?.address ?? text, port: Number(match[2]) })
}
