// Until when a certificate is good: read from the file that the proxy serves, and said when it changes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateOf, lookAtCertificates, watchCertificates } from '../../agent/certificates.ts'
import type { CertificateState } from '../../spec/report.ts'
import { testClock } from '../site/kit.ts'
import { cluster } from './plan/fixtures.ts'

const PEM = `-----BEGIN CERTIFICATE-----
MIIBiTCCAS+gAwIBAgIUPd8IfTToQZL2UasRZZHaeiLAajowCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUub3JnMB4XDTI2MTEyODEzMTgxMFoXDTM2
MTEyNTEzMTgxMFowGjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUub3JnMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEidaO2JWrYLBlG88ZdHNqa45unmYky9we27uh5G93
zYVnug6JrLYbIpDGCIplSLKEuUyk0S5Q/tO+iKoq9fyUfaNTMFEwHQYDVR0OBBYE
FL0vDWghqLIsJo+8OmxMTx4Mn/OHMB8GA1UdIwQYMBaAFL0vDWghqLIsJo+8OmxM
Tx4Mn/OHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAMGxmuTv
PcBa5IJRZqc+D+Zh23LwhbecDYh0ycr+kbxQAiBV3FqxflLOjuzG8YnRooDd3DnA
7WmpvSD5e7m/MUhFCQ==
-----END CERTIFICATE-----
`
const NOT_AFTER = 2111231890_000
const PATH = '/etc/hactl/www.pem'
const tls = () => {
  const whole = cluster()
  return { ...whole, proxies: whole.proxies.map((one) => ({ ...one, tls: { certificate: PATH } })) }
}

test('the end and the subject of the first certificate; the key beside it does not matter', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n'
  assert.deepEqual(certificateOf(PATH, `${key}${PEM}`), {
    path: PATH,
    subject: 'CN=www.example.org',
    notAfter: NOT_AFTER,
    why: '',
  })
})

test('what is no certificate says why, and nothing of what is in the file', () => {
  const broken = PEM.replace(/\n[A-Za-z0-9]{20}/, '\n')
  for (const text of ['', 'hunter2', broken]) {
    const found = certificateOf(PATH, text)
    assert.equal(found.notAfter, 0)
    assert.notEqual(found.why, '')
    assert.doesNotMatch(JSON.stringify(found), /hunter2/)
  }
})

test('certificates that only kept words and lines name are looked at too', async () => {
  const whole = cluster()
  const kept = () => ({
    ...whole,
    proxies: whole.proxies.map((one) => ({
      ...one,
      listen: ['ssl', 'crt', '/etc/a.pem', 'crt', '/etc/all/'],
      sites: [
        {
          ...{ name: 'a', names: [], default: true },
          lines: ['ssl_certificate /etc/b.pem;', 'ssl_certificate $ssl_server_name.crt;'],
        },
      ],
    })),
  })
  const host = { read: async () => undefined }
  const found = await lookAtCertificates({ node: 'lb1', host, cluster: kept })
  assert.deepEqual(
    found.map(({ path }) => path),
    ['/etc/a.pem', '/etc/b.pem'],
  )
})

test('a node looks at the certificates of its own proxies, each once; a missing file is said', async () => {
  const asked: string[] = []
  const host = {
    read: async (path: string) => {
      asked.push(path)
      return undefined
    },
  }
  const look = (node: string) => lookAtCertificates({ node, host, cluster: tls })
  assert.deepEqual(await look('lb1'), [
    { path: PATH, subject: '', notAfter: 0, why: 'no such file' },
  ])
  assert.deepEqual(asked, [PATH])
  assert.deepEqual(await look('web1'), [])
})

test('it is told once, and again when the file was renewed', async () => {
  const clock = testClock()
  const said: (readonly CertificateState[])[] = []
  let body = 'nothing yet'
  const stop = new AbortController()
  const done = watchCertificates(
    {
      ...{ node: 'lb1', clock, cluster: tls },
      host: { read: async () => ({ body, mode: 0o600 }) },
      status: {
        details: ({ certificates }) => void said.push(certificates ?? []),
        event: () => {},
      },
    },
    stop.signal,
  )
  const turn = async (ms: number) => {
    clock.advance(ms)
    for (let n = 0; n < 20; n++) await Promise.resolve()
  }
  await turn(5_000)
  await turn(60_000)
  body = PEM
  await turn(60_000)
  assert.deepEqual(
    said.map(([one]) => one?.notAfter),
    [0, NOT_AFTER],
  )
  stop.abort()
  await done
})
