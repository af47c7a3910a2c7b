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

/** `relay PORT SOCKET` or `probe OPTIONS-JSON`; returns when it is done. */
export async function inner(argv: readonly string[], out: (text: string) => void): Promise<void> {
  const [verb, first = '', second = ''] = argv
  if (verb === 'relay') return relay(Number(first), second)
  const options: unknown = verb === 'probe' ? JSON.parse(first) : undefined
  if (!Value.Check(Options, options))
    throw new LabError('cannot run lab-inner: it is not for people')
  out(`${JSON.stringify(await measure(options))}\n`)
}
