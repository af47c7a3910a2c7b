// Questions to a web server with a CA and header fields of the operator's: both are read anew each time, for they are renewed.
import { type Fetch, pinnedFetch } from './source/pinned-fetch.ts'
import { certificatesIn } from '../spec/tls/fingerprint.ts'
import { readFileState } from './host/files.ts'
import { readSecretLine } from './host/secret-file.ts'

type Access = {
  /** PEM file. */
  readonly ca?: string | undefined
  /** Where the value of each field is, see readSecretLine. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

async function believed(path: string): Promise<readonly string[]> {
  const file = await readFileState(path)
  if (file === undefined) throw new Error(`the CA file ${path} does not exist`)
  const found = certificatesIn(file.body).map(String)
  if (found.length === 0) throw new Error(`there is no certificate in ${path}`)
  return found
}

/** Follows no redirect: what is in the fields is for this server alone. */
export const webFetch =
  ({ ca, headers = {} }: Access): Fetch =>
  async (url, options) => {
    const roots = ca === undefined ? undefined : await believed(ca)
    const fields = await Promise.all(
      Object.entries(headers).map(async ([name, place]): Promise<[string, string]> => {
        const value = await readSecretLine(place)
        return [name, value.reveal()]
      }),
    )
    const all = { ...options.headers, ...Object.fromEntries(fields) }
    return pinnedFetch(() => roots)(url, { ...options, headers: all })
  }
