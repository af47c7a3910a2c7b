// Where hactl's haproxy lives on a node; one home for every path.

export const CONFIG_PATH = '/etc/haproxy/haproxy.cfg'
export const RUN_DIRECTORY = '/run/hactl'
export const PID_PATH = `${RUN_DIRECTORY}/haproxy.pid`
/** Runtime API, level admin, root only. */
export const SOCKET_PATH = `${RUN_DIRECTORY}/haproxy.sock`
/** CLI of the master process, haproxy 1.9 and newer. */
export const MASTER_SOCKET_PATH = `${RUN_DIRECTORY}/haproxy-master.sock`
/** GET /health on it answers 200 while the worker accepts connections. */
export const HEALTH_SOCKET_PATH = `${RUN_DIRECTORY}/health.sock`
/** Answered by haproxy itself on every HTTP frontend (monitor-uri): a real request that costs no backend. */
export const HEALTH_PATH = '/.hactl/health'
