// Can this node hold its vips: is the interface there and up, does the address belong, does a stranger have it?
import type { ClusterVip } from '../../../spec/cluster.ts'
import { error, info, install, only, warning } from '../finding.ts'
import { inSubnetOf, interfaceOf, nodeOf, vipsOf } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const ARPING_TIMEOUT_MS = 6_000

// `-c` and `-I` mean the same in both programs of that name (iputils' and Thomas Habets').
const arping = (name: string, address: string): readonly string[] => [
  ...['arping', '-c', '2', '-I', name, address],
]

type Place = { readonly vip: ClusterVip; readonly interface: string; readonly address: string }
const places = (patient: Patient): readonly Place[] =>
  vipsOf(patient).flatMap((vip) => {
    const name = interfaceOf(patient, vip)
    if (name === undefined) return []
    return vip.nets
      .filter((net) => net.family === 4)
      .map((net) => ({ vip, interface: name, address: net.address }))
  })

function place(patient: Patient, vip: ClusterVip): readonly Finding[] {
  const own = vip.peers.find((p) => p.node === patient.node)?.address ?? ''
  const name = interfaceOf(patient, vip)
  const why = `this node cannot hold vip ${vip.name}`
  if (name === undefined)
    return [
      error('vips', {
        what: `no interface has ${own}, which the spec gives to this node`,
        why,
        hint: 'correct the address of the node in the spec, or give it to the interface (nmcli, /etc/network/interfaces)',
      }),
    ]
  const found = patient.facts.interfaces.find((i) => i.name === name)
  if (found === undefined)
    return [
      error('vips', {
        what: `interface ${name} of vip ${vip.name} does not exist; there are ${patient.facts.interfaces.map((i) => i.name).join(', ')}`,
        why,
        hint: 'leave "interface" out of the spec: it is then found by its address',
      }),
    ]
  const outside = vip.nets.filter((net) => !inSubnetOf(patient, name, net.address))
  return [
    ...(found.up
      ? []
      : [
          error('vips', {
            what: `interface ${name} of vip ${vip.name} is down or has no carrier`,
            why,
            fix: [`ip link set ${name} up`],
            hint: 'when it stays so, see the cable and the port of the switch',
          }),
        ]),
    ...(patient.facts.addresses.some((a) => a.interface === name && a.address === own)
      ? []
      : [
          error('vips', {
            what: `${own} is not an address of ${name}`,
            why: 'keepalived holds the vip in FAULT until its own address is there',
            fix: [`ip addr add ${own}/${nodeOf(patient)?.net.prefix ?? 24} dev ${name}`],
            hint: 'and make it permanent in the configuration of the network',
          }),
        ]),
    ...outside.map((net) =>
      warning('vips', {
        what: `${net.address} of vip ${vip.name} lies in no subnet of ${name}`,
        why: 'neighbours do not look for it there: it is reached only where a route leads to this segment',
      }),
    ),
  ]
}

/** Hardware addresses that answered, upper and lower case made one. */
export const answerers = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi)].map(([m]) => m.toLowerCase()),
  ),
]

function duplicates(patient: Patient, answers: Answers): readonly Finding[] {
  const asked = places(patient)
  const [first] = asked
  if (first === undefined) return []
  if (answers.run(...arping(first.interface, first.address))?.code === 127)
    return [
      info('vips', {
        what: 'nobody looked whether a stranger has the address of a vip: arping is not installed',
        why: 'an address that two machines have works now and then',
        fix: only(install(patient.facts.packager, 'iputils-arping', 'iputils')),
      }),
    ]
  return asked.flatMap(({ vip, interface: name, address }) => {
    const found = answerers(answers.run(...arping(name, address))?.out ?? '')
    const held = patient.facts.addresses.some((a) => a.address === address)
    const strangers = held ? found.length : found.length - 1
    if (strangers < 1) return []
    return [
      error('vips', {
        what: `${address} of vip ${vip.name} is ${held ? 'held here, and also' : 'held more than once:'} by ${found.join(' and ')} on ${name}`,
        why: 'clients reach now the one, now the other',
        hint: 'these are hardware addresses: a peer that holds it too, or a stranger whose address must be changed',
      }),
    ]
  })
}

export const vips: Check = {
  name: 'vips',
  cheap: true,
  asks: () => [],
  judge: (patient) => vipsOf(patient).flatMap((vip) => place(patient, vip)),
}

/** Asks the segment, so it is not done every ten minutes. */
export const addresses: Check = {
  name: 'addresses',
  cheap: false,
  asks: (patient) =>
    places(patient).map(
      (p): Ask => ({
        ask: 'run',
        argv: arping(p.interface, p.address),
        timeoutMs: ARPING_TIMEOUT_MS,
      }),
    ),
  judge: duplicates,
}
