// Import's round trip for keepalived: the installed one makes of the rendered file what it made of the old one, by its own dump.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { keepalivedEngine } from '../../agent/providers/keepalived/engine.ts'
import { keepalived } from '../../agent/providers/keepalived/index.ts'
import { meaningOf } from '../../agent/providers/keepalived/messages.ts'
import { offlineFacts } from '../../agent/plan/offline.ts'
import type { Facts, WantDaemon } from '../../agent/plan/types.ts'
import type { Exec } from '../../agent/world.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import { importFiles, type Imported } from '../../spec/import/index.ts'
import { SAMPLE } from '../spec/import/keepalived-sample.ts'
import { dumpOf, type Machine, verdictOf } from './keepalived-dump.ts'

const root = process.getuid?.() === 0
const usable = root && spawnSync('unshare', ['-nmpf', 'keepalived', '--version']).status === 0
const skip = usable ? false : 'needs root, namespaces and keepalived'
const CORPUS = ['../shared/corpus/keepalived', '../../shared/corpus/keepalived']
  .map((path) => resolve(path))
  .find((path) => existsSync(path))
const ALONE = 'lb1'

/** Addresses for the hosts of a file that says none, and priorities apart where it has them equal: what a person would decide. */
function decided(
  name: string,
  text: string,
): { readonly done: Imported; readonly cluster: Cluster | undefined; readonly apart: boolean } {
  const read = (addresses: Record<string, string>) =>
    importFiles([{ name, node: ALONE, text, kind: 'keepalived' }], { cluster: 'c', addresses })
  const draft = JSON.parse(read({}).text)
  const nodes: readonly string[] = Object.keys(draft.nodes)
  const addresses = Object.fromEntries(
    nodes
      .filter((node) => draft.nodes[node].address === undefined)
      .map((node, at) => [node, `198.51.100.${11 + at}/24`]),
  )
  const done = read(addresses)
  const spec = JSON.parse(done.text)
  let apart = false
  for (const vip of Object.values<{ peers: Record<string, { priority: number }> }>(
    spec.vips ?? {},
  )) {
    const peers = Object.values(vip.peers)
    const equal = new Set(peers.map(({ priority }) => priority)).size < peers.length
    apart ||= equal
    if (equal) for (const [at, peer] of peers.entries()) peer.priority += at
  }
  return { done, cluster: checkSpec(JSON.stringify(spec)).cluster, apart }
}

function rendered(cluster: Cluster, facts: Facts): string {
  const { wants } = keepalived.compile(cluster, facts)
  return wants.find((want): want is WantDaemon => want.kind === 'daemon')?.files[0]?.body ?? ''
}

/** A namespace of its own that the host does not have is left out of the old file. */
const runnable = (text: string): string => text.replace(/^.*\bnet_namespace\b.*$/gm, '')

/** Every interface that either file names, with an address and those of the node. */
function machineOf(old: string, body: string, facts: Facts): Machine {
  const named = [
    ...`${old}\n${body}`.matchAll(/\b(?:interface|dev|IF=|INNER=)\s*([a-z][\w.-]{1,14})/g),
  ]
  const names = [...new Set(named.map(([, name = '']) => name))].filter(
    (name) => !/^(?:vrrp|lo$)/.test(name),
  )
  const password = /auth_pass\s+(?!\$)(\S+)/.exec(old)?.[1] ?? /\$PASS=(\S+)/.exec(old)?.[1] ?? 'x'
  const includes = [...body.matchAll(/include \/etc\/keepalived\/(\S+)/g)]
  return {
    interfaces: new Map(
      names.map((name, at) => [
        name,
        [
          `10.250.${at}.1/24`,
          ...facts.addresses
            .filter((one) => one.interface === name)
            .map(({ address, prefix }) => `${address}/${prefix}`),
        ],
      ]),
    ),
    files: Object.fromEntries(includes.map(([, name = '']) => [name, `auth_pass ${password}\n`])),
  }
}

/** What hactl sets by itself, or a decision says: the rest of a dump is the same, line by line. */
const OURS = [
  /^Wantstate =/,
  /^Flags:/,
  // keepalived's defaults, and those of strict mode; what a file says stays.
  /^Gratuitous ARP (?:delay = 5|refresh = 0|lower priority (?:delay = [05]|repeat = [05]))$/,
  // vrrp_strict goes, and what it brought.
  /^Enforcing strict VRRP compliance$/,
  /^Accept = disabled$/,
  /^Send advert after receive lower priority advert = false$/,
  // The first address alone is advertised; names are those of the spec.
  /^Virtual IP(?: Excluded)? \(\d+\):$/,
  /^Sync group =/,
  /^Using smtp notification = yes$/,
]
/** What a daemon that runs says of its moment. */
const MOMENT =
  /^(?:Last transition|Number of (?:interface and )?track script|(?:Effective|Total) priority|Read timeout|Master (?:router|priority|down timer)|fd_in|State|Script uid|Pending|Using src_ip = fe80)\b/
const RANKS = /^(?:Effective |Total )?[Pp]riority = \d+$/
const VRID = /^Virtual Router ID = \d+$/

function compare(name: string, text: string, cluster: Cluster, node: string, apart: boolean) {
  const id = node === ALONE ? undefined : node
  const facts = offlineFacts(cluster, node)
  const body = rendered(cluster, facts)
  assert.notEqual(body, '', `${name}: nothing is rendered for ${node}`)
  const old = runnable(text)
  const machine = machineOf(old, body, facts)
  const before = dumpOf(old, machine, id)
  const after = [...dumpOf(body, machine).values()]
  assert.ok(before.size > 0, `${name}: keepalived runs nothing of the old file for ${node}`)
  assert.equal(after.length, before.size, `${name}: instances of ${node}`)
  for (const [instance, lines] of before) {
    const key = keyOf(lines)
    const twin = after.find((other) => keyOf(other) === key)
    assert.ok(twin, `${name}: no instance is ${instance} (${key}) on ${node}`)
    const now = new Set(twin.map(plain))
    const lost = lines
      .map(plain)
      .filter((line) => !now.has(line) && !OURS.some((one) => one.test(line)))
      .filter((line) => !MOMENT.test(line) && !(apart && RANKS.test(line)))
    assert.deepEqual(lost, [], `${name}: ${instance} of ${node}`)
  }
  return { machine, body, old }
}

/** One router is its vrid, family and interface. */
const keyOf = (lines: readonly string[]): string =>
  [
    lines.find((line) => VRID.test(line)),
    lines.find((line) => line.startsWith('Interface =')),
    lines.some((line) => /^[0-9a-f]*:.*\//.test(line)) ? 6 : 4,
  ].join(' ')
const plain = (line: string): string => line.replace(/\bVRRP_?\b/g, 'VRRP').trim()

/** Lines that would make the agent refuse a file. */
const refusals = ({ stdout, stderr }: Exec): ReadonlySet<string> =>
  new Set(
    `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '' && (meaningOf(line)?.level ?? 'fatal') === 'fatal')
      .map((line) => line.replace(/^\([^)]*Line \d+\) /, '').replace(/\([^)]*\)/g, '()')),
  )

const files: readonly (readonly [string, string])[] = [
  ['our sample', SAMPLE],
  ...(CORPUS === undefined
    ? []
    : readdirSync(CORPUS).map((name) => [name, readFileSync(join(CORPUS, name), 'utf8')] as const)),
]
for (const [name, text] of files)
  test(`keepalived runs what it ran before: ${name}`, { skip }, (t) => {
    const { done, cluster, apart } = decided(name, text)
    if (cluster === undefined) {
      const errors = done.diagnostics.filter(({ severity }) => severity === 'error')
      assert.ok(done.decisions.length > 0 && errors.length > 0, `${name} is neither valid nor asks`)
      return t.diagnostic(
        `a person decides first: ${errors.map(({ message }) => message).join('; ')}`,
      )
    }
    for (const node of cluster.vips[0]?.peers.map((peer) => peer.node) ?? []) {
      if (done.decisions.some(({ where }) => where.endsWith(`/peers/${node}`))) continue
      const { machine, body, old } = compare(name, text, cluster, node, apart)
      const id = node === ALONE ? [] : ['-i', node]
      const path = '/etc/keepalived/keepalived.conf'
      const before = refusals(verdictOf(old, machine, ['keepalived', '-t', ...id, '-f', path]))
      const after = refusals(
        verdictOf(body, machine, keepalivedEngine.checkArgv(path, [2, 2, 7]) ?? []),
      )
      if (before.size > 0)
        t.diagnostic(`keepalived refuses the old file: ${[...before].join('; ')}`)
      assert.deepEqual(
        [...after].filter((line) => !before.has(line)),
        [],
        `${name}: -t on ${node}`,
      )
    }
  })
