// A spec from a file on this host, for nodes that get it by rsync, git pull or configuration management.
import { SPEC_BYTES_MAX } from '../../spec/limits.ts'
import type { Host, Source } from '../world.ts'

/** undefined while the text is what the last call returned. Throws "cannot fetch ..." when absent or too large. */
export function fileSource(path: string, host: Pick<Host, 'read'>): Source {
  let last: string | undefined
  return {
    name: path,
    async fetch(signal) {
      signal.throwIfAborted()
      const file = await host.read(path)
      if (file === undefined) throw new Error(`cannot fetch ${path}: it does not exist`)
      if (Buffer.byteLength(file.body) > SPEC_BYTES_MAX)
        throw new Error(`cannot fetch ${path}: it is larger than ${SPEC_BYTES_MAX} bytes`)
      if (file.body === last) return undefined
      last = file.body
      return { body: file.body, revision: 0, allow: [] }
    },
  }
}
