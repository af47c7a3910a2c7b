// What the packet filter and SELinux must permit, and what they do permit.
import type { Facts } from './types.ts'

/** Packets that the node must let in. One source, so that a rule is one entry in every firewall. */
export type Opening = {
  readonly protocol: 'tcp' | 'udp' | 'vrrp' | 'ipip'
  /** Of tcp and udp. */
  readonly port?: number
  /** Address or network in normal form; absent: from everywhere. */
  readonly from?: string
  readonly why: string
}
/** The firewall of the host, whoever wrote its rules, lets these in. */
export type WantFirewall = {
  readonly kind: 'firewall'
  readonly backend: Facts['firewall']
  readonly manage: 'open' | 'report' | 'off'
  /** systemd loads the ruleset at boot, so ours can follow it. */
  readonly boots: boolean
  readonly openings: readonly Opening[]
  /** Those with the node's own addresses: they decide the zones of firewalld. */
  readonly interfaces: readonly string[]
}
/** What SELinux must permit for the daemons of this node. */
export type WantSelinux = {
  readonly kind: 'selinux'
  readonly manage: 'set' | 'report' | 'off'
  readonly mode: Facts['selinux']
  readonly packager: Facts['packager']
  readonly booleans: readonly {
    readonly name: string
    readonly value: boolean
    readonly why: string
  }[]
  /** Ports that a domain binds or connects to; what no label allows it, `any` permits. */
  readonly ports: readonly SelinuxPort[]
}
export type SelinuxPort = {
  readonly port: number
  readonly use: 'bind' | 'connect'
  /** Boolean that permits every port; absent: there is none. */
  readonly any?: string
  readonly why: string
}
/** A zone of firewalld. Entries are as firewall-cmd writes them: `80/tcp`, or a rich rule. */
export type ZoneState = {
  readonly name: string
  /** Its target is ACCEPT: nothing needs to be opened. */
  readonly open: boolean
  readonly interfaces: readonly string[]
  readonly runtime: ReadonlySet<string>
  readonly permanent: ReadonlySet<string>
}
/** A base chain of nftables at hook input. */
export type InputChain = {
  readonly family: 'ip' | 'ip6' | 'inet'
  readonly table: string
  readonly chain: string
  /** What no rule of it accepts is dropped. */
  readonly closed: boolean
  /** Handles of the rules that jump to our chain. */
  readonly jumps: readonly number[]
  /** Our chain in this table; undefined: there is none. A rule that is not as we write them is undefined. */
  readonly ours: readonly (Opening | undefined)[] | undefined
}
export type FirewallState = {
  readonly zones: readonly ZoneState[]
  readonly zoneByDefault: string
  readonly chains: readonly InputChain[]
  /** What is dropped now, with the command that opens it: judged by walking the rules. */
  readonly shut: readonly { readonly key: string; readonly fix: string }[]
}
export type SelinuxState = {
  /** Those that the policy of this host has. */
  readonly booleans: ReadonlyMap<string, boolean>
  /** Labels of TCP ports; undefined where semanage is missing. */
  readonly labels:
    | readonly { readonly type: string; readonly from: number; readonly to: number }[]
    | undefined
}
