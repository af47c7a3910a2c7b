// A full-speed load from the client of a lab, in bounded slices, and what failed of it.
import { labExec } from '../../cli/lab/index.ts'

export type Load = { requests: number; failed: number; perSecond: number; words: string[] }
export type LoadOptions = {
  readonly root: string
  readonly url: string
  readonly seconds: number
  /** A fresh connection per request: what a short request of a browser or a script is. */
  readonly fresh: boolean
}

const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0)

/** One run of wrk(1). Throws when it printed no count: then nothing was measured. */
export async function load({ root, url, seconds, fresh }: LoadOptions): Promise<Load> {
  const close = fresh ? ['-H', 'Connection: close'] : []
  const argv = ['wrk', '-t', '1', '-c', fresh ? '16' : '64', '-d', `${seconds}s`, ...close, url]
  const timeoutMs = (seconds + 15) * 1_000
  const { stdout, stderr } = await labExec({ root, node: 'client', argv, timeoutMs })
  const requests = numberIn(stdout, /(\d+) requests in/)
  if (requests === 0) throw new Error(`wrk measured nothing: ${(stderr || stdout).slice(-400)}`)
  const errors = /Socket errors: (.*)/.exec(stdout)?.[1] ?? ''
  const bad = numberIn(stdout, /Non-2xx or 3xx responses: (\d+)/)
  const broken = [...errors.matchAll(/\d+/g)].reduce((sum, [n]) => sum + Number(n), 0)
  const words = [...(errors === '' ? [] : [errors]), ...(bad === 0 ? [] : [`${bad} non-2xx`])]
  const perSecond = numberIn(stdout, /Requests\/sec:\s+([\d.]+)/)
  return { requests, failed: bad + broken, perSecond, words }
}

/** Load in slices for as long as `work` runs; the sum of what was asked and failed, and the result of the work. */
export async function underLoad<T>(
  options: Omit<LoadOptions, 'seconds' | 'fresh'>,
  work: () => Promise<T>,
): Promise<{ readonly load: Load; readonly result: T }> {
  const sum: Load = { requests: 0, failed: 0, perSecond: 0, words: [] }
  let busy = true
  const loading = (async () => {
    while (busy) {
      const slice = await load({ ...options, seconds: 3, fresh: true })
      sum.requests += slice.requests
      sum.failed += slice.failed
      sum.words.push(...slice.words)
    }
  })()
  try {
    const result = await work()
    busy = false
    await loading
    return { load: sum, result }
  } finally {
    busy = false
    await loading.catch(() => undefined)
  }
}
