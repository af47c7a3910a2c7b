// Configurations with one defect each (FIELD 4.3), and what our verdict on them must be whatever the exit code says.
import type { Suite } from './suites.ts'

export type Broken = {
  readonly name: string
  readonly engine: string
  readonly text: string
  readonly verdict: 'refuse' | 'accept'
  /** Suites whose daemon says nothing at all about it, and what of ours stands before it. */
  readonly silent?: Silent
}
type Silent = { readonly suites: readonly Suite[]; readonly instead: string }

const INSTANCE = `vrrp_instance web {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    unicast_src_ip 10.0.0.11
    unicast_peer {
        10.0.0.12
    }
    virtual_ipaddress {
        10.0.0.33/24 dev eth0
    }
}
`
const BASE = `global_defs {\n    router_id test\n}\n\n${INSTANCE}`

/** The text with one part replaced; a part that is not there is our bug. */
function but(from: string, to: string, text = BASE): string {
  if (!text.includes(from)) throw new Error(`cannot find ${from}`)
  return text.replace(from, () => to)
}
const also = (line: string): string => but('    advert_int 1\n', `    advert_int 1\n    ${line}\n`)
const globally = (line: string, text = BASE): string =>
  but('    router_id test\n', `    router_id test\n    ${line}\n`, text)
/** The instance tracks `chk`; what that is stands before it, as keepalived wants it. */
const tracking = (defined: string, by = 'track_script'): string =>
  but('vrrp_instance web', `${defined}vrrp_instance web`, also(`${by} {\n        chk\n    }`))
const scriptOf = (path: string, more = ''): string =>
  `vrrp_script chk {\n    script "${path}"\n    interval 1\n${more}}\n`
const virtual = (from: string, to: string): string =>
  BASE +
  but(
    from,
    to,
    `virtual_server 10.0.0.33 80 {
    delay_loop 5
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server 10.0.0.21 80 {
        weight 1
        TCP_CHECK {
            connect_timeout 3
            retry 3
        }
    }
}
`,
  )
const TRACKED = 'vrrp_track_file chk {\n    file /nosuch/chk\n    weight 0\n}\n'
const VIP = '        10.0.0.33/24 dev eth0\n'
const second = (name: string, vrid: number, address: string): string =>
  INSTANCE.replace(' web ', ` ${name} `)
    .replace('_id 51', `_id ${vrid}`)
    .replace('10.0.0.33', address)

const refused = (name: string, text: string, silent?: Silent): Broken => ({
  name,
  engine: 'keepalived',
  text,
  verdict: 'refuse',
  ...(silent && { silent }),
})
const accepted = (name: string, text: string): Broken => ({
  name,
  engine: 'keepalived',
  text,
  verdict: 'accept',
})

const keepalived: readonly Broken[] = [
  accepted('clean', BASE),
  accepted('clean virtual_server', virtual('delay_loop 5', 'delay_loop 6')),
  refused('missing }', BASE.trimEnd().slice(0, -1)),
  refused('one } too many', `${BASE}}\n`),
  refused('unknown keyword', also('nosuchword 1')),
  refused('unknown block', `${BASE}nosuch_block a {\n    b 1\n}\n`),
  refused('VRID 0', but('_id 51', '_id 0')),
  refused('VRID 256', but('_id 51', '_id 256')),
  refused('no VRID', but('    virtual_router_id 51\n', '')),
  refused('priority 0', but('priority 100', 'priority 0')),
  refused('priority 256', but('priority 100', 'priority 256')),
  refused('duplicate VRID', BASE + second('b', 51, '10.0.0.34')),
  refused('duplicate instance name', BASE + second('web', 52, '10.0.0.34')),
  refused('interface missing', but('interface eth0', 'interface eth9')),
  accepted('MASTER with nopreempt', but('state BACKUP', 'state MASTER\n    nopreempt')),
  accepted(
    'auth_pass of 9 characters',
    also('authentication {\n        auth_type PASS\n        auth_pass 123456789\n    }'),
  ),
  accepted(
    'authentication with VRRPv3',
    also(
      'version 3\n    authentication {\n        auth_type PASS\n        auth_pass 12345678\n    }',
    ),
  ),
  refused('half a second with VRRPv2', but('advert_int 1', 'advert_int 0.5')),
  refused('empty unicast_peer', but('        10.0.0.12\n', ''), {
    suites: ['bullseye'],
    instead: 'never rendered: wayOf() of agent/providers/keepalived/render.ts',
  }),
  refused('script not defined', tracking('')),
  refused('script file missing', tracking(scriptOf('/usr/bin/nosuch', '    user root\n'))),
  refused('file not defined', also('track_file {\n        nosuch\n    }')),
  refused('process not defined', also('track_process {\n        nosuch\n    }')),
  refused(
    'script user that is nobody here',
    globally('enable_script_security', tracking(scriptOf('/usr/sbin/nginx', '    user nosuch\n'))),
  ),
  refused('strict with unicast', globally('vrrp_strict'), {
    suites: ['bookworm', 'trixie', 'forky'],
    instead: 'never rendered: a test of every golden file looks for the word',
  }),
  refused('both families in one list', but(VIP, `${VIP}        fd00::33/64\n`)),
  refused('sync group of one', `vrrp_sync_group g {\n    group {\n        web\n    }\n}\n${BASE}`),
  refused(
    'sync group with a stranger',
    `vrrp_sync_group g {\n    group {\n        web\n        nosuch\n    }\n}\n${BASE}`,
  ),
  refused('DR with another port', virtual('10.0.0.21 80', '10.0.0.21 8080')),
  refused('scheduler that does not exist', virtual('lvs_sched rr', 'lvs_sched nosuch')),
  refused('method that does not exist', virtual('lvs_method DR', 'lvs_method NOSUCH')),
  refused('check without its number', virtual('retry 3', 'retry x')),
  refused('mail server without address', globally('smtp_server no.such.host.invalid')),
  refused('no address', but(VIP, '')),
  refused('included file missing', `include /etc/keepalived/nosuch.conf\n${BASE}`, {
    suites: ['bullseye'],
    instead: 'never rendered: one file, no include',
  }),
  refused('folder of a tracked file missing', tracking(TRACKED, 'track_file'), {
    suites: ['bullseye', 'bookworm'],
    instead: 'the agent lays the file before each load: agent/health-targets.ts',
  }),
  accepted('an old word', virtual('lvs_sched rr', 'lb_algo rr')),
]

const HAPROXY = `global
    description hactl:0
defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend web
    bind 127.0.0.1:8080
    default_backend app
backend app
    server s1 192.0.2.21:80 check
`
const haproxy: readonly Broken[] = [
  {
    name: 'nothing at all',
    engine: 'haproxy',
    text: '',
    verdict: 'refuse',
    silent: {
      suites: ['bullseye', 'bookworm', 'trixie'],
      instead: 'never rendered: a daemon is wanted with a proxy or not at all',
    },
  },
  ...(
    [
      ['clean', HAPROXY, 'accept'],
      ['unknown word', but('mode http', 'mode http\n    nosuchword 1', HAPROXY), 'refuse'],
      ['unknown section', `${HAPROXY}nosuch app\n`, 'refuse'],
      ['backend missing', but('default_backend app', 'default_backend nosuch', HAPROXY), 'refuse'],
      ['name that does not resolve', but('192.0.2.21', 'no.such.host.invalid', HAPROXY), 'refuse'],
      ['certificate missing', but(':8080', ':8080 ssl crt /nosuch.pem', HAPROXY), 'refuse'],
      ['two servers of one name', `${HAPROXY}    server s1 192.0.2.22:80\n`, 'refuse'],
      ['two backends of one name', `${HAPROXY}backend app\n`, 'refuse'],
      ['timeout of the time before 2.1', but('timeout connect', 'contimeout', HAPROXY), 'refuse'],
      ['no timeouts', HAPROXY.replace(/ {4}timeout .*\n/g, ''), 'accept'],
      ['regex that is not closed', but(':8080', ':8080\n    acl a path_reg (', HAPROXY), 'refuse'],
    ] as const
  ).map(([name, text, verdict]) => ({ name, engine: 'haproxy', text, verdict })),
]

export const broken: readonly Broken[] = [...keepalived, ...haproxy]
