// The process that owns the VMs of a lab: their command channels are pipes, which must outlive the command that made them.
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LabError } from '../error.ts'
import { inSwitch } from '../namespace.ts'
import { procOf, type Proc } from '../process.ts'
import { readState } from '../state.ts'
import { quoted } from './commands.ts'
import { cachedImage } from './image.ts'
import { createVm, type Vm } from './vm.ts'

const closed = { additionalProperties: false }
const Request = Type.Object(
  {
    do: Type.Union([Type.Literal('on'), Type.Literal('cut'), Type.Literal('exec')]),
    name: Type.String(),
    argv: Type.Optional(Type.Array(Type.String())),
    /** Standard input of argv, base64. */
    input: Type.Optional(Type.String()),
    timeoutMs: Type.Optional(Type.Integer()),
  },
  closed,
)
export type Request = Static<typeof Request>
const Reply = Type.Object(
  {
    /** Absent when it went well. */
    error: Type.Optional(Type.String()),
    pid: Type.Optional(Type.Integer()),
    code: Type.Optional(Type.Integer()),
    stdout: Type.Optional(Type.String()),
    stderr: Type.Optional(Type.String()),
  },
  closed,
)
export type Reply = Static<typeof Reply>
const LINE_CHARS_MAX = 32 * 1024 * 1024
const EXEC_TIMEOUT_MS = 600_000

export const socketOfVms = (root: string): string => join(root, 'vms.sock')

/** All VMs of the lab in `root`, off at first. */
function vmsOf(root: string): ReadonlyMap<string, Vm> {
  const state = readState(root)
  const image = cachedImage()
  if (image === undefined)
    throw new LabError('cannot find the VM image', 'hactl lab up --vm builds it')
  const [hactl = ''] = state.hactl
  const nodes = state.members.filter(({ kind }) => kind === 'node')
  const addressOf = (nics: (typeof nodes)[number]['nics']) => nics[0]?.addresses[0]?.split('/')[0]
  const hosts = nodes.map(({ name, nics }) => `${addressOf(nics)} ${name}`)
  return new Map(
    nodes.map(({ name, nics }) => [
      name,
      createVm({
        ...{ name, image, root, hosts, folder: join(root, 'vms', name), prefix: inSwitch(state) },
        nics: nics.map((nic) => ({ ...nic, tap: nic.port })),
        shares: [
          { from: hactl.slice(0, hactl.lastIndexOf('/')), at: '/opt/hactl', readOnly: true },
        ],
      }),
    ]),
  )
}

async function answer(vms: ReadonlyMap<string, Vm>, request: Request): Promise<Reply> {
  const vm = vms.get(request.name)
  if (vm === undefined) return { error: `cannot find the VM ${request.name}` }
  if (request.do === 'cut') {
    await vm.cut()
    return {}
  }
  if (request.do === 'on') {
    await vm.on()
    return { pid: vm.pid() ?? 0 }
  }
  const command = (request.argv ?? []).map(quoted).join(' ')
  const script = `printf %s '${request.input ?? ''}' | base64 -d | ${command}`
  const { code, stdout, stderr } = await vm.sh(script, request.timeoutMs ?? EXEC_TIMEOUT_MS)
  return { code, stdout, stderr }
}

/** One JSON line per message, one request per connection. */
function onLine(socket: Socket, take: (line: string) => void): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end >= 0) take(text.slice(0, end))
    else if (text.length > LINE_CHARS_MAX) socket.destroy()
  })
}

/** Serves until it is ended; the VMs end with it. Prints `ready` when it listens. */
export function keepVms(root: string): Promise<never> {
  const vms = vmsOf(root)
  return new Promise((_, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      onLine(socket, (line) => {
        const request: unknown = JSON.parse(line)
        const reply = Value.Check(Request, request)
          ? answer(vms, request).catch((error: unknown) => ({ error: String(error) }))
          : Promise.resolve({ error: 'cannot read the request' })
        void reply.then((value) => socket.end(`${JSON.stringify(value)}\n`))
      })
    })
    server.on('error', reject)
    process.stdout.on('error', () => undefined)
    server.listen(socketOfVms(root), () => process.stdout.write('ready\n'))
  })
}

/** Asks the keeper of a lab. Throws LabError when it is gone, or with what it says. */
export function askKeeper(root: string, request: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketOfVms(root))
    const gone = (why: string) =>
      reject(
        new LabError(`cannot reach the VMs of this lab: ${why}`, 'hactl lab down, then up again'),
      )
    socket.on('error', (error) => gone(error.message))
    socket.on('close', () => gone('their keeper ended'))
    onLine(socket, (line) => {
      const reply: unknown = JSON.parse(line)
      if (!Value.Check(Reply, reply)) return gone('the answer is none')
      if (reply.error === undefined) return resolve(reply)
      reject(new LabError(reply.error))
    })
    socket.write(`${JSON.stringify(request)}\n`)
  })
}

/** Switches a VM on and waits until its systemd has started what it starts; the process that is the VM. */
export async function switchOn(root: string, name: string): Promise<Proc> {
  const { pid = 0 } = await askKeeper(root, { do: 'on', name })
  return procOf(pid)
}
