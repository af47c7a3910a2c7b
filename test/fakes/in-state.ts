// Puts a fake machine in one of three states with regard to a want: what the contract suites start from.
import type { Memory } from '../../agent/memory.ts'
import type {
  Want,
  WantDaemon,
  WantExports,
  WantFirewall,
  WantSelinux,
  WantFile,
  WantLink,
  WantLocalAddress,
  WantModule,
  WantMount,
  WantNoOrphans,
  WantPackage,
  WantPackages,
  WantPlainFile,
  WantSysctl,
  WantUnit,
  WantVirtualService,
} from '../../agent/plan/types.ts'
import { diffFirewall } from '../../agent/kinds/firewall.ts'
import { liveCommands } from '../../agent/kinds/live.ts'
import { readFirewall } from '../../agent/observe-firewall.ts'
import { emptyObserved } from '../../agent/plan/offline.ts'
import { parseServersState } from '../../agent/providers/haproxy/live.ts'
import { fakeClock } from './clock.ts'
import { fakeRandom } from './random.ts'
import type { FakeHost } from './host.ts'

/**
 * `empty`: nothing of it is here. `correct`: as wanted, and proved. `drifted`: an older revision was proved and runs,
 * and somebody changed things by hand since.
 */
export const STATES = ['empty', 'drifted', 'correct'] as const
export type State = (typeof STATES)[number]

export type Machine = { readonly fake: FakeHost; readonly memory: Memory }
type Arrange<W extends Want> = (machine: Machine, want: W, state: State) => Promise<void>

/** Digest of the older revision: any 16 hexadecimal digits that no rendering gives. */
const OLD_DIGEST = '0123456789abcdef'

const daemon: Arrange<WantDaemon> = async ({ fake, memory }, want, state) => {
  if (state === 'empty') return
  for (const { path, body, mode } of want.files) {
    const proved = state === 'correct' ? body : body.replaceAll(want.digest, OLD_DIGEST)
    await fake.host.write(path, proved, mode)
    await memory.remember(path, proved)
  }
  await memory.own(want.files.map((file) => file.path))
  await fake.host.supervisor.start(want.daemon)
  if (state === 'correct') {
    await liveAsWanted(fake, want)
    return
  }
  for (const { path, body } of want.files) {
    await fake.host.write(path, `${body}# edited by hand\n`, 0o666)
  }
}

/** A server in the state drain starts ready: only its runtime API says otherwise. */
async function liveAsWanted(fake: FakeHost, { live }: WantDaemon): Promise<void> {
  if (live === undefined) return
  const now = parseServersState(await fake.host.ask(live.socket, 'show servers state'))
  for (const command of liveCommands(live, now)) await fake.host.ask(live.socket, command)
}

const engine: Arrange<WantPackage> = async ({ fake }, want, state) => {
  if (state === 'empty') fake.programs.delete(want.engine)
  else fake.programs.add(want.engine)
}

/** Of several one may be there already. */
const packages: Arrange<WantPackages> = async ({ fake }, want, state) => {
  const there = { empty: [], drifted: want.names.slice(1), correct: want.names }[state]
  for (const name of there) fake.programs.add(name)
}

const sysctl: Arrange<WantSysctl> = async ({ fake, memory }, want, state) => {
  if (state === 'empty') return
  const path = `/etc/sysctl.d/60-hactl-${want.key.replaceAll('.', '-')}.conf`
  const body = `# ${want.why}\n${want.key} = ${want.value}\n`
  await fake.host.write(path, state === 'correct' ? body : `${body}# edited by hand\n`, 0o644)
  await memory.own([path])
  fake.sysctls.set(want.key, state === 'correct' ? want.value : `${want.value}0`)
}

/** Correct and empty are one: the address is not here. */
const address: Arrange<WantNoOrphans> = async ({ fake }, want, state) => {
  if (state !== 'drifted') return
  for (const one of want.addresses) {
    fake.addresses.push({ interface: 'eth0', address: one, prefix: one.includes(':') ? 128 : 32 })
  }
}

/** Proved once, and edited by hand since. */
async function files({ fake, memory }: Machine, wanted: readonly WantFile[], state: State) {
  if (state === 'empty') return
  for (const { path, body, mode } of wanted) {
    const drifted = state === 'drifted'
    await memory.remember(path, drifted ? `# of yesterday\n${body}` : body)
    await fake.host.write(path, drifted ? `${body}# edited by hand\n` : body, mode)
  }
  await memory.own(wanted.map((file) => file.path))
}

const plainFile: Arrange<WantPlainFile> = (machine, want, state) =>
  files(machine, [want.file], state)

const unit: Arrange<WantUnit> = async (machine, want, state) => {
  const right = state === 'correct'
  await files(machine, want.files, state)
  machine.fake.systemd.units.set(want.unit, {
    active: right === (want.state === 'running') ? 'active' : 'inactive',
    boot: right === want.boot ? 'enabled' : 'disabled',
  })
}

/** What is loaded needs nothing, whoever loaded it. */
const module: Arrange<WantModule> = async ({ fake }, want, state) => {
  if (state !== 'empty') fake.systemd.modules.add(want.name)
}

const localAddress: Arrange<WantLocalAddress> = async ({ fake }, want, state) => {
  if (state === 'correct') fake.addresses.push(want.address)
  if (state === 'drifted') fake.addresses.push({ ...want.address, interface: 'eth0' })
}

const link: Arrange<WantLink> = async ({ fake }, want, state) => {
  if (state !== 'empty') fake.ipvs.links.set(want.interface, state === 'correct')
}

/** keepalived made the rows; by hand the first was taken away, the second weighed anew, and a stranger added. */
const virtualService: Arrange<WantVirtualService> = async ({ fake }, want, state) => {
  if (state === 'empty') return
  const { address, port, protocol, scheduler, persistence } = want.service
  const path = '/etc/keepalived/keepalived.conf'
  if (fake.daemons.loaded('keepalived') === undefined) {
    const servers = want.servers.map(
      (s) => `real_server ${s.address} ${s.port} {\nweight ${s.weight}\n}`,
    )
    const sticky = persistence === undefined ? '' : `persistence_timeout ${persistence.seconds}`
    const body = `global_defs {\nrouter_id hactl_${want.digest}\n}\nvirtual_server ${address} ${port} {\nlvs_sched ${scheduler}\nlvs_method ${want.method}\n${sticky}\nprotocol ${protocol}\n${servers.join('\n')}\n}\n`
    await fake.host.write(path, body, 0o600)
    await fake.host.supervisor.start(want.daemon)
  }
  if (state === 'correct') return
  const [first, second] = want.servers
  const at = [protocol === 'tcp' ? '-t' : '-u', `${address}:${port}`]
  const by = async (...argv: readonly string[]) =>
    void (await fake.host.run(['ipvsadm', ...argv], 1_000))
  if (first !== undefined) await by('-d', ...at, '-r', `${first.address}:${first.port}`)
  if (second !== undefined)
    await by('-e', ...at, '-r', `${second.address}:${second.port}`, '-g', '-w', '9')
  await by('-a', ...at, '-r', '192.0.2.99:80', '-g', '-w', '1')
}

/** Rows dropped by hand (exportfs -u), besides the edited file. */
const exported: Arrange<WantExports> = async (machine, want, state) => {
  await files(machine, [want.file], state)
  if (state !== 'correct') return
  const rows = want.rows.map((row) => `${row.path}\t${row.client}(${row.options.join(',')})`)
  machine.fake.nfs.exported.push(...rows)
}

/** Drifted: an older revision made it, somebody edited its unit and mounted it soft by hand. */
const mount: Arrange<WantMount> = async (machine, want, state) => {
  const { units, wish } = want
  if (state === 'empty' || units === undefined) return
  const both = [units.mount, units.automount]
  await files(
    machine,
    both.map(({ file }) => file),
    state,
  )
  for (const { name } of both) {
    const boot = wish.automount === name.endsWith('.automount') ? 'enabled' : 'disabled'
    machine.fake.systemd.units.set(name, { active: 'inactive', boot })
  }
  const { path, source } = wish
  const options = state === 'correct' ? want.options.join(',') : 'rw,soft,vers=3'
  machine.fake.nfs.mounts.push(
    { path, type: 'autofs', source: 'systemd-1', options: 'rw' },
    { path, type: 'nfs4', source, options },
  )
}

/** Opened by ourselves some time ago; drifted: somebody took a rule away since. */
const firewall: Arrange<WantFirewall> = async ({ fake, memory }, want, state) => {
  if (state === 'empty' || want.backend !== 'nftables') return
  const silent = async () => ({ code: 127, stdout: '' })
  const world = { host: fake.host, clock: fakeClock(), random: fakeRandom(1) }
  const seen = await readFirewall(world, want, silent)
  const { step } = diffFirewall(want, { ...emptyObserved(), firewall: seen })
  for (const action of step?.commit ?? []) {
    if (action.do === 'run') await fake.host.run(action.argv, action.timeoutMs)
    if (action.do === 'write') await fake.host.write(action.path, action.body, action.mode)
  }
  await memory.own((step?.diff ?? []).map(({ path }) => path))
  await memory.keepOwned(step?.owns ?? [])
  if (state === 'drifted') fake.security.dropRule()
}

const selinux: Arrange<WantSelinux> = async ({ fake }, want, state) => {
  if (state === 'empty') return
  for (const { name, value } of want.booleans) {
    fake.security.booleans.set(name, value === (state === 'correct'))
  }
  if (want.ports.some(({ use }) => use === 'connect')) {
    fake.security.booleans.set('haproxy_connect_any', state === 'correct')
    return
  }
  for (const { port } of want.ports) if (port !== 80) fake.security.labels.add(port)
}

/** One want after the other, in the order given. */
export async function arrange(
  machine: Machine,
  wants: readonly Want[],
  state: State,
): Promise<void> {
  for (const want of wants) await arrangeOne(machine, want, state)
}

/** A new kind does not compile until it has a line here. */
async function arrangeOne(machine: Machine, want: Want, state: State): Promise<void> {
  switch (want.kind) {
    case 'address':
      return address(machine, want, state)
    case 'daemon':
      return daemon(machine, want, state)
    case 'package':
      return engine(machine, want, state)
    case 'packages':
      return packages(machine, want, state)
    case 'sysctl':
      return sysctl(machine, want, state)
    case 'file':
      return plainFile(machine, want, state)
    case 'unit':
      return unit(machine, want, state)
    case 'mount':
      return mount(machine, want, state)
    case 'exports':
      return exported(machine, want, state)
    case 'module':
      return module(machine, want, state)
    case 'local-address':
      return localAddress(machine, want, state)
    case 'link':
      return link(machine, want, state)
    case 'virtual-service':
      return virtualService(machine, want, state)
    case 'firewall':
      return firewall(machine, want, state)
    case 'selinux':
      return selinux(machine, want, state)
    default:
      throw new Error(
        `test/fakes/in-state.ts cannot arrange ${JSON.stringify(want satisfies never)}`,
      )
  }
}
