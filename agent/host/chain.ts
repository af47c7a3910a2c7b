// What certificates a server shows, before anything is believed of it and without a word to it.
import { connect } from 'node:tls'
import { isIP } from 'node:net'

/** PEM, the server's own first. @throws with the reason when no handshake comes about within timeoutMs. */
export function shownChain(url: string, timeoutMs: number): Promise<readonly string[]> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const servername = isIP(host) === 0 ? { servername: host } : {}
  return new Promise((resolve, reject) => {
    const at = { host, port: Number(port === '' ? 443 : port), ...servername }
    // Judged by whoever asked for it: only a public key is taken from here, and compared.
    const socket = connect({ ...at, rejectUnauthorized: false })
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs)
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      reject(new Error('it hung up'))
    })
    socket.on('secureConnect', () => {
      const chain: string[] = []
      let one = socket.getPeerX509Certificate()
      for (let depth = 0; one !== undefined && depth < 10; depth++) {
        chain.push(one.toString())
        one = one.issuerCertificate
      }
      resolve(chain)
      socket.destroy()
    })
  })
}
