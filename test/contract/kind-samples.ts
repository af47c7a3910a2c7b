// One want of each kind for the contract suite, and what a kind cannot promise, with the reason.
import type { Want } from '../../agent/plan/types.ts'
import type { Daemon } from '../../agent/world.ts'
import type { State } from '../fakes/in-state.ts'

export type Sample<W extends Want = Want> = {
  readonly want: W
  /** States in which there is nothing to do, besides `correct`. */
  readonly quietIn?: Partial<Record<State, string>>
  /** Why the way back of a broken commit is to leave things as they are. */
  readonly noUndo?: string
}

const PATH = '/etc/haproxy/haproxy.cfg'
const KEEPALIVED: Daemon = {
  name: 'keepalived',
  unit: 'keepalived.service',
  argv: ['keepalived', '-n', '-f', '/etc/keepalived/keepalived.conf'],
  reloadSignal: 'SIGHUP',
}
const DIGEST = 'fedcba9876543210'

const unitText = (name: string, body: string) => ({
  name,
  file: { path: `/etc/systemd/system/${name}`, body, mode: 0o644 },
})

/** A new kind does not compile until it stands here, and kind.test.ts says so too. */
export const SAMPLES: { readonly [K in Want['kind']]: Sample<Extract<Want, { kind: K }>> } = {
  package: {
    want: {
      kind: 'package',
      engine: 'keepalived',
      names: { apt: 'keepalived', dnf: 'keepalived' },
    },
    quietIn: { drifted: 'any version counts as installed: nothing is ever upgraded' },
    noUndo: 'nothing is ever uninstalled',
  },
  packages: {
    want: { kind: 'packages', name: 'apache', names: ['apache2', 'libapache2-mod-php'] },
    noUndo: 'nothing is ever uninstalled',
  },
  sysctl: {
    want: {
      kind: 'sysctl',
      key: 'net.ipv4.ip_nonlocal_bind',
      value: '1',
      why: 'a proxy listens on an address that the node may not hold',
    },
  },
  daemon: {
    want: {
      kind: 'daemon',
      engine: 'haproxy',
      daemon: {
        name: 'haproxy',
        unit: 'haproxy.service',
        argv: ['haproxy', '-W', '-f', PATH],
        reloadSignal: 'SIGUSR2',
      },
      files: [
        { path: PATH, body: `global\n    description hactl:${DIGEST}\n`, mode: 0o600 },
        { path: '/etc/haproxy/errors.map', body: `# hactl:${DIGEST}\n/ ok\n`, mode: 0o644 },
      ],
      digest: DIGEST,
      binds: [{ address: '192.0.2.10', port: 80 }],
      vips: ['web'],
      impact: () => ({ impact: 'reload', says: 'haproxy reloads' }),
    },
  },
  file: {
    want: {
      kind: 'file',
      file: {
        path: '/etc/exports.d/hactl.exports',
        body: '/srv/www 192.0.2.11(ro)\n',
        mode: 0o644,
      },
      why: 'export www',
      after: [{ do: 'run', argv: ['exportfs', '-ra'], timeoutMs: 10_000, next: 'wait' }],
      impact: 'quiet',
      says: 'clients see the export at once',
    },
  },
  exports: {
    want: {
      kind: 'exports',
      file: {
        path: '/etc/exports.d/hactl.exports',
        body: '/srv/www 192.0.2.11(rw,fsid=7)\n/srv/www 192.0.2.12(rw,fsid=7)\n',
        mode: 0o644,
      },
      rows: ['192.0.2.11', '192.0.2.12'].map((client) => ({
        path: '/srv/www',
        client,
        options: ['rw', 'fsid=7'],
      })),
      vips: [],
    },
  },
  mount: {
    want: {
      kind: 'mount',
      name: 'www',
      wish: {
        path: '/srv/www',
        source: '192.0.2.5:/srv/www',
        version: '4.2',
        write: true,
        hard: true,
        automount: true,
      },
      options: ['rw', 'hard', 'vers=4.2'],
      timeoutMs: 10_000,
      units: {
        mount: unitText(
          'srv-www.mount',
          'What=192.0.2.5:/srv/www\nWhere=/srv/www\nOptions=rw,hard,vers=4.2\n',
        ),
        automount: unitText('srv-www.automount', 'Where=/srv/www\n'),
      },
      vips: [],
    },
  },
  unit: {
    want: {
      kind: 'unit',
      unit: 'apache2.service',
      state: 'running',
      boot: true,
      change: 'reload',
      files: [{ path: '/etc/apache2/sites-enabled/www.conf', body: '# a site\n', mode: 0o644 }],
      check: ['apachectl', 'configtest'],
      why: 'service apache',
    },
  },
  module: {
    want: { kind: 'module', name: 'ip_vs_rr', why: 'scheduler of virtual service www' },
    quietIn: { drifted: 'a module that is loaded is what is wanted' },
  },
  'local-address': {
    want: {
      kind: 'local-address',
      address: { interface: 'lo', address: '192.0.2.100', prefix: 32 },
      why: 'real server of virtual service www',
    },
  },
  link: {
    want: { kind: 'link', interface: 'tunl0', why: 'real server of virtual service www' },
  },
  'virtual-service': {
    want: {
      kind: 'virtual-service',
      daemon: KEEPALIVED,
      tells: true,
      digest: DIGEST,
      service: { protocol: 'tcp', address: '192.0.2.100', port: 80, scheduler: 'rr' },
      method: 'dr',
      servers: [
        { name: 'a', address: '192.0.2.21', port: 80, weight: 1 },
        { name: 'b', address: '192.0.2.22', port: 80, weight: 3 },
        { name: 'c', address: '192.0.2.23', port: 80, weight: 1 },
      ],
      vip: 'web',
    },
    quietIn: { empty: 'without keepalived nobody knows which servers answer' },
    noUndo: 'the next pass compares anew with what keepalived says then',
  },
  firewall: {
    want: {
      kind: 'firewall',
      backend: 'nftables',
      manage: 'open',
      boots: true,
      openings: [
        { protocol: 'tcp', port: 80, why: 'proxy web' },
        { protocol: 'vrrp', from: '192.0.2.12', why: 'adverts of vip web' },
      ],
      interfaces: ['eth0'],
    },
  },
  selinux: {
    want: {
      kind: 'selinux',
      manage: 'set',
      mode: 'enforcing',
      packager: 'dnf',
      booleans: [{ name: 'httpd_use_nfs', value: true, why: 'service apache' }],
      ports: [{ port: 10_086, use: 'bind', any: 'haproxy_connect_any', why: 'the stats page' }],
    },
  },
  address: {
    want: {
      kind: 'address',
      vip: 'web',
      addresses: ['192.0.2.100', '2001:db8::100'],
      mayHold: false,
    },
    quietIn: { empty: 'an address that is not here is what is wanted' },
    noUndo: 'an address that a peer serves must not come back',
  },
}
/** Vips that another node holds while the suite runs: what an address is left behind by. */
export const HELD_BY_PEER: ReadonlyMap<string, string> = new Map([['web', 'lb2']])
