// What keepalived's messages mean: its exit code says nothing (0 for errors in 2.1.5, 5 for trifles in 2.2).

export type Meaning = {
  readonly match: RegExp
  readonly level: 'fatal' | 'warning' | 'silent'
  /** Why, in the operator's words. */
  readonly why: string
}

const fatal = (match: RegExp, why: string): Meaning => ({ match, level: 'fatal', why })
const warning = (match: RegExp, why: string): Meaning => ({ match, level: 'warning', why })
const silent = (match: RegExp): Meaning => ({ match, level: 'silent', why: '' })

/**
 * First match wins; a line that matches nothing is refused. Collected from `keepalived -t` of 2.0.10 to
 * 2.4.3 (FIELD 4.3), and word for word from the releases of test/matrix.
 */
export const MEANINGS: readonly Meaning[] = [
  fatal(
    /missing '\}'s or extra '\{'s/,
    'a brace is missing; 2.1.5 crashes on it and orphans the vip',
  ),
  fatal(/Extra '\}' found|Unexpected '\{'/, 'a brace is where none belongs'),
  fatal(/unknown keyword/i, 'the keyword would be ignored'),
  fatal(
    /must be between 1 & 255|virtual router id must be set/,
    'the instance is dropped and its vip orphaned',
  ),
  fatal(/outside range|invalid number|^Invalid .* value '/, 'a number is replaced by a default'),
  fatal(
    /both use VRID|VRID \d+ is duplicated|duplicate VRID conflict/,
    'two instances share a virtual router id',
  ),
  fatal(/vrrp instance \S+ already defined/, 'two instances share a name'),
  fatal(/interface \S+ .*doesn't exist|Non-existent interface/, 'the interface does not exist'),
  fatal(/must be an integer.*rounding/, 'VRRPv2 counts whole seconds; the interval is rounded'),
  fatal(
    /Defaulting to multicast|without any unicast peers/,
    'an empty peer list silently means multicast',
  ),
  fatal(/Disabling track script/, 'the health check is switched off'),
  fatal(/track (script|file|process|bfd|interface) \S+ not found/i, 'the health check is ignored'),
  fatal(/realpath\(\) error/, 'the directory of a tracked file is missing, the file is ignored'),
  fatal(
    /Unable to set (default user|uid\/gid for script)|script user .* (does not exist|not found)/i,
    'scripts are removed for want of a user',
  ),
  fatal(/Unicast peers are not supported in strict mode/, 'strict mode drops the peers'),
  fatal(/address family must match/, 'the address is dropped'),
  fatal(/has only \d+ virtual router/, 'the sync group is incomplete'),
  fatal(/specified in sync group .* doesn't exist/, 'the sync group names an unknown instance'),
  fatal(/ports don't match - resetting/, 'the port of a direct-routing server is changed'),
  fatal(/Invalid lvs_scheduler|no scheduler set/, 'another scheduler is taken'),
  fatal(
    /routing method for virtual server|no forwarding method set/,
    'another way to the servers is taken',
  ),
  fatal(/Invalid smtp server/, 'the mail server has no address'),
  fatal(/^Invalid line \d+ of |no password given/, 'the vip would send no password'),
  fatal(/No VIP specified/, 'the instance has no address'),
  fatal(/Config files? missing/, 'a file is not there, which keepalived passes as valid'),
  warning(/nopreempt will not work.*clearing/, 'nopreempt is cleared where the state is MASTER'),
  warning(/Truncating auth_pass/, 'the password is cut to 8 characters'),
  warning(/does not support authentication\. Ignoring/, 'VRRPv3 has no authentication'),
  warning(/is deprecated/, 'an old name'),
  warning(
    /Ignoring track_interface \S+ since own interface/,
    'its own interface is always watched',
  ),
  silent(
    /^(Starting|Stopped|Running on|Command line|Opening file|Configuration file|Using configuration)\b/,
  ),
  silent(/^(Startup complete|Registering |NOTICE: setting config option max_auto_priority)/),
  silent(/^(Configuration|Config-test).*(valid|passed|successful)/i),
]

/** `Sat Nov 21 14:52:20 2026: `, `Keepalived_vrrp[12]: ` and `(file: Line 7) ` before the message. */
const PREFIXES = [
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]{8}(\.\d+)? \d{4}: /,
  /^Keepalived(_\w+)?(\[\d+\])?: /,
  /^\((\S+: )?Line \d+\) /,
]

/** Pure. The message of a line without time, process and place. */
export const bare = (line: string) =>
  PREFIXES.reduce((text, prefix) => text.replace(prefix, ''), line.trim())

/** undefined: nobody has seen this message before. */
export const meaningOf = (line: string) => MEANINGS.find((m) => m.match.test(bare(line)))
