// Why TLS did not come about, in a sentence that says what to do. Pure.

const STRANGER =
  'its certificate is of a CA that is not believed here: give the CA that `hactl hub ca` prints there, or join with a token of that hub'
const PLAIN = 'it does not speak TLS: use http://, or start it with --tls auto'
/** By the codes of node:tls, which for certificates are those of OpenSSL's x509_vfy. */
const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED:
    'its certificate has expired: a hub renews its own while it runs, files are renewed by whoever made them; or the clock here is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not good yet: the clock here or there is wrong',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: STRANGER,
  UNABLE_TO_GET_ISSUER_CERT: STRANGER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: STRANGER,
  SELF_SIGNED_CERT_IN_CHAIN: STRANGER,
  DEPTH_ZERO_SELF_SIGNED_CERT: STRANGER,
  CERT_SIGNATURE_FAILURE: STRANGER,
  CERT_UNTRUSTED: STRANGER,
  ERR_SSL_WRONG_VERSION_NUMBER: PLAIN,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: PLAIN,
}

/** undefined for what is no failure of TLS. Looks one cause deep: fetch and ws hide it there. */
export function tlsWords(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = 'cert' in error ? namesOf(error.cert) : ''
    return `its certificate is for other names${names}: use one of them, or add this one with --tls-name where the hub is started`
  }
  return WORDS[code] ?? (error.cause === undefined ? undefined : tlsWords(error.cause))
}

function namesOf(cert: unknown): string {
  if (typeof cert !== 'object' || cert === null || !('subjectaltname' in cert)) return ''
  return ` (${String(cert.subjectaltname)
    .replace(/(?:DNS|IP Address):/g, '')
    .slice(0, 200)})`
}
