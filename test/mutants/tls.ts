// Defects of TLS: a stranger that is believed, told something, or heard; a revoked one that goes on; a way back to plain.
import type { Mutant } from './table.ts'

const tests = (file: string) => ['--test', `test/${file}.test.ts`]

export const TLS_MUTANTS: readonly Mutant[] = [
  {
    name: 'any CA that is shown is taken for the one of the join token',
    file: 'agent/enrol.ts',
    find: '(one) => fingerprintOf(one) === fingerprint && isRoot(one)',
    replace: '(one) => fingerprint !== fingerprintOf(one) || isRoot(one)',
    kill: tests('agent/hub-tls'),
  },
  {
    name: 'a join token that names a CA goes over plain HTTP',
    file: 'agent/enrol.ts',
    find: "if (!joining.url.startsWith('https:'))",
    replace: "if (joining.url === '')",
    kill: tests('agent/hub-tls'),
  },
  {
    name: 'a peer may show the certificate of another node',
    file: 'agent/host/get.ts',
    find: 'nodeOf(shown.subjectaltname) === node && !revoked',
    replace: 'node !== undefined && !revoked',
    kill: tests('agent/identity'),
  },
  {
    name: 'a revoked peer is believed when it answers',
    file: 'agent/host/get.ts',
    find: '=== node && !revoked(shown.serialNumber)',
    replace: '=== node || revoked(shown.serialNumber)',
    kill: tests('agent/identity'),
  },
  {
    name: 'a revoked peer is heard when it asks',
    file: 'agent/uplink/peer-server.ts',
    find: 'if (node === undefined || identity?.revoked(serialNumber) !== false) return 403',
    replace: 'if (node === undefined || identity === undefined) return 403',
    kill: tests('agent/identity'),
  },
  {
    name: 'a certificate speaks for every node',
    file: 'agent/uplink/peer-server.ts',
    find: "return said === '' || said === node ? node : 403",
    replace: "return said === '' ? node : said",
    kill: tests('agent/identity'),
  },
  {
    name: 'a certificate of any CA is one of ours',
    file: 'agent/uplink/peer-server.ts',
    find: 'socket instanceof TLSSocket && socket.authorized',
    replace: 'socket instanceof TLSSocket && socket.getPeerCertificate().subject !== undefined',
    kill: tests('agent/identity'),
  },
  {
    name: 'the token alone speaks for a node that has a certificate',
    file: 'agent/uplink/peer-server.ts',
    find: 'return identity?.certified(said) === true ? 403 : said',
    replace: 'return said',
    kill: tests('agent/identity'),
  },
  {
    name: 'a certificate is not renewed before it is over',
    file: 'agent/identity.ts',
    find: '(startOf(mine) + endOf(mine)) / 2',
    replace: 'endOf(mine)',
    kill: tests('agent/identity'),
  },
  {
    name: 'a node that is away is asked by the token again',
    file: 'site/tls/node-ca.ts',
    find: 'return silentMs <= SILENT_MS || !speaks(node)',
    replace: 'return silentMs <= SILENT_MS && speaks(node)',
    kill: tests('site/tls/node-ca'),
  },
  {
    name: 'revoking a token leaves the certificate good',
    file: 'site/enrol.ts',
    find: 'state.deps.nodeCa?.revokeNode(known.node)',
    replace: 'state.cutRevoked()',
    kill: tests('agent/identity'),
  },
  {
    name: 'a node gets a certificate for a key that it does not prove to have',
    file: 'spec/tls/x509.ts',
    find: "if (!(await request.verify())) throw new Error('it is not signed by its own key')",
    replace: '',
    kill: tests('site/tls/authority'),
  },
  {
    name: 'a broken pair takes the place of a good one',
    file: 'site/tls/shown.ts',
    find: 'if (!leaf.checkPrivateKey(createPrivateKey(key)))',
    replace: "if (key === '')",
    kill: tests('site/tls/shown'),
  },
  {
    name: 'a hub that had a CA falls back to plain HTTP by itself',
    file: 'site/tls/open.ts',
    find: "if (existsSync(authorityPath(state))) return { is: 'own' }",
    replace: '',
    kill: tests('site/tls/open'),
  },
  {
    name: 'plain HTTP is served on the port of TLS',
    file: 'site/ports.ts',
    find: 'plain: tellPlain,',
    replace: 'plain: (_, serve) => serve(),',
    kill: tests('site/tls-port'),
  },
]
