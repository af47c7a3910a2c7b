// The configuration of the failover tutorial: EL6's haproxy.cfg, VRRPv2 at 1 s, a shell loop that watches the process.
import type { Bare } from '../../cli/lab/index.ts'
import { EL6_HAPROXY } from './tutorial.ts'

const haproxy = `${EL6_HAPROXY}frontend main
    bind *:5000
    default_backend app
backend app
    balance roundrobin
    server app1 10.30.0.121:80 check
    server app2 10.30.0.122:80 check
`
const keepalived = (state: string, priority: number) => `vrrp_instance VI_1 {
    state ${state}
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.30.230
    }
}
`
/** haproxy_pid.sh, with the commands of the init scripts in the place of their names. */
const watchdog = `while :
do
  haproxypid=$(ps -C haproxy --no-header | wc -l)
  if [ $haproxypid -eq 0 ]; then
    haproxy -D -f /etc/haproxy/haproxy.cfg
    sleep 5
    haproxypid=$(ps -C haproxy --no-header | wc -l)
    if [ $haproxypid -eq 0 ]; then
      kill $(cat /run/keepalived.pid)
    fi
  fi
  sleep 5
done
`
const files = (state: string, priority: number) => ({
  '/etc/haproxy/haproxy.cfg': haproxy,
  '/etc/haproxy/haproxy_pid.sh': watchdog,
  '/etc/keepalived/keepalived.conf': keepalived(state, priority),
})
export const KEEPALIVED = [
  ...['keepalived', '-n', '-l', '-D', '-P', '-f', '/etc/keepalived/keepalived.conf'],
  ...['-p', '/run/keepalived.pid', '-r', '/run/vrrp.pid'],
]
const commands = [
  ['haproxy', '-f', '/etc/haproxy/haproxy.cfg'],
  KEEPALIVED,
  ['bash', '/etc/haproxy/haproxy_pid.sh'],
]

export const failoverTutorial: Bare = {
  files: { master: files('MASTER', 100), backup: files('BACKUP', 99) },
  commands: { master: commands, backup: commands },
}
