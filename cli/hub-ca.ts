// hactl hub ca: what others need to believe a hub with a CA of its own.
import { resolve } from 'node:path'
import { certificatesIn, fingerprintOf } from '../spec/tls/fingerprint.ts'
import { EXIT, Exit } from './exit.ts'
import { readTextIfThere } from './files.ts'
import type { Io } from './io.ts'
import { jsonOut } from './print.ts'

/** The certificate alone: the key beside it in the file stays there. */
export async function hubCa(io: Io, directory: string): Promise<void> {
  const { authorityPath } = await import('../site/tls/authority.ts')
  const path = authorityPath(resolve(io.cwd, directory))
  const [certificate] = certificatesIn((await readTextIfThere(path)) ?? '')
  if (certificate === undefined)
    throw new Exit(
      EXIT.no,
      `cannot find a CA: there is no ${path}`,
      'a hub makes it when it first speaks TLS: hactl hub --tls auto; --state DIR says where it keeps it',
    )
  const fingerprint = fingerprintOf(certificate)
  const pem = `${certificate.toString().trim()}\n`
  if (io.json)
    return jsonOut(io, { ok: true, fingerprint, until: certificate.validTo, certificate: pem })
  io.err(`Fingerprint ${fingerprint}, good until ${certificate.validTo}\n`)
  io.out(pem)
}
