// A virtual service of the kernel's IPVS: directors balance packets, not requests.
import { type Static, Type } from '@sinclair/typebox'
import { KeepalivedLines } from './keepalived.ts'
import { SERVERS_MAX } from './limits.ts'
import { CheckPath, HostName, Ip, mapOf, Ms, Name, oneOf, Port } from './names.ts'

const closed = { additionalProperties: false }

/** Schedulers of the kernel, in the order of ipvsadm(8). */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
] as const
export type Scheduler = (typeof SCHEDULERS)[number]
/** First Linux release with the younger ones; a vendor may have patched one in earlier. */
export const SCHEDULER_SINCE: Readonly<Partial<Record<Scheduler, readonly [number, number]>>> = {
  fo: [3, 18],
  ovf: [4, 3],
  mh: [4, 18],
}

export const RealServer = Type.Object(
  {
    node: Type.Optional(
      Name('node of this cluster it runs on; its agent then takes care of the real-server side'),
    ),
    address: Type.Optional(Ip('address, where it is not a node')),
    port: Type.Optional(
      Port('default: the port of the virtual service; DR and TUN cannot change it'),
    ),
    weight: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: 'default 1; 0 takes no new clients',
      }),
    ),
    state: Type.Optional(
      oneOf(['ready', 'drain'], 'drain: weight 0, running connections stay; default ready'),
    ),
    extra: Type.Optional(
      KeepalivedLines('lines of its real_server that the spec does not model, checks for one'),
    ),
  },
  { ...closed, description: 'a real server' },
)
export type RealServer = Static<typeof RealServer>

export const LvsCheck = Type.Object(
  {
    type: Type.Optional(
      oneOf(
        ['connect', 'http', 'ping', 'none'],
        'connect: the port answers, or for udp is not refused (default); http: a request; ping: ICMP echo (keepalived 2.1.0 and later)',
      ),
    ),
    intervalMs: Type.Optional(Ms(100, 600_000, 'keepalived delay_loop, default 2000')),
    timeoutMs: Type.Optional(Ms(100, 600_000, 'keepalived connect_timeout, default 1000')),
    retries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: 'failures that are forgiven before the server leaves, default 0',
      }),
    ),
    retryDelayMs: Type.Optional(Ms(100, 600_000, 'pause before a retry, default 500')),
    port: Type.Optional(Port('port, when it is not the server port')),
    path: Type.Optional(CheckPath('http: path, default /')),
    host: Type.Optional(HostName('http: Host header')),
    status: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 599,
        description: 'http: expected status, default 200',
      }),
    ),
  },
  { ...closed, description: 'how a real server is found healthy' },
)

export const Sorry = Type.Object(
  {
    node: Type.Optional(Name('node')),
    address: Type.Optional(Ip('address, where it is not a node')),
    port: Type.Optional(Port('default: the port of the virtual service')),
  },
  { ...closed, description: 'takes the clients when no real server is left' },
)

export const Lvs = Type.Object(
  {
    vip: Name('vip it is reached at; the peers of the vip are the directors'),
    port: Port('port'),
    protocol: Type.Optional(oneOf(['tcp', 'udp'], 'default tcp')),
    method: Type.Optional(
      oneOf(
        ['dr', 'nat', 'tun'],
        'dr: same segment, answers go straight to the client (default); nat: real servers route back through the director; tun: IP in IP',
      ),
    ),
    scheduler: Type.Optional(oneOf(SCHEDULERS, 'default wlc')),
    persistenceMs: Type.Optional(
      Ms(1_000, 31_536_000_000, 'a client stays on its server for this time; whole seconds'),
    ),
    persistencePrefix: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 128,
        description: 'clients of one network of this prefix length count as one',
      }),
    ),
    servers: mapOf(RealServer, SERVERS_MAX, 'real servers by name'),
    check: Type.Optional(LvsCheck),
    sorry: Type.Optional(Sorry),
    extra: Type.Optional(
      KeepalivedLines('lines of its virtual_server that the spec does not model'),
    ),
  },
  { ...closed, description: 'an IPVS virtual service' },
)
export type Lvs = Static<typeof Lvs>
