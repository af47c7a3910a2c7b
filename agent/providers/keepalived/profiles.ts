// What each version of keepalived understands: nothing is rendered that the installed one lacks.
import type { Version } from '../../engine.ts'
import { atLeast } from '../versions.ts'

/**
 * First upstream tag with a keyword, found by scanning the parser of every tag (FIELD 4.2).
 * A vendor may have patched one in earlier; leaving it out is then merely cautious.
 */
export const FIRST = {
  unicast_peer: [1, 2, 8],
  version: [1, 2, 17],
  vrrp_garp_master_refresh: [1, 2, 20],
  vrrp_garp_lower_prio_repeat: [1, 2, 20],
  vrrp_check_unicast_src: [1, 3, 5],
  vrrp_priority: [1, 3, 5],
  enable_script_security: [1, 3, 0],
  vrrp_track_file: [2, 0, 0],
  config_test: [2, 0, 4],
  vrrp_track_process: [2, 0, 11],
  vrrp_startup_delay: [2, 0, 14],
  /** 2.1.5 is well (keepalived#2587); which of 2.2 began to fall was not looked for. */
  check_falls: [2, 2, 0],
  /** Measured: 2.2.7 calls `vrrp_track_file` deprecated; it is the one name before. */
  track_file: [2, 2, 7],
  /** `retry` in HTTP_GET; nb_get_retry before. */
  http_retry: [1, 4, 0],
  /** The scheduler; from 2.0.4 to 2.0.6 a check of the file refuses it, before that the kernel decides. */
  mh: [2, 0, 7],
  /** Fractions of a second in delay_loop, connect_timeout and delay_before_retry (ChangeLog of 2.0.13). */
  fractional_checks: [2, 0, 13],
  /** SIGUSR1 also writes what the checkers think (ChangeLog of 2.0.14). */
  checker_dump: [2, 0, 14],
  lvs_flush_onstop: [2, 0, 15],
  lvs_flush_on_stop: [2, 2, 0],
  /** Without a virtual_server no checker child runs, and a reload starts it (ChangeLog of 2.0.18). */
  checker_on_demand: [2, 0, 18],
  /** Scheduler and persistence of a virtual_server are edited on reload, not made anew (ChangeLog of 2.0.19). */
  virtual_edited: [2, 0, 19],
  PING_CHECK: [2, 1, 0],
  unicast_fault_no_peer: [2, 2, 5],
  /** Commit aae8e91 (keepalived#2182). */
  check_stands: [2, 2, 8],
  /** An advert with another number of addresses is believed from here on (FIELD 4.4). */
  vip_count_tolerated: [2, 3, 3],
  /** An advert with another interval or version is believed from here on (FIELD 4.4). */
  advert_tolerated: [2, 4, 3],
} as const satisfies Readonly<Record<string, Version>>

export type Keyword = keyof typeof FIRST

export const has = (version: Version, keyword: Keyword) => atLeast(version, FIRST[keyword])

/**
 * Pure. True when the kernel reports process events here, from the text of /proc/net/netlink: the
 * connector (protocol 11) exists in the first network namespace only. Elsewhere keepalived 2.2.7 says
 * "Failed to set/clear process event listen" and holds every vip with a track_process in FAULT.
 */
export const processEventsIn = (netlink: string) =>
  netlink.split('\n').some((line) => line.trim().split(/\s+/)[1] === '11')
