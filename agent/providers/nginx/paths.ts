// Where hactl's nginx lives on a node; one home for every path.
import { RUN_DIRECTORY } from '../haproxy/paths.ts'

export const CONFIG_PATH = '/etc/nginx/nginx.conf'
/** PIDFile of the units of Debian, EL and nginx.org: systemd finds the master by it. */
export const PID_PATH = '/run/nginx.pid'
/**
 * Server of its own, which no client can reach: GET /.hactl answers the digest, GET /health says that workers accept. SELinux
 * lets httpd_t make sockets below /run; a port of its own would need a label.
 */
export const SOCKET_PATH = `${RUN_DIRECTORY}/nginx.sock`
export const DIGEST_PATH = '/.hactl'
/** Where requests go when there is no syslog to send them to. */
export const ACCESS_LOG_PATH = '/var/log/nginx/access.log'
