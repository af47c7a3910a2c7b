// The configuration of the regex tutorial: nopreempt on one side only, a script that stops keepalived for good.
import type { Bare } from '../../cli/lab/index.ts'
import { KEEPALIVED } from './tutorial-failover.ts'

// contimeout, clitimeout, srvtimeout and nbproc are gone since haproxy 2.1 and 2.5: their successors stand here.
const haproxy = `global
    log 127.0.0.1 local2 info
    pidfile /var/run/haproxy.pid
    maxconn 4000
    user haproxy
    group haproxy
    daemon
defaults
    mode http
    log global
    retries 3
    option redispatch
    maxconn 4000
    timeout connect 5000
    timeout client 50000
    timeout server 50000
listen stats
    bind *:81
    stats enable
    stats uri /haproxy
    stats auth yjssjm:123
frontend web
    mode http
    bind *:80
    option httplog
    acl html url_reg -i \\.html$
    use_backend httpservers if html
    default_backend httpservers
backend httpservers
    balance roundrobin
    server http1 192.168.13.133:80 maxconn 2000 weight 1 check inter 1s rise 2 fall 2
    server http2 192.168.13.137:80 maxconn 2000 weight 1 check inter 1s rise 2 fall 2
`
const keepalived = (state: string, priority: number, more: string) => `global_defs {
    router_id ${state.toLowerCase()}
    script_user root
}
vrrp_script check_haproxy {
    script "/etc/keepalived/check_haproxy_status.sh"
    interval 5
}
vrrp_instance VI_1 {
    state ${state}
    interface eth0
${more}    virtual_router_id 80
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.13.144/24
    }
    track_script {
        check_haproxy
    }
}
`
const check = `#!/bin/bash
/usr/bin/curl -I http://localhost &>/dev/null
if [ $? -ne 0 ];then
    kill $(cat /run/keepalived.pid)
fi
`
const files = (state: string, priority: number, more = '') => ({
  '/etc/haproxy/haproxy.cfg': haproxy,
  '/etc/keepalived/check_haproxy_status.sh': check,
  '/etc/keepalived/keepalived.conf': keepalived(state, priority, more),
})
const commands = [
  ['haproxy', '-f', '/etc/haproxy/haproxy.cfg'],
  ['chmod', '755', '/etc/keepalived/check_haproxy_status.sh'],
  // "haproxy must be started first": the script stops keepalived where it finds none.
  [
    'bash',
    '-c',
    `until curl -sI http://localhost; do sleep 0.1; done; exec ${KEEPALIVED.join(' ')}`,
  ],
]

export const regexTutorial: Bare = {
  files: { master: files('MASTER', 100), backup: files('BACKUP', 50, '    nopreempt\n') },
  commands: { master: commands, backup: commands },
}
