// The host's end of a VM's command channel: two pipes to its second serial line.
import { LabError } from '../error.ts'

export type Answer = { readonly code: number; readonly stdout: Buffer; readonly stderr: Buffer }
export type Message =
  | { readonly kind: 'hello' }
  | { readonly kind: 'receipt'; readonly id: string }
  | ({ readonly kind: 'answer'; readonly id: string } & Answer)

const HEADER = /^(?:(HELLO)|K (\w+)|A (\w+) (\d+) (\d+) (\d+))\r?$/

/** Takes bytes as they come, gives whole messages; a line that is none of ours is passed over. Pure but for its buffer. */
export function createReader(take: (message: Message) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let have = 0
  let need = 1
  return (chunk) => {
    parts.push(chunk)
    have += chunk.length
    if (have < need) return
    let rest = Buffer.concat(parts)
    need = 1
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const [, hello, receipt, id, code, out, err] =
        HEADER.exec(rest.toString('latin1', 0, end)) ?? []
      const body = end + 1
      if (id === undefined) {
        rest = rest.subarray(body)
        if (hello !== undefined) take({ kind: 'hello' })
        if (receipt !== undefined) take({ kind: 'receipt', id: receipt })
        continue
      }
      const middle = body + Number(out)
      const last = middle + Number(err)
      if (rest.length < last) {
        need = last
        break
      }
      const stdout = rest.subarray(body, middle)
      take({ kind: 'answer', id, code: Number(code), stdout, stderr: rest.subarray(middle, last) })
      rest = rest.subarray(last)
    }
    parts = [rest]
    have = rest.length
  }
}

export type Channel = {
  /** The guest's end has started, anew after every boot. */
  readonly hello: () => Promise<void>
  readonly feed: (chunk: Buffer) => void
  /** Runs what stands under that name in the command folder. Rejects when the VM is gone. */
  readonly ask: (id: string, timeoutMs: number) => Promise<Answer>
  /** Everything that waits is told why it waits in vain. */
  readonly fail: (why: string) => void
}

const RECEIPT_TIMEOUT_MS = 10_000
/** The guest ends a script that is late by itself; this long after that it does not answer at all. */
const ANSWER_GRACE_MS = 5_000

type Waiter = { readonly resolve: (answer: Answer) => void; readonly reject: (why: Error) => void }

/**
 * More than about 4 KB that the guest has not read throttle its tty, and it never wakes again (UML 6.1 to 7.2). So a
 * request is one short line, and the next is sent only after the receipt of the one before.
 */
export function createChannel(write: (line: string) => void): Channel {
  const waiting = new Map<string, Waiter>()
  const receipts = new Map<string, () => void>()
  const hellos = new Set<{ resolve: () => void; reject: (why: Error) => void }>()
  let turn: Promise<void> = Promise.resolve()
  const feed = createReader((message) => {
    if (message.kind === 'receipt') return receipts.get(message.id)?.()
    if (message.kind === 'hello') {
      for (const one of hellos) one.resolve()
      return hellos.clear()
    }
    waiting.get(message.id)?.resolve(message)
  })
  const send = (id: string, timeoutMs: number): Promise<void> => {
    turn = turn.then(
      () =>
        new Promise((done) => {
          if (!waiting.has(id)) return done()
          const over = () => {
            clearTimeout(timer)
            receipts.delete(id)
            done()
          }
          const timer = setTimeout(over, RECEIPT_TIMEOUT_MS)
          receipts.set(id, over)
          write(`Q ${id} ${timeoutMs}\n`)
        }),
    )
    return turn
  }
  return {
    hello: () => new Promise((resolve, reject) => hellos.add({ resolve, reject })),
    feed,
    ask: (id, timeoutMs) =>
      new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined
        const settle =
          <T>(end: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer)
            waiting.delete(id)
            end(value)
          }
        const late = () =>
          waiting.get(id)?.reject(new LabError(`the VM did not answer within ${timeoutMs} ms`))
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
        void send(id, timeoutMs).then(() => {
          if (waiting.has(id)) timer = setTimeout(late, timeoutMs + ANSWER_GRACE_MS)
        })
      }),
    fail: (why) => {
      const error = new LabError(why)
      for (const one of [...waiting.values(), ...hellos]) one.reject(error)
      hellos.clear()
      for (const over of receipts.values()) over()
    },
  }
}
