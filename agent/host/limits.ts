// Bounds of the real host: bytes, counts and milliseconds of every effect.

export const FILE_BYTES_MAX = 4 * 1024 * 1024
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024
export const ASK_TIMEOUT_MS = 2_000
export const LIST_ENTRIES_MAX = 10_000
/** Adopted daemons are looked at this often; our own children report their exit at once. */
export const WATCH_INTERVAL_MS = 50
export const RESTART_DELAY_MS_MIN = 100
export const RESTART_DELAY_MS_MAX = 5_000
/** A daemon that lived this long starts with a clean record. */
export const RESTART_RESET_MS = 30_000
/** SIGTERM to SIGKILL: keepalived announces priority 0 and removes its addresses meanwhile. */
export const STOP_TIMEOUT_MS = 10_000
/** Workers that outlive a dead master get this long before SIGKILL; they would hold its ports. */
export const ORPHANS_TIMEOUT_MS = 300
export const LOG_BYTES_MAX = 1024 * 1024
/** One reading of the journal: an entry is about 1 KB of JSON. */
export const LOG_READ_BYTES_MAX = 4 * 1024 * 1024
export const LOG_READ_TIMEOUT_MS = 5_000
/** Of one file in one reading. */
export const LOG_TAIL_BYTES_MAX = 256 * 1024
export const PROBE_INTERVAL_MS = 200
export const PROBE_TIMEOUT_MS = 500
/** A probe that took this much longer than its limit says that we were asleep, not that the proxy was. */
export const PROBE_STALL_MS = 250
/** A hung mount is shown within a pause, a probe, a short pause and a probe: 6.25 s. */
export const MOUNT_PROBE_INTERVAL_MS = 2_000
export const MOUNT_DOUBT_INTERVAL_MS = 250
export const MOUNT_PROBE_TIMEOUT_MS = 2_000
export const UNIT_WATCH_INTERVAL_MS = 1_000
export const UNIT_WATCH_TIMEOUT_MS = 3_000
/** A restart takes a moment; a unit that is on its way for longer does not serve. */
export const UNIT_WAY_MS_MAX = 5_000
