// Can this node hold its vips: is the interface there and up, does the address belong, does a stranger have it?
import type { ClusterVip } from '../../../spec/cluster.ts'
import { answerers, arpProbes, arpRequest } from '../arp.ts'
import { error, info, install, only, warning } from '../finding.ts'
import { inSubnetOf, interfaceOf, nodeOf, vipsOf } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const ARPING_TIMEOUT_MS = 6_000

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

const heldHere = ({ facts }: Patient, address: string): boolean =>
  facts.addresses.some((a) => a.address === address)

/** What is held here must be asked for by a probe, see arp.ts. */
const questions = (patient: Patient, { interface: name, address }: Place) =>
  heldHere(patient, address) ? arpProbes(name, address) : [arpRequest(name, address)]

function duplicates(patient: Patient, answers: Answers): readonly Finding[] {
  const asked = places(patient)
  const [first] = asked
  if (first === undefined) return []
  const [program = []] = questions(patient, first)
  if (answers.run(...program)?.code === 127)
    return [
      info('vips', {
        what: 'nobody looked whether a stranger has the address of a vip: arping is not installed',
        why: 'an address that two machines have works now and then',
        fix: only(install(patient.facts.packager, 'iputils-arping', 'iputils')),
      }),
    ]
  return asked.flatMap((place) => {
    const { vip, interface: name, address } = place
    const said = questions(patient, place).map((argv) => answers.run(...argv)?.out ?? '')
    const found = answerers(said.join('\n'))
    const held = heldHere(patient, address)
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
    places(patient).flatMap((place) =>
      questions(patient, place).map(
        (argv): Ask => ({ ask: 'run', argv, timeoutMs: ARPING_TIMEOUT_MS }),
      ),
    ),
  judge: duplicates,
}
