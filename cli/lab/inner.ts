// The hidden verb `lab-inner`: parts of a lab that run as processes of their own.
import { connect, createServer } from 'node:net'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { LabError } from './error.ts'
import { measure } from './probe.ts'

const Options = Type.Object({
  url: Type.String(),
  seconds: Type.Number(),
  intervalMs: Type.Number(),
})

/** Passes connections of a loopback port to a unix socket; a new hub behind the same path is found again. */
export function relay(port: number, socketPath: string): Promise<never> {
  return new Promise((_, reject) => {
    const server = createServer((from) => {
      const to = connect(socketPath)
      from.on('error', () => to.destroy())
      to.on('error', () => from.destroy())
      from.on('close', () => to.destroy())
      to.on('close', () => from.destroy())
      from.pipe(to)
      to.pipe(from)
    })
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'))
    process.stdout.on('error', () => undefined)
  })
}

/** A program inside a VM: what it gets and says passes through the keeper. Its code becomes ours. */
async function inVm(root: string, name: string, argv: readonly string[]): Promise<void> {
  const { askKeeper } = await import('./vm/keeper.ts')
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  const input = Buffer.concat(chunks).toString('base64')
  const { code, stdout, stderr } = await askKeeper(root, {
    do: 'exec',
    name,
    argv: [...argv],
    input,
  })
  await written(process.stdout, stdout)
  await written(process.stderr, stderr)
  process.exit(code ?? 1) // any code at all, which the verbs for people do not have
}
const written = (stream: NodeJS.WriteStream, text = ''): Promise<void> =>
  new Promise((done) => {
    stream.write(text, () => done())
  })

/** `relay PORT SOCKET`, `probe OPTIONS-JSON`, `vms ROOT` or `vm ROOT NAME argv`; returns when it is done. */
export async function inner(argv: readonly string[], out: (text: string) => void): Promise<void> {
  const [verb, first = '', second = ''] = argv
  if (verb === 'vm') return inVm(first, second, argv.slice(3))
  if (verb === 'vms') return (await import('./vm/keeper.ts')).keepVms(first)
  if (verb === 'relay') return relay(Number(first), second)
  const options: unknown = verb === 'probe' ? JSON.parse(first) : undefined
  if (!Value.Check(Options, options))
    throw new LabError('cannot run lab-inner: it is not for people')
  out(`${JSON.stringify(await measure(options))}\n`)
}
