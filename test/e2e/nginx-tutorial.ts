// Seed 004's own configuration: one vip, adverts once a second, a script every two seconds with weight -20.
import type { Bare } from '../../cli/lab/index.ts'

const nginx = `worker_processes 1;
events { worker_connections 1024; }
http {
    upstream testproxy {
        server 192.168.153.21:8080;
        server 192.168.153.22:8081 backup;
    }
    server {
        listen 80;
        server_name localhost;
        location / {
            proxy_pass http://testproxy;
            proxy_connect_timeout 1s;
            proxy_send_timeout 1s;
            proxy_read_timeout 1s;
        }
    }
}
`
const check = `#!/bin/bash
A=$(ps -C nginx --no-header | wc -l)
if [ $A -eq 0 ]; then
    nginx
    sleep 2
    if [ $(ps -C nginx --no-header | wc -l) -eq 0 ]; then
        killall keepalived
    fi
fi
`
/** The tutorial gives both nodes priority 100; the higher address wins then, so the master gets one more here. */
const keepalived = (state: string, address: string, priority: number) => `vrrp_script chk_nginx {
    script "/usr/bin/bash /etc/keepalived/nginx_check.sh"
    interval 2
    weight -20
}
vrrp_instance VI_1 {
    state ${state}
    interface eth0
    virtual_router_id 121
    mcast_src_ip ${address}
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    track_script {
        chk_nginx
    }
    virtual_ipaddress {
        192.168.153.13
    }
}
`
const files = (state: string, address: string, priority: number) => ({
  '/etc/nginx/nginx.conf': nginx,
  '/etc/keepalived/nginx_check.sh': check,
  '/etc/keepalived/keepalived.conf': keepalived(state, address, priority),
})
const pids = ['-p', '/run/keepalived.pid', '-r', '/run/vrrp.pid']
const commands = [
  ['nginx'],
  ['keepalived', '-n', '-l', '-D', '-P', '-f', '/etc/keepalived/keepalived.conf', ...pids],
]

export const nginxTutorial: Bare = {
  files: {
    nginx1: files('MASTER', '192.168.153.11', 101),
    nginx2: files('BACKUP', '192.168.153.12', 100),
  },
  commands: { nginx1: commands, nginx2: commands },
}
