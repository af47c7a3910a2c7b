// A spec from a file on this host, for nodes that get it by rsync, git pull or configuration management.
import { SPEC_BYTES_MAX } from '../../spec/limits.ts'
import { SIGNATURE_LENGTH_MAX } from '../../spec/trust/sshsig.ts'
import type { Host, Source } from '../world.ts'

/**
 * undefined while the text is what the last call returned. With `signed` the file `<path>.sig` is read too, and a change
 * of either is new: the two are seldom written at one instant. Throws "cannot fetch ..." when absent or too large.
 */
export function fileSource(path: string, host: Pick<Host, 'read'>, signed = false): Source {
  let last: string | undefined
  const read = async (name: string, max: number) => {
    const file = await host.read(name)
    if (file !== undefined && Buffer.byteLength(file.body) > max)
      throw new Error(`cannot fetch ${name}: it is larger than ${max} bytes`)
    return file?.body
  }
  return {
    name: path,
    async fetch(signal) {
      signal.throwIfAborted()
      const body = await read(path, SPEC_BYTES_MAX)
      if (body === undefined) throw new Error(`cannot fetch ${path}: it does not exist`)
      const signature = signed ? ((await read(`${path}.sig`, SIGNATURE_LENGTH_MAX)) ?? '') : ''
      const now = `${signature}\0${body}`
      if (now === last) return undefined
      last = now
      return { body, revision: 0, allow: [], ...(signature !== '' && { signature }) }
    },
  }
}
