// /proc/<pid>/stat, proc_pid_stat(5).

export type ProcessStat = {
  /** R S D Z T ... */
  readonly state: string
  readonly parent: number
  readonly group: number
  /** Clock ticks after boot. */
  readonly startTime: number
}

/** undefined for text that is not one stat line. The command name may hold spaces and brackets. */
export function parseStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')')
  if (end < 0) return undefined
  const fields = text.slice(end + 2).split(' ')
  const [state, parent, group] = fields
  const startTime = fields[19] // field 22; the first after the name is field 3
  if (state === undefined || startTime === undefined) return undefined
  return {
    state,
    parent: Number(parent),
    group: Number(group),
    startTime: Number(startTime),
  }
}
