// The configuration people copy from tutorials: VRRPv2 at 1 s, no process tracking, http-server-close.
import type { Bare } from '../../cli/lab/index.ts'

/** The haproxy.cfg that EL6 ships, down to its first frontend: what most tutorials start from. */
export const EL6_HAPROXY = `global
    log 127.0.0.1 local2
    chroot /var/lib/haproxy
    pidfile /var/run/haproxy.pid
    maxconn 4000
    user haproxy
    group haproxy
    daemon
defaults
    mode http
    log global
    option httplog
    option dontlognull
    option http-server-close
    option forwardfor except 127.0.0.0/8
    option redispatch
    retries 3
    timeout http-request 10s
    timeout queue 1m
    timeout connect 10s
    timeout client 1m
    timeout server 1m
    timeout http-keep-alive 10s
    timeout check 10s
    maxconn 3000
`

const haproxy = `${EL6_HAPROXY}frontend web
    bind *:80
    maxconn 2000
    acl url_static path_beg -i /static /images /javascript /stylesheets
    acl url_static path_end -i .jpg .gif .png .css .js .html .txt .htm
    use_backend staticsrvs if url_static
    default_backend appsrvs
backend staticsrvs
    balance roundrobin
    server stcsrvs1 172.18.67.11:8080 check
    server stcsrvs2 172.18.67.12:8080 check
backend appsrvs
    balance roundrobin
    server wp1 172.18.67.11:80 check
    server wp2 172.18.67.12:80 check
`
const keepalived = (state: string, priority: number) => `vrrp_instance HTTP {
    state ${state}
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        172.18.67.33
    }
}
`
const files = (state: string, priority: number) => ({
  '/etc/haproxy/haproxy.cfg': haproxy,
  '/etc/keepalived/keepalived.conf': keepalived(state, priority),
})
const commands = [
  ['haproxy', '-f', '/etc/haproxy/haproxy.cfg'],
  [
    'keepalived',
    '-n',
    '-l',
    '-D',
    '-P',
    '-f',
    '/etc/keepalived/keepalived.conf',
    '-p',
    '/run/keepalived.pid',
    '-r',
    '/run/vrrp.pid',
  ],
]

export const tutorial: Bare = {
  files: { lb1: files('MASTER', 100), lb2: files('BACKUP', 98) },
  commands: { lb1: commands, lb2: commands },
}
