// Every number with a meaning has its name here: noun, unit, bound.

/** The spec version this binary writes and reads; newer ones are refused, older ones migrated. */
export const SPEC_VERSION = 1
/** Signers that one node trusts. */
export const TRUST_KEYS_MAX = 32
/** Seconds since 1970 fit, and a date with a counter; exact in every JSON reader. */
export const SERIAL_MAX = 9_000_000_000_000
export const SPEC_BYTES_MAX = 1024 * 1024
export const SPEC_DEPTH_MAX = 24
export const NODES_MAX = 2_000
export const VIPS_MAX = 64
export const PROXIES_MAX = 200
export const POOLS_MAX = 1000
export const SERVERS_MAX = 500
export const LVS_MAX = 200
export const EXPORTS_MAX = 100
export const MOUNTS_MAX = 100
export const SERVICES_MAX = 100
export const PACKAGES_MAX = 100
export const SECRETS_MAX = 200
/** Persons that can read one secret. */
export const RECIPIENTS_MAX = 32
export const ROUTES_MAX = 500
/** Extra lines of keepalived.conf in one place. */
export const EXTRA_LINES_MAX = 500
/** Server blocks of one nginx listener, and lines of one of them or of a `verbatim` section. */
export const SITES_MAX = 200
export const VERBATIM_LINES_MAX = 2_000
/** Extra lines of a proxy or pool. */
export const EXTRA_MAX = 500
export const VERBATIM_MAX = 200
/** VRRP virtual router identifiers, RFC 9568 section 5.2.3. */
export const VRID_MIN = 1
export const VRID_MAX = 255
/** 255 is the address owner's priority and 0 means "I give up" (RFC 9568 section 5.2.4). */
export const PRIORITY_MIN = 1
export const PRIORITY_MAX = 254
/** Time in which a backup must have taken over; the advert interval is a quarter of it. */
export const TAKEOVER_MS_MIN = 40
export const TAKEOVER_MS_MAX = 40_000
export const TAKEOVER_MS_DEFAULT = 400
/** The agent's own pass, when nothing wakes it earlier. */
export const PASS_INTERVAL_MS = 5_000
export const PASS_INTERVAL_MS_MIN = 1_000
export const HEARTBEAT_MS = 1_000
/** Three missed heartbeats make a node stale on the hub. */
export const STALE_MS = 3 * HEARTBEAT_MS
/** How long `push --confirm` may wait for the word; an agent goes back by itself at the end of it. */
export const CONFIRM_MS_MIN = 5_000
export const CONFIRM_MS_MAX = 24 * 3_600_000
/** Orders of operators that are in force at once, for one agent or in one cluster. */
export const ORDERS_MAX = 64
export const ORDER_REASON_MAX = 200
export const ORDER_MS_MIN = 1_000
export const ORDER_MS_MAX = 30 * 24 * 3_600_000
/** One that lasts longer than this may have been forgotten, and is told. */
export const ORDER_FORGOTTEN_MS = 24 * 3_600_000
export const PEER_PORT = 9440
export const HUB_PORT = 9400
export const COMMAND_TIMEOUT_MS = 10_000
export const COMMAND_OUTPUT_BYTES_MAX = 256 * 1024
export const FRAME_BYTES_MAX = 1024 * 1024
/** Files of a node, and characters of one, that an agent shows to the hub. */
export const NODE_FILES_MAX = 100
export const NODE_FILE_CHARS_MAX = 65_536
/** Log lines of one answer, characters of one line, and of all lines of an answer together. */
export const LOG_LINES_MAX = 1_000
export const LOG_LINE_CHARS_MAX = 2_000
export const LOG_CHARS_MAX = 262_144
/** Questions from outside about one node, and who may ask them. */
export const VERIFY_PROBES_MAX = 64
export const VERIFY_ASKERS_MAX = 16
/** Three tries with their pauses stay below 4 s: the longest trial (agent/plan/turn.ts) has no more left. */
export const VERIFY_TRIES_MAX = 3
export const VERIFY_TIMEOUT_MS_MAX = 1_000
export const EVENTS_KEPT_MAX = 100_000
/** Of at most SPEC_BYTES_MAX each. */
export const REVISIONS_KEPT_MAX = 1_000
export const ALERTS_KEPT_MAX = 10_000
/** Steps of one plan that may remove something before the guard asks. */
export const REMOVALS_MAX = 10
/** Messages of one kind about one thing are counted in windows of this length. */
export const NOTIFY_REPEAT_MS = 600_000
/** So many of them are sent in a window; the rest are one summary at its end. */
export const NOTIFY_MESSAGES_MAX = 3
export const MAIL_RECIPIENTS_MAX = 20
export const WEBHOOKS_MAX = 10
/** Line of a commit's message that carries overrides of guards: "Hactl-Allow: blink, removals". */
export const ALLOW_TRAILER = 'Hactl-Allow'
