// One virtual machine: User Mode Linux, an ordinary process, with a disk of its own and a command channel.
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { LabError } from '../error.ts'
import { type Channel, createChannel } from './channel.ts'
import { MARK } from '../process.ts'
import { commandsOf, quoted, type VmCommands } from './commands.ts'
import type { Image } from './image.ts'

/** A network card inside: the tap on the host, and the name and addresses (with prefix) it gets. */
export type VmNic = {
  readonly tap: string
  readonly mac: string
  readonly interface: string
  readonly addresses: readonly string[]
}
/** A folder of the host, seen inside at `at`. */
export type VmShare = { readonly from: string; readonly at: string; readonly readOnly: boolean }
export type VmOptions = {
  /** Host name inside. */
  readonly name: string
  readonly image: Image
  /** Folder for disk, shares and console log; made, and removed by close. */
  readonly folder: string
  /** Value of the mark that every process of the lab carries. */
  readonly root: string
  /** argv prefix that enters the network namespace with the taps. */
  readonly prefix: readonly string[]
  readonly nics: readonly VmNic[]
  readonly shares?: readonly VmShare[]
  /** Lines for /etc/hosts. */
  readonly hosts?: readonly string[]
  /** Default gateway. */
  readonly gateway?: string
  /** 256 to 4096, default 512. */
  readonly memoryMb?: number
}

export type Vm = VmCommands & {
  readonly name: string
  /** Switches it on and waits until its channel answers and systemd has started what it starts. */
  readonly on: () => Promise<void>
  /** Power cut: at once, nothing is flushed. */
  readonly cut: () => Promise<void>
  /** Shuts down by systemctl, boots again, and waits as on does. `systemctl reboot` inside would find no network. */
  readonly reboot: () => Promise<void>
  readonly isOn: () => boolean
  /** Of the process that is the machine, while it is on. */
  readonly pid: () => number | undefined
  /** What kernel and systemd wrote to the console, newest boot last. */
  readonly console: () => string
  /** Power cut, and nothing is left. */
  readonly close: () => Promise<void>
}

const CHANNEL_TIMEOUT_MS = 60_000
const BOOT_TIMEOUT_MS = 90_000
const POWEROFF_TIMEOUT_MS = 60_000
const GONE_TIMEOUT_MS = 5_000
const CONSOLE_CHARS_SHOWN = 1_500

const IO_URING = '/proc/sys/kernel/io_uring_disabled'

/** Sourced before sysinit.target of every boot. */
function bootScript({ name, shares = [], hosts = [] }: VmOptions): string {
  const mounts = shares.map(({ from, at, readOnly }) => {
    const options = readOnly ? '-r ' : ''
    return `mkdir -p ${quoted(at)}\nmount ${options}-t hostfs none ${quoted(at)} -o ${quoted(from)}`
  })
  const names = ['127.0.0.1 localhost', `127.0.1.1 ${name}`, ...hosts].join('\n')
  // io_uring in UML 7.2 maps pages that are not there and the kernel panics; Node uses it wherever it is offered.
  return `[ ! -e ${IO_URING} ] || echo 2 > ${IO_URING}
hostname ${quoted(name)}
echo ${quoted(name)} > /etc/hostname
printf '%s\\n' ${quoted(names)} > /etc/hosts
${mounts.join('\n')}
`
}

function networkScript({ nics, gateway }: VmOptions): string {
  const lines = nics.flatMap(({ interface: name, addresses }, i) => [
    `link set vec${i} down`,
    ...(name === `vec${i}` ? [] : [`link set vec${i} name ${name}`]),
    `link set ${name} up`,
    ...addresses.map((a) => `addr add ${a} dev ${name}${a.includes(':') ? ' nodad' : ''}`),
  ])
  const route = gateway === undefined ? [] : [`route add default via ${gateway}`]
  return `set -e\n${['link set lo up', ...lines, ...route].map((line) => `ip ${line}`).join('\n')}\n`
}

/** Not started yet: see on. */
export function createVm(options: VmOptions): Vm {
  const { name, folder } = options
  const share = join(folder, 'share')
  const log = join(folder, 'console.log')
  mkdirSync(join(share, 'cmd'), { recursive: true })
  writeFileSync(join(share, 'boot.sh'), bootScript(options))
  writeFileSync(join(share, 'network.sh'), networkScript(options))
  writeFileSync(log, '')
  let life: Life | undefined
  const running = (): Life => {
    if (life === undefined) throw new LabError(`cannot reach ${name}: it is off`)
    return life
  }
  const consoleText = () => readFileSync(log, 'utf8')
  const commands = commandsOf(name, share, () => running().channel)
  /** The channel is up long before the units are. */
  const settled = async (hello: Promise<void>): Promise<void> => {
    await bounded(
      hello,
      CHANNEL_TIMEOUT_MS,
      () => `${name} did not boot: ${consoleText().slice(-CONSOLE_CHARS_SHOWN)}`,
    )
    // "degraded" is a unit that failed, which may be what a test is about.
    const state = await commands.sh('systemctl is-system-running --wait', BOOT_TIMEOUT_MS)
    if (!/^(running|degraded)$/m.test(state.stdout))
      throw new LabError(
        `cannot boot ${name}: systemd is ${state.stdout.trim()} ${state.stderr.trim()}`,
      )
  }
  const cut = async (): Promise<void> => {
    const now = life
    life = undefined
    if (now !== undefined) await end(now)
  }
  const on = async (): Promise<void> => {
    if (life !== undefined) throw new LabError(`cannot switch ${name} on: it is on`)
    const now = begin(options, share, log)
    life = now
    void now.gone.then(() => {
      if (life === now) life = undefined
    })
    try {
      await settled(now.channel.hello())
    } catch (error) {
      await cut()
      throw error
    }
  }
  return {
    ...commands,
    name,
    on,
    cut,
    reboot: async () => {
      const { gone } = running()
      // UML's own restart executes itself again and finds its taps busy: switched off cleanly and on again instead.
      void commands.sh('systemctl poweroff', POWEROFF_TIMEOUT_MS).catch(() => undefined)
      await bounded(gone, POWEROFF_TIMEOUT_MS, () => `${name} did not shut down`)
      life = undefined
      await on()
    },
    isOn: () => life !== undefined,
    pid: () => life?.child.pid,
    console: consoleText,
    close: async () => {
      await cut()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Life = {
  readonly child: ChildProcess
  readonly channel: Channel
  readonly gone: Promise<void>
}

/** Every process of a VM is in one group; setpriv lets it end with us, whatever ends us. */
function begin(options: VmOptions, share: string, log: string): Life {
  const { image, folder, name, prefix, nics, memoryMb = 512, root } = options
  const cards = nics.map(({ tap, mac }, i) => `vec${i}:transport=tap,ifname=${tap},mac=${mac}`)
  const argv = [
    ...prefix,
    ...['setpriv', '--pdeathsig', 'KILL', '--', image.kernel, ...image.append, `mem=${memoryMb}M`],
    ...[`umid=${name}`, `uml_dir=${folder}/`, `ubd0=${join(folder, 'disk.cow')},${image.disk}`],
    // ext4 would fill in tables that mkfs left sparse, for nothing.
    ...[
      'rootfstype=ext4',
      'rootflags=noinit_itable',
      'rw',
      'quiet',
      'selinux=0',
      `hshare=${share}`,
    ],
    ...['con=null', 'con0=null,fd:1', 'ssl=null', 'ssl1=fd:3,fd:4', ...cards],
  ]
  const [file = '', ...args] = argv
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, [MARK]: root },
    cwd: '/',
  })
  const [, out, err, requests, answers] = child.stdio
  const channel = createChannel((line) => {
    if (isWritable(requests)) requests.write(line)
  })
  if (isWritable(requests)) requests.on('error', () => undefined)
  if (isReadable(answers)) answers.on('data', channel.feed).on('error', () => undefined)
  for (const stream of [out, err])
    if (isReadable(stream)) stream.on('data', (chunk: Buffer) => appendFileSync(log, chunk))
  const gone = new Promise<void>((resolve) => {
    const over = (why: string) => {
      channel.fail(`${name} is off (${why})`)
      resolve()
    }
    child.once('error', (error) => over(error.message))
    child.once('exit', (code, signal) => over(String(code ?? signal)))
  })
  return { child, channel, gone }
}

const isWritable = (stream: unknown): stream is Writable =>
  typeof stream === 'object' && stream !== null && 'write' in stream
const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === 'object' && stream !== null && 'read' in stream

async function end({ child, gone }: Life): Promise<void> {
  const { pid } = child
  if (pid !== undefined)
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // ESRCH: it ended by itself
    }
  await bounded(gone, GONE_TIMEOUT_MS, () => `process ${pid} survived SIGKILL`)
}

async function bounded(work: Promise<void>, timeoutMs: number, why: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LabError(`cannot wait longer: ${why()}`)), timeoutMs)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
