// Where keepalived's files are; the agent's health writer and the supervisor use the same names.

export const CONFIG_PATH = '/etc/keepalived/keepalived.conf'
export const CONFIG_MODE = 0o600
export const PID_PATH = '/run/hactl/keepalived.pid'
export const VRRP_PID_PATH = '/run/hactl/keepalived-vrrp.pid'
export const CHECKERS_PID_PATH = '/run/hactl/keepalived-checkers.pid'
export const BFD_PID_PATH = '/run/hactl/keepalived-bfd.pid'
/** keepalived writes its state here on SIGUSR1; the directory is compiled in. */
export const DUMP_PATH = '/tmp/keepalived.data'
/** And here what its checkers think, from 2.0.14 on. */
export const CHECK_DUMP_PATH = '/tmp/keepalived_check.data'
export const HEALTH_DIRECTORY = '/run/hactl/health'

/** Body '0' while this node may hold the vip, anything else gives it up at once. Missing means '0'. */
export const healthPath = (vip: string) => `${HEALTH_DIRECTORY}/${vip}`

/**
 * Exists exactly while the body of healthPath is not '0'. Only keepalived before 2.0.0, which cannot
 * read a number from a file, looks at it; a missing file is healthy there too.
 */
export const faultPath = (vip: string) => `${HEALTH_DIRECTORY}/${vip}.fault`
